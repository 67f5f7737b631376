"""Log lines: one line each, whatever a peer calls itself."""

import io
from collections.abc import Iterator

import pytest
import structlog

from etherloom.observe.logs import configure_logs, get_log
from etherloom.observe.quota import LineQuota


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    text = io.StringIO()
    configure_logs("info", text)
    yield text
    structlog.reset_defaults()


def test_shape_of_a_line(stream: io.StringIO) -> None:
    get_log("session").info("session started", hub="LAB", session="SID-ALICE-1", encrypted=True, group=None)
    time, rest = stream.getvalue().split(" ", 1)
    assert time.endswith("Z")
    assert rest == 'info "session started" room=session hub=LAB session=SID-ALICE-1 encrypted=yes group=-\n'


def test_debug_lines_are_left_out(stream: io.StringIO) -> None:
    get_log("x").debug("not this")
    get_log("x").info("this")
    assert "not this" not in stream.getvalue()
    assert "this" in stream.getvalue()


@pytest.mark.parametrize(
    "name", ["a\nb", "a\r\nb", "\x1b[31mred", "x\u2028y", 'say "hi" b=c', "\ud800", "\x00"]
)
def test_a_hostile_name_stays_within_one_printable_line(stream: io.StringIO, name: str) -> None:
    get_log("x").warning("log-in refused", user=name, peer="192.0.2.1")
    line = stream.getvalue()
    assert line.endswith(" peer=192.0.2.1\n")
    assert line[:-1].isprintable()
    line.encode("utf-8")


def test_a_long_text_is_cut(stream: io.StringIO) -> None:
    get_log("x").info("x", user="u" * 100_000)
    assert len(stream.getvalue()) < 1_000


def test_a_quoted_value_cant_end_its_quotes(stream: io.StringIO) -> None:
    get_log("x").info("x", user='a" code=0 b="')
    assert 'user="a\\" code=0 b=\\""' in stream.getvalue()


def test_an_exception_is_one_line(stream: io.StringIO) -> None:
    try:
        raise ValueError("boom")
    except ValueError:
        get_log("x").exception("it failed")
    assert stream.getvalue().count("\n") == 1
    assert "ValueError: boom" in stream.getvalue()


def test_quota_holds_lines_back_and_says_how_many() -> None:
    now = [0.0]
    quota = LineQuota(lambda: now[0], lines=2, seconds=1.0)
    assert [quota.take() for _ in range(5)] == [0, 0, None, None, None]
    now[0] = 1.0
    assert [quota.take() for _ in range(3)] == [3, 0, None]
