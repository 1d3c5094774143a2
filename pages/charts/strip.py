"""The compare strip: prices around the instant."""

from __future__ import annotations

from collections.abc import Sequence
from math import isqrt

from pages.charts import draw
from pages.charts.marks import DOT, LEFT, RIGHT, WIDTH, Chart, Dot, Level, Line, Mark, centre_of
from pages.charts.scale import Axis, band, span
from protocol.show import decimal


def observed(
    lines: Sequence[Line], at: int, levels: Sequence[Level], tolerance_ppm: int, dots: Sequence[Dot] = ()
) -> Chart | None:
    """The compare strip: each source's price around unix second `at`, and money on prices as dots at that second.

    None where nothing was observed. Dots do not set the scale, or a liar's would flatten everything else.
    """
    points = [point for line in lines for point in line.points]
    if not points:
        return None
    centre = centre_of(levels)
    agreeing = band(centre.price, tolerance_ppm) if centre else None
    first, last = min(at, *(second for second, _ in points)), max(at, *(second for second, _ in points))
    if first == last:
        first, last = at - 1, at + 1
    top, foot, left = 16, 296, 120
    prices = [price for _, price in points] + [level.price for level in levels] + list(agreeing or ())
    up, across = Axis(*span(prices), foot, top), Axis(first, last, left, RIGHT)
    marks: list[Mark] = []
    if agreeing:
        lower, upper = (up.at(price) for price in agreeing)
        marks.append(draw.box("band", left, upper, RIGHT, lower))
    marks += draw.grid(up.ticks(), up, left)
    x = across.at(at)
    marks += [draw.rule("instant", x, top, x, foot), draw.words("instant", x, foot + 28, "tick", "middle")]
    for level in levels:
        y = up.at(level.price)
        marks += [draw.rule(f"level {level.kind}", left, y, RIGHT, y)]
        marks.append(draw.words(level.name, left + 8, y - 6, "name", "start"))
    marks += _at_instant(dots, x, up)
    for number, line in enumerate(lines):
        marks += _trace(number, line, across, up)
    marks += _legend([line.name for line in lines], foot + 44)
    parts = [f"{line.name} {decimal(line.points[-1][1])} at the end" for line in lines if line.points]
    label = draw.sentence("Prices around the instant", parts, levels)
    return Chart(foot + 60 + 32 * _legend_rows(lines), label, tuple(marks))


def _at_instant(dots: Sequence[Dot], x: int, up: Axis) -> list[Mark]:
    """Dots above each other at the instant, their areas by wei; how many lie outside is said in words."""
    inside = sorted((dot for dot in dots if up.low <= dot.price <= up.high), key=lambda each: -each.weight)
    heaviest = max((dot.weight for dot in inside), default=0) or 1
    marks = []
    for dot in inside:
        size = max(isqrt(DOT * DOT * dot.weight // heaviest), 4)
        marks.append(draw.stake(dot.row, x, up.at(dot.price), size, draw.says(dot.row, dot.price, dot.weight, 1)))
    side, dx = ("start", 10) if x < WIDTH // 2 else ("end", -10)
    above, below = sum(dot.price > up.high for dot in dots), sum(dot.price < up.low for dot in dots)
    if above:
        marks.append(draw.words(f"↑ {above} {dots[0].row} above", x + dx, up.end + 16, "tick", side))
    if below:
        marks.append(draw.words(f"↓ {below} {dots[0].row} below", x + dx, up.start - 8, "tick", side))
    return marks


def _trace(number: int, line: Line, across: Axis, up: Axis) -> list[Mark]:
    """One source's line; a single observation is a dot."""
    spots = [(across.at(second), up.at(price)) for second, price in line.points]
    style = f"source s{number % 6}"
    if len(spots) == 1:
        return [draw.mark("circle", title=line.name, cx=spots[0][0], cy=spots[0][1], r=7, **{"class": f"{style} spot"})]
    joined = " ".join(f"{x},{y}" for x, y in spots)
    return [draw.mark("polyline", title=line.name, points=joined, **{"class": style})]


def _legend_rows(lines: Sequence[Line]) -> int:
    return -(-len(lines) // 2)


def _legend(names: Sequence[str], top: int) -> list[Mark]:
    """A sample of each line with its name, two in a row."""
    marks = []
    for number, name in enumerate(names):
        x, y = LEFT + 304 * (number % 2), top + 24 + 32 * (number // 2)
        marks.append(draw.rule(f"source s{number % 6}", x, y - 6, x + 48, y - 6))
        marks.append(draw.words(name, x + 58, y, "name", "start"))
    return marks
