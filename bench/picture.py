"""What was measured as a picture."""

from collections.abc import Mapping

from bench.figures import FIGURES
from bench.spread import Spread
from bench.summary import short

_WIDTH, _BAR, _GAP, _LABEL, _TITLE = 760, 16, 14, 120, 20
_COLOURS = ("#8c8c8c", "#2a7ab8", "#5aa469", "#d08c2f", "#c9c9c9")


def picture(summary: Mapping[str, Mapping[str, Spread]]) -> str:
    """Return an SVG: a group of bars a figure, each group on its own scale, quartiles as a line."""
    parts: list[str] = []
    top = _GAP
    for figure in FIGURES:
        found = {course: figures[figure.key] for course, figures in summary.items() if figure.key in figures}
        if not found:
            continue
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
        _text(_LABEL + int(upper) + 6, top + 12, short(values.median)),
    ]


def _text(x: int, y: int, content: str, weight: str = "normal") -> str:
    escaped = content.replace("&", "&amp;").replace("<", "&lt;")
    return f'<text x="{x}" y="{y}" font-size="12" font-weight="{weight}">{escaped}</text>'
