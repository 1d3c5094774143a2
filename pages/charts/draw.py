"""How the parts of charts are drawn."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pages.charts.marks import LINE, RIGHT, WIDTH, Level, Mark
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


def stake(row: str, x: int, y: int, size: int, title: str) -> Mark:
    """Money: circles are reports, squares claims, diamonds votes."""
    kind = row.split()[0].lower()
    if kind == "reports":
        return mark("circle", title=title, cx=x, cy=y, r=size, **{"class": "stake reports"})
    if kind == "claims":
        side = 2 * size
        return mark("rect", "", title, x=x - size, y=y - size, width=side, height=side, **{"class": "stake claims"})
    points = f"{x},{y - size} {x + size},{y} {x},{y + size} {x - size},{y}"
    return mark("polygon", title=title, points=points, **{"class": "stake votes"})


def says(row: str, price: int, weight: int, count: int) -> str:
    many = f"{count} {row} around" if count > 1 else f"{row}:"
    return f"{many} {decimal(price)}, {decimal(weight, least=0)} ETH"


def grid(values: Iterable[int], up: Axis, left: int) -> list[Mark]:
    """A line across at each value, and the value before it."""
    marks = []
    for value in values:
        y = up.at(value)
        marks.append(rule("grid", left, y, RIGHT, y))
        marks.append(words(decimal(value, least=0), left - 10, y + 7, "tick", "end"))
    return marks


def upright(levels: Sequence[Level], axis: Axis, foot: int) -> list[Mark]:
    """A line for each named price, its name in a row of its own, so that names never lie on each other."""
    marks = []
    for number, level in enumerate(levels):
        x, y = axis.at(level.price), LINE * number + 24
        side, dx = ("start", 8) if x < WIDTH // 2 else ("end", -8)
        marks.append(rule(f"level {level.kind}", x, y - 18, x, foot))
        marks.append(words(f"{level.name} {cut(level.price)}", x + dx, y, "name", side))
    return marks


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
