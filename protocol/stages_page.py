"""docs/life-cycle.md, made from protocol/stages.py: `python -m protocol.stages_page > docs/life-cycle.md`."""

from __future__ import annotations

import inspect
import re
import textwrap
from enum import StrEnum

from protocol import stages
from protocol.stages import TRANSITIONS, DecidedBy, Stage, Trigger

_MOVED_BY = {Trigger.ACT: "an act", Trigger.DEADLINE: "time"}


def page() -> str:
    """The page as Markdown: diagram, stages, edges, and who decides (PROTOCOL 2)."""
    parts = [
        "# The life of an expiry",
        "Made from `protocol/stages.py` by `python -m protocol.stages_page`; change it there.",
        f"```\n{diagram()}\n```",
        "Not drawn: edge m, taken where f or g would open a ballot and the electorate is empty.",
        "## Stages",
        _table(("stage", "meaning"), [(each.value, text) for each, text in _meanings(Stage)]),
        "## Edges",
        _table(
            ("edge", "from", "to", "moved by", "when"),
            [(e.letter, e.source.value, e.target.value, _MOVED_BY[e.trigger], e.when) for e in TRANSITIONS],
        ),
        "## What decides the price",
        _table(("decided by", "when"), [(each.value, text) for each, text in _meanings(DecidedBy)]),
        "## Time",
        textwrap.dedent("""\
            An interval is `[open, deadline)`: an act received at the deadline is late. Before an act is judged, and
            whenever somebody asks, every deadline that has passed is processed in order, each from the deadline and
            not from when it was noticed. So a scheduler that runs late, twice or never changes no outcome.

            One more report, commit, reveal or pledge at a price known in its round costs the same with 10 acts behind
            it as with 10,000: each asks for single rows (`protocol/record.py`). What must look at all stakes or votes
            does so once: the first pledge at a price in each round, the close of REPORTING and of REVEAL, FINAL. A
            claim that fills looks at the open claims."""),
    ]
    return "\n\n".join(parts) + "\n"


def diagram() -> str:
    """The drawing in the docstring of protocol/stages.py."""
    return "\n".join(line[4:].rstrip() for line in (stages.__doc__ or "").splitlines() if line.startswith("    "))


def _meanings(enum: type[StrEnum]) -> list[tuple[StrEnum, str]]:
    """The members with the comments that stand beside them: one line of meaning each."""
    source = inspect.getsource(enum)
    said = dict(re.findall(r"^    (\w+) = .*?  # (.+)$", source, re.MULTILINE))
    return [(each, said[each.name]) for each in enum]


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    print(page(), end="")
