"""One expiry as the fold of the book keeps it (protocol/book.py)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from protocol.canonical import json_hash
from protocol.payouts import Outcome
from protocol.record import MemoryRecord
from protocol.resolution import State
from protocol.reward import reward_account
from protocol.signing import Message, expiry_id
from protocol.terms import Index, InvalidTerms, Terms


@dataclass(slots=True)
class BookRecord(MemoryRecord):
    """A MemoryRecord that also knows whether an account can pay so much wei."""

    can_pay: Callable[[str, int], bool] = field(default=lambda account, amount: True)

    def covers(self, account: str, amount: int) -> bool:
        return self.can_pay(account, amount)


@dataclass(slots=True)
class Expiry:
    """`listed` are its terms before they were raised, `opened` its Opened message; no `outcome` before FINAL."""

    id: str
    index: Mapping[str, Any]
    listed: Terms
    state: State
    record: BookRecord
    head: str
    opened: Message | None = None
    outcome: Outcome | None = None
    payouts_root: str | None = None
    sealed: dict[str, tuple[int, Message]] = field(default_factory=dict)  # digest -> (seq, public message)

    def staked(self) -> list[tuple[str, int]]:
        """All that went into it, by account: stakes that stand, pledges that went back, its reward."""
        reward = self.opened["reward"] if self.opened else 0
        stakes = [(stake.account, stake.amount) for stake in self.record.stakes()]
        return [*stakes, *self.record.released(), (reward_account(self.id), reward)]


def open_listing(
    index: Mapping[str, Any], expiry_at: int, terms: Mapping[str, Any], record: BookRecord
) -> Expiry:
    """A new expiry from its index spec, its instant (unix seconds) and its terms as listed (PROTOCOL 7).

    Raises InvalidTerms where PROTOCOL 3 does not allow them, ValueError where they have no canonical JSON.
    """
    bounds, listed = Index.from_json(index), Terms.from_json(terms)
    if problems := bounds.problems() + listed.problems():
        raise InvalidTerms("; ".join(problems))
    id_ = expiry_id(json_hash(index), expiry_at, json_hash(terms))
    return Expiry(id_, index, listed, State(bounds, listed, expiry_at), record, head=id_)
