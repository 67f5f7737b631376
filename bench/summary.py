"""Medians, quartiles and ratios of what was measured: as a table, as JSON, as a picture."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Rounds = Sequence[Mapping[str, float]]


@dataclass(frozen=True)
class Figure:
    """How to show one figure."""

    key: str
    title: str
    unit: str
    more_is_better: bool


FIGURES = (
    Figure("tcp_up_gbit", "TCP up", "Gbit/s", True),
    Figure("tcp_down_gbit", "TCP down", "Gbit/s", True),
    Figure("udp64_kpps", "UDP 64 B, loss < 1 %", "kpps", True),
    Figure("ping_idle_p50_ms", "ping idle, median", "ms", False),
    Figure("ping_idle_p99_ms", "ping idle, p99", "ms", False),
    Figure("ping_upload_p50_ms", "ping under up-load, median", "ms", False),
    Figure("ping_upload_p99_ms", "ping under up-load, p99", "ms", False),
    Figure("ping_download_p50_ms", "ping under down-load, median", "ms", False),
    Figure("ping_download_p99_ms", "ping under down-load, p99", "ms", False),
    Figure("cpu_client_up_s_per_gb", "CPU client end, up", "s/GB", False),
    Figure("cpu_server_up_s_per_gb", "CPU server end, up", "s/GB", False),
    Figure("cpu_client_down_s_per_gb", "CPU client end, down", "s/GB", False),
    Figure("cpu_server_down_s_per_gb", "CPU server end, down", "s/GB", False),
)


@dataclass(frozen=True)
class Spread:
    """Median and quartiles of the rounds."""

    median: float
    lower: float
    upper: float


def spread(values: Sequence[float]) -> Spread:
    """Return median and quartiles; a single value is all three."""
    if len(values) == 1:
        return Spread(values[0], values[0], values[0])
    lower, middle, upper = statistics.quantiles(values, n=4, method="inclusive")
    return Spread(middle, lower, upper)


def summarise(results: Mapping[str, Rounds]) -> dict[str, dict[str, Spread]]:
    """Return course -> figure -> spread."""
    return {
        course: {
            figure.key: spread([found[figure.key] for found in rounds if figure.key in found])
            for figure in FIGURES
            if any(figure.key in found for found in rounds)
        }
        for course, rounds in results.items()
        if rounds
    }


def table(summary: Mapping[str, Mapping[str, Spread]], base: str) -> str:
    """Return one table: a figure a line, a course a column, the ratio to `base` behind each median."""
    courses = list(summary)
    rows = [["", *courses]]
    for figure in FIGURES:
        cells = [_cell(summary, course, figure.key, base) for course in courses]
        rows.append([f"{figure.title} ({figure.unit})", *cells])
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    return "\n".join(line.rstrip() for line in lines)


def _cell(summary: Mapping[str, Mapping[str, Spread]], course: str, key: str, base: str) -> str:
    found = summary[course].get(key)
    if found is None or found.median == 0:
        return "-"
    reference = summary.get(base, {}).get(key)
    ratio = (
        f" x{found.median / reference.median:.2f}"
        if reference and reference.median and course != base
        else ""
    )
    return f"{_short(found.median)} [{_short(found.lower)}..{_short(found.upper)}]{ratio}"


def _short(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


_WIDTH, _BAR, _GAP, _LABEL, _TITLE = 760, 16, 14, 120, 20
_COLOURS = ("#8c8c8c", "#2a7ab8", "#5aa469", "#d08c2f", "#c9c9c9")


def picture(summary: Mapping[str, Mapping[str, Spread]]) -> str:
    """Return an SVG: a group of bars a figure, each group on its own scale, quartiles as a line."""
    parts: list[str] = []
    top = _GAP
    for figure in FIGURES:
        found = {course: figures[figure.key] for course, figures in summary.items() if figure.key in figures}
        better = "more is better" if figure.more_is_better else "less is better"
        parts.append(_text(_GAP, top + 12, f"{figure.title}, {figure.unit} ({better})", "bold"))
        top += _TITLE
        for number, (course, values) in enumerate(found.items()):
            parts.extend(_bar(top, course, values, _scale(found), _COLOURS[number % len(_COLOURS)]))
            top += _BAR + 2
        top += _GAP
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{top}" font-family="sans-serif">'
    )
    return "\n".join([head, '<rect width="100%" height="100%" fill="white"/>', *parts, "</svg>", ""])


def _scale(found: Mapping[str, Spread]) -> float:
    """Return pixels a unit. The bare cable would dwarf the rest, so it may run over the edge."""
    rest = [values.upper for course, values in found.items() if course != "raw-veth"]
    largest = max(rest or [values.upper for values in found.values()])
    return (_WIDTH - _LABEL - 140) / largest if largest else 0.0


def _bar(top: int, course: str, values: Spread, scale: float, colour: str) -> list[str]:
    limit = _WIDTH - _LABEL - 130
    length, lower, upper = (min(v * scale, limit) for v in (values.median, values.lower, values.upper))
    middle = top + _BAR / 2
    return [
        _text(_GAP, top + 12, course),
        f'<rect x="{_LABEL}" y="{top}" width="{length:.1f}" height="{_BAR}" fill="{colour}"/>',
        f'<line x1="{_LABEL + lower:.1f}" x2="{_LABEL + upper:.1f}" y1="{middle}" y2="{middle}"'
        ' stroke="black"/>',
        _text(_LABEL + int(upper) + 6, top + 12, _short(values.median)),
    ]


def _text(x: int, y: int, content: str, weight: str = "normal") -> str:
    escaped = content.replace("&", "&amp;").replace("<", "&lt;")
    return f'<text x="{x}" y="{y}" font-size="12" font-weight="{weight}">{escaped}</text>'
