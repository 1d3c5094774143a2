"""A proposal: who wants what, who agreed, what came of it."""

from __future__ import annotations

import json

from desk import addresses
from desk.kinds import KINDS
from desk.why.chain_rows import transactions_table
from desk.why.page import ROWS, Link, Moment, Table, Why, told
from operators.models import AuditEntry, Proposal
from protocol.show import utc
from settlement.selectors import transactions_of


def explain(row: Proposal, now: int) -> Why:
    """Its life, what was asked for, and what the log has of it."""
    kind = KINDS.get(row.kind)
    sentence, coming, at = _state(row, now)
    return Why(
        sentence=sentence,
        next=coming,
        at=at,
        timeline=_timeline(row),
        tables=[_details(row), _transactions(row), _audit(row)],
        links=[
            Link(
                f"All of this kind: {kind.title if kind else row.kind}",
                addresses.listing(Proposal, kind=row.kind),
            )
        ],
    )


def _state(row: Proposal, now: int) -> tuple[str, str, int | None]:
    who = row.proposed_by.get_username()
    if row.ended_at is not None:
        return f"It is over: {row.outcome}.", "Nothing", None
    if row.approved_by is None:
        if row.expires_at <= now:
            return (
                f"{who} asked for it and nobody approved it in time.",
                "The worker's next round ends it",
                None,
            )
        return (
            f"{who} asks for it; nobody has approved it yet.",
            "Somebody else approves it, or it ends",
            row.expires_at,
        )
    both = f"{who} asked for it and {row.approved_by.get_username()} approved it"
    if row.begun_at is None:
        return (
            f"{both}.",
            "The worker looks again whether it still is the same, and does it; else it ends",
            row.expires_at,
        )
    return f"{both}. The worker is at it.", "The worker's rounds carry it to its end", None


def _timeline(row: Proposal) -> list[Moment]:
    found = [Moment(row.proposed_at, f"{row.proposed_by.get_username()} proposed it: {row.reason}")]
    if row.approved_by is not None:
        found.append(Moment(row.approved_at, f"{row.approved_by.get_username()} approved it"))
    if row.begun_at is not None:
        found.append(Moment(row.begun_at, "The worker began"))
    if row.ended_at is not None:
        return [*found, Moment(row.ended_at, row.outcome)]
    return (
        [*found, Moment(row.expires_at, "Over, if it has not begun by then", ahead=True)]
        if not row.begun_at
        else found
    )


def _details(row: Proposal) -> Table:
    found = [
        (name, value if isinstance(value, str) else json.dumps(value, indent=1))
        for name, value in row.details.items()
    ]
    return Table("What was asked for", ("detail", "value"), found, "it needs nothing more")


def _transactions(row: Proposal) -> Table:
    return transactions_table(transactions_of(row)[:ROWS])


def _audit(row: Proposal) -> Table:
    """By its number: a subject may have had several."""
    entries = AuditEntry.objects.filter(subject=row.subject, details__proposal=str(row.pk)).order_by("seq")[
        :20
    ]
    found = [
        (
            Link(f"#{entry.seq}", addresses.page(entry)),
            utc(entry.at),
            entry.actor,
            entry.what,
            told(entry.details),
        )
        for entry in entries
    ]
    return Table("Audit log", ("entry", "when", "who", "what", "details"), found, "nothing about it")
