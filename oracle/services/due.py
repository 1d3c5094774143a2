"""What is due by the time an act or a tick arrives; everything here runs under the book's lock.

Order matters to electorates, so it is the same for everybody: the gap in the book first (nobody could act in it),
then one deadline at a time over all expiries, by deadline and id (protocol/book.py follows the same order).
"""

from __future__ import annotations

import structlog

from ledger import names
from ledger.models import Reason
from ledger.services import Move, post
from oracle.models import BookHead, Expiry, Unbonding
from oracle.projection import load_state
from oracle.record import DatabaseRecord
from oracle.services.book import DATABASE_GONE, BookHalted, append, sign_as_service
from oracle.services.effects import carry_out
from protocol.messages import to_act
from protocol.resolution import judge, pass_time
from protocol.stages import Stage

log = structlog.get_logger(__name__)

NEVER = 2**62

LOOK = 100
"""Rows in one look for what is due."""

OUTAGE_SECONDS = 180
"""A longer silence of the book is an outage (PROTOCOL 2)."""


class ExpiryStuck(BookHalted):
    """A deadline cannot be processed. The book stands still: who follows it would contradict one that skipped it."""


def process_due(head: BookHead, *, most: int = NEVER) -> int:
    """Record a gap as an outage, then process everything due at `head.clock`; returns how many things were due.

    At `most` deadlines it stops, for the caller to let others at the lock and come again. Whoever comes first goes on
    where it stopped, for all are told again by their deadline; only what a gap left behind is done in one go, since
    the next sign of life would cover the gap.
    """
    gap_from, gap_to = head.life_at, head.clock
    passed = 0
    if gap_from and gap_to - gap_from > OUTAGE_SECONDS:
        passed += _pass_deadlines(head, gap_from)
        _record_outages(head, gap_from, gap_to)
    if head.due_at <= head.clock:
        passed += _pass_deadlines(head, head.clock, most - passed)
        if passed < most:
            passed += _free_unbonded(head)
            head.due_at = _next_due_at()
    return passed


def expect(head: BookHead, at: int | None) -> None:
    """Something will be due at `at`; nothing that is due may be later than the head thinks."""
    if at is not None:
        head.due_at = min(head.due_at, at)


def _next_due_at() -> int:
    deadline = (
        Expiry.objects.filter(deadline__isnull=False).order_by("deadline").values_list("deadline", flat=True)
    )
    unbonding = Unbonding.objects.filter(done=False).order_by("due_at").values_list("due_at", flat=True)
    return min(deadline.first() or NEVER, unbonding.first() or NEVER)


def _record_outages(head: BookHead, start: int, end: int) -> None:
    running = Expiry.objects.exclude(stage__in=[Stage.SCHEDULED, Stage.FINAL]).order_by("id")
    for expiry in running.select_related("index").select_for_update(of=("self",)):
        message = {"expiry": expiry.id, "from": start, "to": end}
        state, record = load_state(expiry), DatabaseRecord(expiry)
        verdict = judge(state, record, to_act("Outage", message, end))
        assert verdict.refusal is None, f"our own outage of {expiry.slug} was refused: {verdict.refusal}"
        append(head, sign_as_service("Outage", message), expiry)
        carry_out(head, expiry, state, record, verdict.events, cause=f"outage:{end}")


def _pass_deadlines(head: BookHead, until: int, most: int = NEVER) -> int:
    """Process every deadline <= `until`, one at a time, at most so many; returns how many there were."""
    passed = 0
    while most > passed and (due := _next_due(until, most - passed)):
        for place, expiry in enumerate(due, start=1):
            _pass_deadline(head, expiry)
            passed += 1
            if place < len(due) and _comes_before(expiry, due[place]):
                break  # its next deadline is due as well, and before the others'
    return passed


def _pass_deadline(head: BookHead, expiry: Expiry) -> None:
    deadline = expiry.deadline
    assert deadline is not None
    try:
        state, record = load_state(expiry), DatabaseRecord(expiry)
        events = pass_time(state, record, deadline)
        carry_out(head, expiry, state, record, events, cause=f"deadline:{deadline}")
    except DATABASE_GONE:
        raise  # no fault of this expiry
    except Exception as error:
        log.critical("expiry.stuck", expiry=expiry.slug, deadline=deadline, exc_info=True)
        raise ExpiryStuck(
            f"A deadline of {expiry.slug} cannot be processed, so nothing was done. Send it again once the operator"
            " has put it right: no window runs meanwhile."
        ) from error


def _comes_before(expiry: Expiry, other: Expiry) -> bool:
    """By deadline and id; one without a deadline never does."""
    if expiry.deadline is None or other.deadline is None:
        return False
    return (expiry.deadline, expiry.id) < (other.deadline, other.id)


def _next_due(until: int, most: int) -> list[Expiry]:
    """Many at a time: what this transaction has moved stays in the index, and each look would walk past all of it."""
    due = Expiry.objects.filter(deadline__lte=until).order_by("deadline", "id")
    return list(due.select_related("index").select_for_update(of=("self",))[: min(most, LOOK)])


def _free_unbonded(head: BookHead) -> int:
    """Unstaked money whose delay is over becomes free, effective when it was due."""
    due = list(Unbonding.objects.filter(done=False, due_at__lte=head.clock).order_by("due_at", "act_id"))
    for unbonding in due:
        key = f"unbonded:{unbonding.act_id}"
        source, target = names.unbonding(unbonding.account), names.free(unbonding.account)
        move = Move(source, target, unbonding.amount, key, Reason.UNBONDED)
        post([move], at=unbonding.due_at, entry=unbonding.act_id)
    Unbonding.objects.filter(pk__in=[unbonding.pk for unbonding in due]).update(done=True)
    return len(due)
