"""The head of the book: whether intake is paused, and what was last written."""

from __future__ import annotations

from collections.abc import Sequence

from desk import addresses
from desk.why.page import ROWS, Ask, Link, Moment, Table, Why, alarms_and_audit
from operators.models import Proposal
from oracle.models import BookHead
from oracle.services.due import OUTAGE_SECONDS
from oracle.services.proposed.intake import PAUSE_INTAKE, RESUME_INTAKE
from protocol.show import utc

PAUSE, RESUME = PAUSE_INTAKE.name, RESUME_INTAKE.name


def explain(row: BookHead, now: int) -> Why:
    """Two people pause it and two resume it; without them a silence is an outage all the same (PROTOCOL 2)."""
    sentence, coming = _state(row)
    asked = list(Proposal.objects.filter(kind__in=(PAUSE, RESUME)).select_related("proposed_by").order_by("-pk")[:ROWS])
    moments = [(row.at, f"Entry #{row.seq}, the last one"), (row.life_at, "The last entry or beat")]
    if row.paused_at is not None:
        moments.append((row.paused_at, "Paused by two operators"))
    return Why(
        sentence=sentence,
        next=coming,
        timeline=[Moment(at, text) for at, text in sorted(moments) if at],
        tables=[_proposals(asked), alarms_and_audit("intake")[1]],
        links=[Link("How a pause works", addresses.document("time.md")), Link("Status", "/status")],
        act=_act(row, asked),
    )


def _state(row: BookHead) -> tuple[str, str]:
    if row.paused_at is None:
        words = f"Acts are taken. The book has {row.seq} entries; the last sign of life was {utc(row.life_at)}."
        return words, f"The next act or beat. Without either for {OUTAGE_SECONDS} s, every window grows by the silence"
    words = f"Two operators have paused it since {utc(row.paused_at)}: no act is taken, and no window runs."
    return words, "Two operators resume it; every open deadline then moves by the length of the pause"


def _proposals(asked: Sequence[Proposal]) -> Table:
    rows = [
        (
            Link(f"#{each.pk}", addresses.page(each)), each.kind, each.reason, each.proposed_by.get_username(),
            each.outcome or "open",
        )
        for each in asked
    ]  # fmt: skip
    return Table("Who paused and resumed", ("proposal", "kind", "because", "by", "came of it"), rows, "nobody ever did")


def _act(row: BookHead, asked: Sequence[Proposal]) -> list[Ask]:
    """Nothing where it is asked for already: its proposal stands in the table."""
    kind, words = (RESUME, "Propose to resume") if row.paused_at is not None else (PAUSE, "Propose to pause")
    return [] if any(each.kind == kind and each.ended_at is None for each in asked) else [Ask(kind, words, {})]
