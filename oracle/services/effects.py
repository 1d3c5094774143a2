"""What an act or a deadline brings about: bonds move, electorates and finals become entries of the book."""

from __future__ import annotations

from collections.abc import Iterable

from ledger import names
from ledger.models import Reason
from ledger.services import Move, post
from oracle.models import BookHead, Expiry
from oracle.projection import store_state
from oracle.record import DatabaseRecord
from oracle.services.book import append, sign_as_service
from oracle.services.events import tell_moves
from protocol.merkle import electorate_root, payouts_root
from protocol.payouts import Outcome, settle
from protocol.resolution import Event, Released, Staked, State
from protocol.stages import Stage


def carry_out(
    head: BookHead,
    expiry: Expiry,
    state: State,
    record: DatabaseRecord,
    events: Iterable[Event],
    *,
    cause: str,
) -> None:
    """Move the bonds that the fold's events name, and write the service's acts that follow from them.

    `expiry` is still the row as it was before: what the two differ in is what has just happened, and is saved.
    `cause` names the act or the deadline, once per expiry: no retry can move the same bonds again.
    """
    opened_first_ballot = _has_electorate(state) and not _has_electorate_row(expiry)
    became_final = state.stage is Stage.FINAL and expiry.stage != Stage.FINAL
    moves = _moves(expiry.id, cause, events)
    if moves:
        post(moves, at=head.clock, entry=head.seq)
    if opened_first_ballot:
        root = electorate_root(dict(record.electorate()))
        message = {"expiry": expiry.id, "seq": head.seq, "root": root}
        append(head, sign_as_service("Electorate", message), expiry)
    tell_moves(head, expiry, state, events)
    store_state(state, expiry)
    if became_final:
        assert state.final_at is not None
        _pay(head, expiry, settle(state, record), record, state.final_at)


def _has_electorate(state: State) -> bool:
    """Whether an electorate has been taken, be it an empty one: then the ruling opened at once."""
    return state.ballot > 0 or state.stage is Stage.RULING


def _has_electorate_row(expiry: Expiry) -> bool:
    return expiry.ballot > 0 or expiry.stage == Stage.RULING


def _moves(expiry_id: str, cause: str, events: Iterable[Event]) -> list[Move]:
    pot = names.expiry(expiry_id)
    moves = []
    for place, event in enumerate(events):
        key = f"{expiry_id}:{cause}:{place}"
        if isinstance(event, Staked):
            moves.append(Move(names.free(event.account), pot, event.amount, key, Reason.LOCK))
        elif isinstance(event, Released):
            moves.append(Move(pot, names.free(event.account), event.amount, key, Reason.RELEASE))
    return moves


def _pay(head: BookHead, expiry: Expiry, outcome: Outcome, record: DatabaseRecord, at: int) -> None:
    """Pay an outcome in full and leave nothing in the expiry's account (I-6). Effective when it became final."""
    message = {"expiry": expiry.id, "price": expiry.price, "payouts": payouts_root(outcome.payouts)}
    append(head, sign_as_service("Final", message), expiry)
    pot = names.expiry(expiry.id)
    moves = []
    for account, change in outcome.stake_changes.items():
        if change < 0:
            moves.append(
                Move(names.stake(account), pot, -change, _key(expiry, "slash", account), Reason.SLASH)
            )
        else:
            key = _key(expiry, "voter", account)
            moves.append(Move(pot, names.stake(account), change, key, Reason.VOTER_REWARD))
    due = dict(outcome.payouts)
    for account, amount in record.released():
        due[account] -= amount
    for account, amount in due.items():
        moves.append(Move(pot, names.free(account), amount, _key(expiry, "payout", account), Reason.PAYOUT))
    moves.append(Move(pot, names.TREASURY, outcome.treasury, _key(expiry, "fee", ""), Reason.FEE))
    post(moves, at=at, entry=head.seq)


def _key(expiry: Expiry, what: str, account: str) -> str:
    return f"{expiry.id}:{what}:{account}"
