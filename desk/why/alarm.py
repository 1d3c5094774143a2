"""An alarm: what it means, what it stops, what to do."""

from __future__ import annotations

from desk import addresses
from desk.why.page import Ask, Link, Moment, Table, Why, alarms_and_audit
from oracle import selectors
from protocol.show import utc
from settlement.alarms import KINDS
from settlement.models import Alarm, ChainTransaction
from settlement.services.proposed import CANCEL
from settlement.stages import TransactionState
from settlement.status import stops


def explain(row: Alarm, now: int) -> Why:
    """The service raises it where a check fails, and clears it where that passes again."""
    about = next((about for kind, about in KINDS.items() if kind == row.kind), None)
    means = about.means if about else "a kind of an older version"
    stopped = stops(row)
    moments = [Moment(row.since, "Raised"), Moment(row.last_seen, "Last seen")]
    if row.cleared_at is None:
        words = f"{row.words}. It is open because {means}." + (f" It stops {stopped}." if stopped else "")
        coming = "The check that raised it clears it once it passes again; no person closes one"
    else:
        words = f"It is over: {row.cleared_why}. It said: {row.words}"
        coming = "Nothing: it is over"
        moments.append(Moment(row.cleared_at, f"Cleared: {row.cleared_why}"))
    transaction = _transaction(row)
    before = Alarm.objects.filter(kind=row.kind, subject=row.subject).exclude(pk=row.pk).order_by("-id")[:10]
    earlier = [(Link(utc(each.since), addresses.page(each)), each.words, each.cleared_why) for each in before]
    return Why(
        sentence=words,
        next=coming,
        timeline=moments,
        tables=[
            Table("Before", ("since", "words", "cleared"), earlier, "it was never raised before"),
            *(alarms_and_audit(row.subject)[1:] if row.subject else []),
        ],
        links=[Link("What to do", addresses.runbook(row.kind)), *_subject(row, transaction)],
        act=_act(transaction),
    )


def _transaction(row: Alarm) -> ChainTransaction | None:
    return (
        ChainTransaction.objects.filter(purpose=row.subject).order_by("-pk").first() if row.subject else None
    )


def _subject(row: Alarm, transaction: ChainTransaction | None) -> list[Link]:
    if transaction is not None:
        return [Link(f"Transaction for {transaction.purpose}", addresses.page(transaction))]
    expiry = selectors.find_expiry(row.subject) if row.subject else None
    return [Link(f"Expiry {expiry.slug}", addresses.page(expiry))] if expiry else []


def _act(transaction: ChainTransaction | None) -> list[Ask]:
    if transaction is None or transaction.state != TransactionState.SENT:
        return []
    return [Ask(CANCEL, "Propose to cancel it", {"transaction": transaction.pk})]
