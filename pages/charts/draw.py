"""How the parts of charts are drawn."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import isqrt

from pages.charts.marks import DOT, LEFT, LETTER, LINE, RIGHT, Level, Mark
from pages.charts.scale import Axis
from protocol.show import cut, decimal


def mark(tag: str, text: str = "", title: str = "", **attributes: str | int) -> Mark:
    return Mark(tag, tuple((name, str(value)) for name, value in attributes.items()), text, title)


def rule(kind: str, x1: int, y1: int, x2: int, y2: int) -> Mark:
    return mark("line", x1=x1, y1=y1, x2=x2, y2=y2, **{"class": kind})


def box(kind: str, left: int, top: int, right: int, foot: int) -> Mark:
    return mark("rect", x=left, y=top, width=right - left, height=foot - top, **{"class": kind})


def words(text: str, x: int, y: int, kind: str, anchor: str) -> Mark:
    return mark("text", text, x=x, y=y, **{"class": kind, "text-anchor": anchor})


def stake(row: str, x: int, y: int, size: int, title: str, style: str = "") -> Mark:
    """Money: circles are reports, squares claims, diamonds votes."""
    kind = row.partition(",")[0]
    classes = {"class": f"stake {kind} {style}".rstrip()}
    if kind == "reports":
        return mark("circle", title=title, cx=x, cy=y, r=size, **classes)
    if kind == "claims":
        return mark("rect", title=title, x=x - size, y=y - size, width=2 * size, height=2 * size, **classes)
    points = f"{x},{y - size} {x + size},{y} {x},{y + size} {x - size},{y}"
    return mark("polygon", title=title, points=points, **classes)


def radius(weight: int, heaviest: int) -> int:
    """Of a mark whose area is its wei; never so small that it cannot be seen."""
    return max(isqrt(DOT * DOT * weight // max(heaviest, 1)), 4)


def grid(values: Iterable[int], up: Axis, left: int, right: int = RIGHT) -> list[Mark]:
    """A line across at each value, and the value before it."""
    marks = []
    for value in values:
        y = up.at(value)
        marks.append(rule("grid", left, y, right, y))
        marks.append(words(decimal(value, least=0), left - 10, y + 7, "tick", "end"))
    return marks


def upright(levels: Sequence[Level], axis: Axis, foot: int) -> list[Mark]:
    """A line for each named price, its name in a row of its own, so that names never lie on each other.

    One beyond an end of the axis has its name there, with an arrow; these come first, where no line is yet.
    """
    marks, y = [], 24
    for level in levels:
        if axis.holds(level.price):
            continue
        below = level.price < axis.low
        text, x, side = (f"← {_name(level)}", LEFT, "start") if below else (f"{_name(level)} →", RIGHT, "end")
        marks.append(words(text, x, y, "name", side))
        y += LINE
    for level, right in _in_rows([level for level in levels if axis.holds(level.price)], axis):
        x = axis.at(level.price)
        marks.append(rule(f"level {level.kind}", x, y - 18, x, foot))
        marks.append(words(_name(level), x + 8 if right else x - 8, y, "name", "start" if right else "end"))
        y += LINE
    return marks


def _name(level: Level) -> str:
    return f"{level.name} {cut(level.price)}"


def _in_rows(levels: Sequence[Level], axis: Axis) -> list[tuple[Level, bool]]:
    """From the top row down, and whether the name stands to the right of its line.

    A line goes on through the rows below its own. It crosses no name there where each next line is on the side of
    the names: so all names are on one side if there is room. If not, some are on the left, and above the others.
    """
    ordered = sorted(levels, key=lambda level: level.price)
    reach = {level: 8 + LETTER * len(_name(level)) for level in ordered}
    right = [level for level in ordered if axis.at(level.price) + reach[level] <= RIGHT]
    if len(right) < len(ordered) and all(axis.at(level.price) - reach[level] >= LEFT for level in ordered):
        right = []
    left = [level for level in reversed(ordered) if level not in right]
    return [*((level, False) for level in left), *((level, True) for level in right)]


def price_axis(axis: Axis, y: int) -> list[Mark]:
    marks = [rule("axis", axis.start, y, axis.end, y)]
    for price in axis.ticks():
        x = axis.at(price)
        side = "start" if x < axis.start + 50 else "end" if x > RIGHT - 50 else "middle"
        marks.append(rule("axis", x, y, x, y + 6))
        marks.append(words(decimal(price, least=0), x, y + 30, "tick", side))
    return marks


def sentence(head: str, parts: Sequence[str], levels: Sequence[Level]) -> str:
    named = [f"{level.name} {decimal(level.price)}" for level in levels]
    return f"{head}: {'; '.join([*parts, *named]) or 'nothing yet'}."
