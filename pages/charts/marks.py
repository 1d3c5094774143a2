"""What charts are made of: the elements of an SVG, and what is given to a chart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH = 640
LEFT, RIGHT = 16, WIDTH - 16
DOT = 20  # radius of the heaviest
LINE = 34  # for one row of words
LETTER = 11  # the width of one on a narrow screen, where they are largest

Attributes = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """One element: its tag, its attributes in order, the words in it, and what it says when pointed at."""

    tag: str
    attributes: Attributes
    text: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    height: int
    label: str
    marks: tuple[Mark, ...]
    width: int = WIDTH


@dataclass(frozen=True, slots=True)
class Level:
    """A price that is named in a chart; `kind` is one of standing, tentative, final, counter, strike."""

    name: str
    price: int
    kind: str


@dataclass(frozen=True, slots=True)
class Dot:
    """Money on a price. `row` is the row that it is drawn in, `weight` its wei."""

    row: str
    price: int
    weight: int


@dataclass(frozen=True, slots=True)
class Line:
    """What one source saw: (unix second, price) in order of time."""

    name: str
    points: Sequence[tuple[int, int]]


def counted(number: int, what: str) -> str:
    """`2 reports`, `1 report`, `1 vote, ballot 2`"""
    kind, comma, rest = what.partition(",")
    return f"{number} {kind.removesuffix('s') if number == 1 else kind}{comma}{rest}"
