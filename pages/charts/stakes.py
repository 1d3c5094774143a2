"""Bonds by price."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pages.charts import draw
from pages.charts.about import centre_of, near
from pages.charts.marks import DOT, LEFT, LINE, RIGHT, Chart, Dot, Level, Mark, counted
from pages.charts.scale import Axis, band, span
from protocol.show import cut, decimal

ROW = 96
BIN = 12  # dots that are nearer than this are drawn as one
EDGE = 2 * DOT + 8  # what is beyond an end of the scale stands there


@dataclass(frozen=True, slots=True)
class Bin:
    """Dots that would lie on each other, or beyond the same end of the scale: their prices, wei together, how many."""

    x: int
    low: int
    high: int
    weight: int
    count: int
    beyond: bool = False

    def says(self, row: str) -> str:
        what = row if self.count == 1 else f"{self.count} {row}"
        where = f": {decimal(self.low)}" if self.low == self.high else f" {decimal(self.low)} to {decimal(self.high)}"
        return f"{what}{where}, {decimal(self.weight, least=0)} ETH"


@dataclass(frozen=True, slots=True)
class Row:
    """The marks of one kind of stake, and in words what of it is below and above the scale."""

    name: str
    bins: Sequence[Bin]
    edges: Sequence[str]

    @property
    def told(self) -> str:
        beyond = "; ".join(self.edges)
        return counted(sum(each.count for each in self.bins), self.name) + (f" ({beyond})" if beyond else "")


def bonds(dots: Sequence[Dot], levels: Sequence[Level], tolerance_ppm: int) -> Chart:
    """Who put how much on which price: a row of marks for each kind of stake, their areas by wei.

    The scale stays around the price that stands, which `levels` must name, and the median. Money that is staked
    elsewhere stands at its ends, and is told there.
    """
    centre = centre_of(levels)
    assert centre is not None
    agreeing = band(centre.price, tolerance_ppm)
    axis = _axis(dots, levels, tolerance_ppm)
    rows = [_row(name, dots, axis) for name in dict.fromkeys(dot.row for dot in dots)]
    heaviest = max((each.weight for row in rows for each in row.bins), default=1)
    foot = head = LINE * len(levels)
    stakes: list[Mark] = []
    for row in rows:
        stakes += _draw_row(row, foot, heaviest)
        foot += ROW + LINE * len(row.edges)
    start, end = (axis.at(price) for price in agreeing)
    marks = [draw.box("band", start, head, max(end, start + 2), foot), *draw.upright(levels, axis, foot)]
    marks += [*stakes, *draw.price_axis(axis, foot)]
    label = draw.sentence("Bonds by price", [row.told for row in rows], levels)
    return Chart(foot + LINE + 8, label, tuple(marks))


def _axis(dots: Sequence[Dot], levels: Sequence[Level], tolerance_ppm: int) -> Axis:
    """Of the prices that are near enough; with a place at either end for those that are not."""
    prices = [dot.price for dot in dots]
    low, high = span(near([*prices, *(level.price for level in levels)], levels, tolerance_ppm))
    below, above = min(prices, default=low) < low, max(prices, default=high) > high
    return Axis(low, high, LEFT + EDGE * below, RIGHT - EDGE * above)


def _row(name: str, dots: Sequence[Dot], axis: Axis) -> Row:
    ours = sorted((dot for dot in dots if dot.row == name), key=lambda dot: dot.price)
    inside: dict[int, list[Dot]] = {}
    for dot in ours:
        if axis.holds(dot.price):
            inside.setdefault(axis.at(dot.price) // BIN, []).append(dot)
    bins = [_bin(axis.at(each[0].price), each) for each in inside.values()]
    below = [dot for dot in ours if dot.price < axis.low]
    above = [dot for dot in ours if dot.price > axis.high]
    bins += [_bin(x, each, beyond=True) for x, each in ((LEFT + DOT, below), (RIGHT - DOT, above)) if each]
    edges = [f"← below: {_sum(below)}"] if below else []
    return Row(name, bins, edges + ([f"→ above: {_sum(above)}"] if above else []))


def _bin(x: int, dots: Sequence[Dot], *, beyond: bool = False) -> Bin:
    """Of dots in the order of their prices."""
    return Bin(x, dots[0].price, dots[-1].price, sum(dot.weight for dot in dots), len(dots), beyond)


def _sum(dots: Sequence[Dot]) -> str:
    return f"{counted(len(dots), dots[0].row)}, {cut(sum(dot.weight for dot in dots))} ETH"


def _draw_row(row: Row, top: int, heaviest: int) -> list[Mark]:
    marks = [draw.words(row.name, LEFT, top + 24, "row", "start")]
    for text in row.edges:
        top += LINE
        marks.append(draw.words(text, LEFT, top + 24, "tick", "start"))
    middle = top + LINE + DOT  # below the words, however heavy it is
    for each in row.bins:
        size = draw.radius(each.weight, heaviest)
        marks.append(draw.stake(row.name, each.x, middle, size, each.says(row.name), "beyond" if each.beyond else ""))
        if each.count > 1:
            marks.append(draw.words(str(each.count), each.x, middle + size + 18, "count", "middle"))
    return marks
