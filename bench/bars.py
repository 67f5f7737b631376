"""The bars of acceptance: which figure of which course must reach what, and whether it does.

A bar is met when the median of the rounds reaches it and the worse quartile is within 0.85 of it. What is
compared with another course is compared round by round, since a round's courses ran beside each other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.spread import Spread, spread

Rounds = Mapping[str, Sequence[Mapping[str, float]]]
_SLACK = 0.85


@dataclass(frozen=True)
class Bar:
    """One cell of the table of acceptance."""

    row: str
    course: str
    figure: str
    bound: float
    at_least: bool
    against: str | None = None

    @property
    def title(self) -> str:
        """Return what is asked for in short."""
        sign = ">=" if self.at_least else "<="
        bound = f"{self.bound:g}"
        return f"{sign} {bound}x {self.against}" if self.against else f"{sign} {bound}"


@dataclass(frozen=True)
class Verdict:
    """What came of a bar."""

    bar: Bar
    found: Spread
    met: bool


def _both(row: str, course: str, pattern: str, bound: float, at_least: bool, against: str) -> list[Bar]:
    return [
        Bar(row, course, pattern.format(direction), bound, at_least, against) for direction in ("up", "down")
    ]


_STOCK = "stock-stock"
BARS: tuple[Bar, ...] = (
    *_both("1", "ours-ours", "tcp_{}_gbit", 5, True, _STOCK),
    *_both("1", "ours-ours", "tcp_{}_gbit", 0.40, True, "raw-veth"),
    *_both("2", "ours-ours-1514", "tcp_{}_gbit", 3.5, True, _STOCK),
    *_both("3", "stock-ours", "tcp_{}_gbit", 1.2, True, _STOCK),
    *_both("3", "ours-stock", "tcp_{}_gbit", 1.2, True, _STOCK),
    Bar("4", "ours-ours", "udp64_kpps", 2.5, True, _STOCK),
    Bar("5", "ours-ours", "ping_idle_p50_ms", 0.6, False, _STOCK),
    *_both("6", "ours-ours", "ping_{}load_p50_ms", 0.3, False, _STOCK),
    *_both("6", "ours-ours", "ping_{}load_p99_ms", 0.3, False, _STOCK),
    Bar("6", "ours-ours", "shaped_up_above_ms", 40, False),
    Bar("6", "ours-ours", "shaped_down_above_ms", 40, False),
    *_both("7", "ours-ours", "cpu_both_{}_s_per_gb", 0.25, False, _STOCK),
    Bar("7", "ours-ours", "cpu_both_up_s_per_gb", 1.7, False),
    Bar("7", "ours-ours", "cpu_both_down_s_per_gb", 1.7, False),
    Bar("8", "ours-ours", "fanout200_kframes_per_cpu_s", 5, True, _STOCK),
    Bar("9", "ours-ours", "idle_sessions", 10_000, True),
    Bar("9", "ours-ours", "memory_rss_kib", 100, False),
    Bar("10", "ours-ours", "logins_per_cpu_s", 3, True, _STOCK),
    Bar("10", "ours-ours", "logins_per_s", 200, True),
    Bar("10", "ours-ours", "storm200_ping_above_ms", 5, False),
    *_both("11", "ours-ours-udp", "tcp_{}_gbit", 3, True, "stock-stock-udp"),
    *_both("11", "ours-ours-udp", "tcp_{}_gbit", 0.5, True, "ours-ours"),
    Bar("11", "ours-ours-udp", "impaired_ping_p99_ms", 1, False, "ours-ours"),
    Bar("12", "ours-ours", "cores_ratio", 1.7, True),
    Bar("admin", "ours-ours", "admin_ping_above_ms", 1, False),
)


def judge(rounds: Rounds) -> list[Verdict]:
    """Return the verdict of every bar whose figures were measured."""
    found = []
    for bar in BARS:
        values = _values(rounds, bar)
        if values:
            found.append(Verdict(bar, spread(values), _is_met(bar, spread(values))))
    return found


def _values(rounds: Rounds, bar: Bar) -> list[float]:
    own = [figures.get(bar.figure) for figures in rounds.get(bar.course, ())]
    if bar.against is None:
        return [value for value in own if value is not None]
    other = [figures.get(bar.figure) for figures in rounds.get(bar.against, ())]
    return [
        value / reference
        for value, reference in zip(own, other, strict=False)
        if value is not None and reference
    ]


def _is_met(bar: Bar, values: Spread) -> bool:
    if bar.at_least:
        return values.median >= bar.bound and values.lower >= bar.bound * _SLACK
    return values.median <= bar.bound and values.upper <= bar.bound / _SLACK


def table(verdicts: Sequence[Verdict]) -> str:
    """Return the verdicts as a table."""
    rows = [("row", "course", "figure", "bar", "median [quartiles]", "verdict")]
    for verdict in verdicts:
        values = verdict.found
        rows.append(
            (
                verdict.bar.row,
                verdict.bar.course,
                verdict.bar.figure,
                verdict.bar.title,
                f"{values.median:.3g} [{values.lower:.3g}..{values.upper:.3g}]",
                "met" if verdict.met else "not met",
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )
