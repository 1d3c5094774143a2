"""What can happen to an expiry (PROTOCOL 5), and the codes with which it is refused.

An act names when it was received (`at`, unix seconds) and who sent it. The fold trusts that the author is
who it says: signatures are checked before (protocol/signing.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Refusal(StrEnum):
    """Why an act was refused: the last column of PROTOCOL 5 and the codes of PROTOCOL 6, one line each."""

    OUT_OF_ORDER = "out_of_order"  # older than the last act judged
    WRONG_STAGE = "wrong_stage"  # the expiry takes no such act now
    ALREADY_REPORTED = "already_reported"  # one report per account and expiry
    PRICE_OUT_OF_BOUNDS = "price_out_of_bounds"  # outside the index's bounds
    PRICE_OFF_TICK = "price_off_tick"  # no multiple of the index's tick
    BOND_OUT_OF_BOUNDS = "bond_out_of_bounds"  # below min_report_bond or above max_report_bond
    WRONG_ROUND = "wrong_round"  # meant for another round
    EXPIRED = "expired"  # received after its own `until`
    AGREES_WITH_STANDING = "agrees_with_standing"  # nothing to dispute
    PLEDGE_TOO_SMALL = "pledge_too_small"  # below min_pledge and below what is left to fill
    WRONG_BALLOT = "wrong_ballot"  # meant for another ballot
    NOT_A_VOTER = "not_a_voter"  # no seasoned stake when the first ballot opened
    ALREADY_COMMITTED = "already_committed"
    NO_COMMITMENT = "no_commitment"
    ALREADY_REVEALED = "already_revealed"
    COMMITMENT_MISMATCH = "commitment_mismatch"  # price and salt do not open the commitment
    NOT_A_CANDIDATE = "not_a_candidate"  # nobody reported, claimed or voted this price
    BAD_OUTAGE = "bad_outage"
    # The book's, checked before an expiry is asked (PROTOCOL 6).
    MALFORMED = "malformed"
    TOO_LARGE = "too_large"
    UNKNOWN_EXPIRY = "unknown_expiry"
    BAD_SIGNATURE = "bad_signature"
    INSUFFICIENT_BALANCE = "insufficient_balance"
    INSUFFICIENT_STAKE = "insufficient_stake"  # unstaking more than is staked
    STAKE_LOCKED = "stake_locked"  # an unfinished expiry still counts on this stake


@dataclass(frozen=True, slots=True)
class Opened:
    """The service opens an expiry: `value_secured` raises its bonds, `reward` (wei) waits for right reports."""

    at: int
    value_secured: int = 0
    reward: int = 0


@dataclass(frozen=True, slots=True)
class Report:
    """`price` is None while it is sealed, for whoever follows the book without knowing it yet (PROTOCOL 7)."""

    at: int
    account: str
    price: int | None
    bond: int


@dataclass(frozen=True, slots=True)
class Pledge:
    """`until` is the last second at which its author still means it; None never expires (PROTOCOL 10)."""

    at: int
    account: str
    round: int
    price: int
    amount: int
    until: int | None = None


@dataclass(frozen=True, slots=True)
class Commit:
    at: int
    account: str
    ballot: int
    commitment: str


@dataclass(frozen=True, slots=True)
class Reveal:
    """`commitment` is what price and salt hash to; the caller computes it (PROTOCOL 7), the fold compares."""

    at: int
    account: str
    ballot: int
    price: int
    commitment: str


@dataclass(frozen=True, slots=True)
class Ruling:
    at: int
    price: int


@dataclass(frozen=True, slots=True)
class Outage:
    """Nobody could act from `from_` to `to`; received at its end."""

    from_: int
    to: int

    @property
    def at(self) -> int:
        return self.to


Act = Opened | Report | Pledge | Commit | Reveal | Ruling | Outage
