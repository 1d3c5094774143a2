"""Bonds by price."""

from __future__ import annotations

from collections.abc import Sequence
from math import isqrt

from pages.charts import draw
from pages.charts.marks import DOT, LEFT, LINE, RIGHT, Chart, Dot, Level, Mark, centre_of
from pages.charts.scale import Axis, band, span

ROW = 70
BIN = 12  # dots that are nearer than this are drawn as one


def bonds(dots: Sequence[Dot], levels: Sequence[Level], tolerance_ppm: int) -> Chart:
    """Who put how much on which price: a row of marks for each kind of stake, their areas by wei."""
    centre = centre_of(levels)
    agreeing = band(centre.price, tolerance_ppm) if centre else None
    known = [dot.price for dot in dots] + [level.price for level in levels] + list(agreeing or ())
    axis = Axis(*span(known), LEFT, RIGHT)
    rows = {row: _bins(dots, row, axis) for row in dict.fromkeys(dot.row for dot in dots)}
    head = LINE * len(levels)
    foot = head + ROW * len(rows)
    marks = [] if agreeing is None else [_band_across(agreeing, axis, head, foot)]
    marks += draw.upright(levels, axis, foot)
    heaviest = max((weight for bins in rows.values() for _, _, weight, _ in bins), default=1)
    for number, (row, bins) in enumerate(rows.items()):
        middle = head + ROW * number + ROW // 2 + 6
        marks.append(draw.words(row, LEFT, middle - ROW // 2 + 18, "row", "start"))
        for x, price, weight, count in bins:
            size = max(isqrt(DOT * DOT * weight // heaviest), 4)
            marks.append(draw.stake(row, x, middle, size, draw.says(row, price, weight, count)))
            if count > 1:
                marks.append(draw.words(str(count), x, middle + size + 18, "count", "middle"))
    marks += draw.price_axis(axis, foot)
    parts = [f"{len([d for d in dots if d.row == row])} {row}" for row in rows]
    return Chart(foot + LINE + 8, draw.sentence("Bonds by price", parts, levels), tuple(marks))


def _bins(dots: Sequence[Dot], row: str, axis: Axis) -> list[tuple[int, int, int, int]]:
    """(x, price of the first, wei together, number) of the dots of a row that would lie on each other."""
    found: dict[int, list[Dot]] = {}
    for dot in sorted((each for each in dots if each.row == row), key=lambda each: each.price):
        found.setdefault(axis.at(dot.price) // BIN, []).append(dot)
    return [
        (axis.at(each[0].price), each[0].price, sum(dot.weight for dot in each), len(each))
        for each in found.values()
    ]


def _band_across(agreeing: tuple[int, int], axis: Axis, top: int, foot: int) -> Mark:
    start, end = (axis.at(price) for price in agreeing)
    return draw.box("band", start, top, max(end, start + 2), foot)
