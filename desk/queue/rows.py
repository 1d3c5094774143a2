"""What a row of the queue says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

SHOWN = 5
"""Rows of a section; the rest is a number and a link."""


class Urgency(IntEnum):
    """Sections and rows are sorted by it. Each has a word: colour alone tells nobody anything."""

    NONE = -1
    CALM = 0  # to know about
    SOON = 1  # will need somebody
    NOW = 2  # needs somebody
    STOPPED = 3  # something stands still until somebody comes

    @property
    def word(self) -> str:
        return {0: "runs", 1: "soon", 2: "look", 3: "stopped"}.get(self, "")


@dataclass(frozen=True, slots=True)
class Act:
    """Something to press: what one would propose, or read."""

    label: str
    href: str


@dataclass(frozen=True, slots=True)
class Row:
    """`what` it is, in a link, and `why` it needs somebody. `at` in unix seconds, with `since` or `until` before it."""

    what: str
    why: str
    link: str
    urgency: Urgency
    at: int | None = None
    at_word: str = "since"
    act: Act | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """Rows of one sort. `total` counts those that are not shown too, `full` leads to all; `quiet`: there are none."""

    title: str
    quiet: str
    full: str
    rows: Sequence[Row] = ()
    total: int = 0

    @property
    def urgency(self) -> Urgency:
        return max((row.urgency for row in self.rows), default=Urgency.NONE)

    @property
    def more(self) -> int:
        return self.total - len(self.rows)
