"""Plots as SVG: bars for a workload, with the floor drawn in, and curves of the cost against a number.

They are small, need nothing else, and are drawn in colours that can be read on a light page as well as on a dark one.
"""

from collections.abc import Callable, Sequence
from html import escape
from math import log10

from bench_parts.figures import OWN_NAMES, Entry, Table, shown_number
from bench_parts.workloads import FLOOR

WIDTH = 720
_NAMES = 230
_BAR = 16
_LINE = 24
_TEXT = "#7d7d7d"
_OURS = "#2f8f5b"
_OTHERS = "#8c9bb5"
_FLOOR = "#d0603f"
_GRID = "#7d7d7d55"
_PALETTE = ("#b5487a", "#a8762a", "#5f7fc4", "#a05fb0", "#9a8f2d", "#4f9aa8", "#c05f7f")

#: A bar may be so many times as long as that of this tree; whoever needs more gets a broken bar.
LONGEST = 6.0


def bars(table: Table) -> str:
    """Return a bar for each contender, and a line for each floor."""
    floors = [entry for entry in table.entries if entry.subject == FLOOR]
    others = [entry for entry in table.entries if entry.subject != FLOOR]
    longest = _longest(table, others)
    scale = (WIDTH - _NAMES - 90) / longest if longest else 0.0
    top = 8 + 18 * len(floors)
    height = top + _LINE * len(others) + 8
    parts = []
    for at, floor in enumerate(floors):
        parts += _floor(floor, at, _NAMES + floor.median * scale, height)
    for at, entry in enumerate(others):
        parts += _bar(entry, top + at * _LINE, min(entry.median, longest) * scale, longest)
    return _svg(height, f"{table.title}: {table.heading()}", parts)


def _longest(table: Table, others: Sequence[Entry]) -> float:
    """The cost that the longest bar stands for."""
    most = max((entry.median for entry in table.entries), default=0.0)
    ours = [entry.median for entry in others if entry.subject in OWN_NAMES]
    floor = [entry.median for entry in table.entries if entry.subject == FLOOR]
    return min(most, max([LONGEST * max(ours), *floor])) if ours else most


def _floor(floor: Entry, at: int, x: float, height: int) -> list[str]:
    y = 14 + 18 * at
    return [
        _line((x, y + 4), (x, height - 4), _FLOOR, "4 3" if at else ""),
        _text(_NAMES - 8, y + 2, floor.name, "end", _FLOOR),
        _text(x + 4, y + 2, shown_number(floor.median), "start", _FLOOR),
    ]


def _bar(entry: Entry, y: float, width: float, longest: float) -> list[str]:
    is_own = entry.subject in OWN_NAMES
    colour = _OURS if is_own else _OTHERS
    parts = [
        _text(_NAMES - 8, y + 13, entry.name, "end", _OURS if is_own else _TEXT, bold=is_own),
        f'<rect x="{_NAMES}" y="{y}" width="{max(width, 1):.1f}" height="{_BAR}" rx="2" fill="{colour}"/>',
    ]
    if entry.median > longest:
        # Two strokes through the end of a bar that is longer than the page.
        parts += [
            _line((x, y + _BAR + 2), (x + 5, y - 2), _FLOOR)
            for x in (_NAMES + width - 14, _NAMES + width - 9)
        ]
    parts.append(_text(_NAMES + width + 6, y + 13, shown_number(entry.median), "start", _TEXT))
    return parts


def curves(title: str, across: str, unit: str, points: dict[str, list[tuple[int, float]]]) -> str:
    """Return a line for each contender, through its cost at each number; both axes are logarithmic."""
    left, right, top, bottom = 70, WIDTH - 200, 20, 300
    numbers = sorted({number for line in points.values() for number, _ in line})
    costs = [cost for line in points.values() for _, cost in line]
    if not costs or len(numbers) < 2:
        return _svg(40, title, [_text(10, 24, "not measured", "start", _TEXT)])
    low, high = 10.0 ** int(log10(min(costs))), max(costs) * 1.2

    def x(number: float) -> float:
        share = log10(number / numbers[0]) / log10(numbers[-1] / numbers[0])
        return left + share * (right - left)

    def y(cost: float) -> float:
        return bottom - log10(cost / low) / log10(high / low) * (bottom - top)

    parts = []
    tick = low
    while tick <= high:
        parts.append(_line((left, y(tick)), (right, y(tick)), _GRID))
        parts.append(_text(left - 6, y(tick) + 4, f"{tick:,.0f}", "end", _TEXT))
        tick *= 10
    parts += [_text(x(number), bottom + 18, f"{number:,}", "middle", _TEXT) for number in numbers]
    parts.append(_text((left + right) / 2, bottom + 38, across, "middle", _TEXT))
    parts.append(_text(left - 6, top - 8, unit, "start", _TEXT))
    labels = sorted(points, key=lambda name: points[name][-1][1])
    places = _apart([y(points[name][-1][1]) for name in labels])
    for name, place in zip(labels, places, strict=True):
        parts += _curve(name, list(points).index(name), points[name], x, y, place)
    return _svg(bottom + 48, title, parts)


def _apart(places: Sequence[float]) -> list[float]:
    """Return where labels stand that would cover each other, the first at the bottom."""
    kept: list[float] = []
    for place in places:
        kept.append(min(place, kept[-1] - 16) if kept else place)
    return kept


def _curve(
    name: str,
    at: int,
    line: Sequence[tuple[int, float]],
    x: Callable[[float], float],
    y: Callable[[float], float],
    place: float,
) -> list[str]:
    is_floor = name.startswith("bare ")
    colour = _PALETTE[at % len(_PALETTE)]
    if is_floor or name in OWN_NAMES:
        colour = _FLOOR if is_floor else _OURS
    path = " ".join(f"{x(number):.1f},{y(cost):.1f}" for number, cost in line)
    dash = ' stroke-dasharray="4 3"' if is_floor else ""
    end = x(line[-1][0])
    return [
        f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"{dash}/>',
        *[
            f'<circle cx="{x(number):.1f}" cy="{y(cost):.1f}" r="3" fill="{colour}"/>'
            for number, cost in line
        ],
        _text(end + 10, place + 4, name, "start", colour, bold=name in OWN_NAMES),
    ]


def _text(x: float, y: float, words: str, anchor: str, colour: str, *, bold: bool = False) -> str:
    weight = ' font-weight="bold"' if bold else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}"{weight}>{escape(words)}</text>'


def _line(
    start: tuple[float, float], end: tuple[float, float], colour: str, dashes: str = ""
) -> str:
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    (x1, y1), (x2, y2) = start, end
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" '
        f'stroke="{colour}" stroke-width="1.5"{dashed}/>'
    )


def _svg(height: float, title: str, parts: Sequence[str]) -> str:
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" '
        'font-family="sans-serif" font-size="12" role="img">'
    )
    return "\n".join([head, f"<title>{escape(title)}</title>", *parts, "</svg>", ""])
