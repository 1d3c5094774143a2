"""Events that are no acts get their place in the book's order (oracle/events.py)."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.db.models import Max, QuerySet

from oracle.event_models import Event
from oracle.events import EventKind
from oracle.models import BookHead, Expiry
from oracle.services import book
from protocol.resolution import Event as FoldEvent
from protocol.resolution import Moved, State

MOST_AT_ONCE = 1000
"""Placed while everybody waits for the book's lock."""


def tell_moves(head: BookHead, expiry: Expiry, state: State, events: Iterable[FoldEvent]) -> None:
    """Write down what moved an expiry, under the book's lock and behind its last entry.

    `expiry` is still the row as it was before (oracle/services/effects.py).
    """
    told: list[tuple[EventKind, Moved]] = []
    filled = state.round > expiry.round
    for move in (event for event in events if isinstance(event, Moved)):
        if filled and move.edge in _BY_A_FILL:
            told.append((EventKind.CLAIM_FILLED, move))
        if (filled or expiry.standing is None) and state.standing is not None and move.edge in _GIVES_A_PRICE:
            told.append((EventKind.STANDING, move))
        if (kind := _OF_EDGE.get(move.edge)) is not None:
            told.append((kind, move))
    if not told:
        return
    n = _last_n(head.seq)
    Event.objects.bulk_create(
        Event(
            seq=head.seq, n=n + place, key=f"{kind}:{expiry.id}:{move.edge}:{move.at}:{state.round}", kind=kind,
            expiry_id=expiry.id, at=move.at, data=_data(kind, state),
        )
        for place, (kind, move) in enumerate(told, start=1)
    )  # fmt: skip


_BY_A_FILL = "efm"
_GIVES_A_PRICE = "bgefm"
_OF_EDGE = {
    "c": EventKind.REPORTING_EXTENDED,
    "f": EventKind.BALLOT_OPENED,
    "g": EventKind.BALLOT_OPENED,
    "h": EventKind.REVEAL_OPENED,
    "j": EventKind.BALLOT_OPENED,
    "k": EventKind.RULING_OPENED,
    "m": EventKind.RULING_OPENED,
}
"""Those of the other edges are told by their own acts, or by the price that stands behind them."""


def _data(kind: EventKind, state: State) -> dict[str, str | None]:
    deadline = None if state.deadline is None else str(state.deadline)
    if kind in (EventKind.STANDING, EventKind.CLAIM_FILLED):
        return {"price": str(state.standing), "round": str(state.round), "deadline": deadline}
    if kind in (EventKind.BALLOT_OPENED, EventKind.REVEAL_OPENED):
        return {"ballot": str(state.ballot), "deadline": deadline}
    return {"deadline": deadline}


def place_waiting(*, now: int) -> int:
    """Give a place to what was noted outside of the book's lock, in the order of noting; returns how many."""
    if not _waiting().exists():
        return 0
    with transaction.atomic():
        head = book.lock_paused_or_not()  # publications go on during a pause, and nothing is appended here
        rows = list(_waiting().order_by("id")[:MOST_AT_ONCE])
        n = _last_n(head.seq)
        for place, row in enumerate(rows, start=1):
            row.seq, row.n = head.seq, n + place
            row.at = max(now, head.at) if row.at is None else row.at
        Event.objects.bulk_update(rows, ["seq", "n", "at"])
    return len(rows)


def _waiting() -> QuerySet[Event]:
    return Event.objects.filter(seq=None)


def _last_n(seq: int) -> int:
    return Event.objects.filter(seq=seq).aggregate(n=Max("n"))["n"] or 0
