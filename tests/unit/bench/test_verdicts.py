"""Verdicts of the benchmark: bars against a course or a figure, and the quartile that must be near."""

import json
from pathlib import Path

import pytest
from bench import bars, report
from bench.bars import BARS, Bar
from bench.course import COURSES
from bench.figures import FIGURES
from bench.registry import MEASURES
from bench.spread import spread

_OURS, _STOCK = "ours-ours", "stock-stock"


def _verdict(figure: str, ours: list[float], stock: list[float] | None = None) -> bool:
    rounds = {_OURS: [{figure: value} for value in ours], _STOCK: [{figure: v} for v in stock or []]}
    wanted = [
        found
        for found in bars.judge(rounds)
        if found.bar.figure == figure and (found.bar.against == _STOCK) == (stock is not None)
    ]
    assert len(wanted) == 1
    return wanted[0].met


def test_bars_name_what_is_measured() -> None:
    figures, courses = {figure.key for figure in FIGURES}, {course.name for course in COURSES}
    for bar in BARS:
        assert bar.figure in figures
        assert {bar.course, bar.against or bar.course} <= courses
    assert {bar.row for bar in BARS} == {*(str(row) for row in range(1, 13)), "admin"}


def test_ratio_is_taken_round_by_round() -> None:
    # Both halve in a busy round: the ratio stays.
    assert _verdict("udp64_kpps", [300.0, 150.0, 300.0], [100.0, 50.0, 100.0])
    assert not _verdict("udp64_kpps", [300.0, 150.0, 300.0], [200.0, 100.0, 200.0])


def test_bad_quartile_spoils_a_good_median() -> None:
    assert _verdict("logins_per_s", [210.0, 205.0, 200.0, 200.0, 190.0])
    assert not _verdict("logins_per_s", [210.0, 205.0, 200.0, 100.0, 100.0])
    assert _verdict("memory_rss_kib", [90.0, 90.0, 110.0])
    assert not _verdict("memory_rss_kib", [90.0, 90.0, 200.0, 200.0, 90.0])


def test_nothing_measured_is_no_verdict() -> None:
    assert bars.judge({_OURS: [{"tcp_up_gbit": 5.0}]}) == []
    assert "not met" in bars.table(
        [bars.Verdict(Bar("1", _OURS, "tcp_up_gbit", 5, True, _STOCK), spread([4.0]), False)]
    )


@pytest.fixture
def runs(tmp_path: Path) -> list[Path]:
    machine = {
        "date": "2001-02-03",
        "revision": "abc",
        "model": "M",
        "processors": 2,
        "kernel": "K",
        "tcp_congestion_control": "cubic",
    }
    contents: list[dict[str, list[dict[str, float]]]] = [
        {_STOCK: [{"tcp_up_gbit": 1.0, "udp64_kpps": 7.0}] * 2, _OURS: [{"tcp_up_gbit": 5.0}] * 2},
        {_OURS: [{"tcp_up_gbit": 6.0}], _STOCK: [{"tcp_up_gbit": 2.0}]},
    ]
    files = []
    for number, rounds in enumerate(contents):
        file = tmp_path / f"{number}.json"
        file.write_text(json.dumps({"machine": machine, "rounds": rounds}))
        files.append(file)
    return files


def test_later_runs_replace_figures_of_earlier_ones(runs: list[Path]) -> None:
    found = report.joined(runs)
    assert found[_STOCK] == [{"tcp_up_gbit": 2.0, "udp64_kpps": 7.0}, {"udp64_kpps": 7.0}]
    assert found[_OURS] == [{"tcp_up_gbit": 6.0}, {}]


def test_page_shows_figures_and_verdicts(runs: list[Path]) -> None:
    text = report.render(runs)
    assert "2001-02-03, revision abc, M with 2 cores" in text
    assert "6 [6..6] x3.00" in text
    assert ">= 5x stock-stock" in text


def test_every_measure_suits_some_course() -> None:
    for name, measure in MEASURES.items():
        assert any(measure.suits(course) for course in COURSES), name
