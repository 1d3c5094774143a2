"""A webhook: whether it takes what we send, and what happens where it does not (docs/alerts.md)."""

from __future__ import annotations

from alerts.models import Delivery, Hook
from alerts.services.hooks import FAILURE_SECONDS
from desk import addresses
from desk.why.page import ROWS, Link, Moment, Table, Why, alarms_and_audit
from protocol.show import duration, utc


def explain(row: Hook, now: int) -> Why:
    """It is its owner's: operators see that it fails, and neither its secret nor what it was told."""
    sentence, coming, at = _state(row)
    moments = [(row.failing_since, "The first failure since the last success"), (row.disabled_at, "Given up")]
    return Why(
        sentence=sentence,
        next=coming,
        at=at,
        timeline=[Moment(when, text) for when, text in moments if when is not None],
        tables=[_deliveries(row), alarms_and_audit(str(row.pk), row.url)[1]],
        links=[
            Link("Its owner's account", f"/accounts/{row.account}/"),
            Link("How webhooks are sent", addresses.document("alerts.md")),
        ],
    )


def _state(row: Hook) -> tuple[str, str, int | None]:
    if row.disabled_at is not None:
        words = "It was given up: nothing is sent there any more. Its owner was told by mail, where they have one."
        return words, "Its owner enables it again; operators need do nothing", None
    if row.failing_since is None:
        return "It takes what we send.", "The next event that it follows", None
    last = row.failing_since + FAILURE_SECONDS
    words = f"It has taken nothing since {utc(row.failing_since)}. Everything else goes on."
    return words, f"A success; without one in {duration(FAILURE_SECONDS)} it is given up", last


def _deliveries(row: Hook) -> Table:
    """What came of each try, not what was sent: that is its owner's."""
    newest = Delivery.objects.filter(hook=row).order_by("-pk")[:ROWS]
    found = [(str(each.uid), each.purpose, each.state, utc(each.next_at)) for each in newest]
    return Table("Deliveries, newest first", ("id", "what", "state", "next try"), found, "none was ever due")
