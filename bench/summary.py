"""Medians, quartiles and ratios of what was measured, as a table."""

from collections.abc import Mapping, Sequence

from bench.figures import FIGURES
from bench.spread import Spread, spread

Rounds = Sequence[Mapping[str, float]]


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
    measured = {key for figures in summary.values() for key in figures}
    for figure in (figure for figure in FIGURES if figure.key in measured):
        cells = [_cell(summary, course, figure.key, base) for course in courses]
        title = f"{figure.title} ({figure.unit})" if figure.unit else figure.title
        rows.append([title, *cells])
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
        if reference and reference.median > 0 and course != base
        else ""
    )
    return f"{short(found.median)} [{short(found.lower)}..{short(found.upper)}]{ratio}"


def short(value: float) -> str:
    """Return a figure with three digits that count."""
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"
