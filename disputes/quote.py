"""The dry run of a dispute (EXPERIENCE 1): what it costs, what it may gain, how it may go on. Nothing is signed.

Arithmetic of protocol/arithmetic.py alone, over stakes that are given: no database, no clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from protocol.arithmetic import Stake, agree, forfeit, required
from protocol.resolution import State
from protocol.terms import PPM

ROUNDS_AHEAD = 4


@dataclass(frozen=True, slots=True)
class Round:
    """One round of an escalation: whose price must be bonded, with how much wei, and whether that opens a ballot."""

    round: int
    price: int
    required: int
    opens_ballot: bool


@dataclass(frozen=True, slots=True)
class Quote:
    """A claim at `price` against the standing price. Amounts in wei.

    `left` is what is missing to fill the claim now; `at_risk` is the whole bond, lost if the claim is wrong;
    `gain` is what the whole bond earns if its price becomes final by silence or vote with nothing bonded after it;
    `break_even_ppm` is the least probability of being right at which that bet does not lose, rounded up.
    `rounds` begins with this claim; then each side answers the other at its own price.
    """

    price: int
    standing: int | None
    left: int
    at_risk: int
    gain: int
    break_even_ppm: int
    rounds: tuple[Round, ...]


def quote(
    state: State, stakes: Sequence[Stake], price: int, *, pledged: int = 0, bond: int | None = None
) -> Quote:
    """What disputing the standing price with `price` means now.

    `stakes` are all reports and the pledges of filled claims; `bond` is what an open claim at this price requires in
    the running round (None: worked out here), `pledged` what it has already.
    """
    rounds = _rounds(state, stakes, price, bond)
    risk = rounds[0].required
    gain = _gain(state, stakes, price, risk)
    return Quote(price, state.standing, risk - pledged, risk, gain, -(-risk * PPM // (risk + gain)), rounds)


def _gain(state: State, stakes: Sequence[Stake], price: int, bond: int) -> int:
    """The bond's share of the forfeits, less the fee (PROTOCOL 6, rule 1)."""
    lost = sum(forfeit(stake, price, state.terms) for stake in stakes)
    right = sum(s.amount for s in stakes if agree(s.price, price, state.terms.tolerance_ppm))
    return (lost - lost * state.terms.fee_ppm // PPM) * bond // (right + bond)


def _rounds(state: State, stakes: Sequence[Stake], price: int, bond: int | None) -> tuple[Round, ...]:
    terms, standing = state.terms, list(stakes)
    sides = [price, state.standing]
    rounds: list[Round] = []
    for ahead in range(1 + ROUNDS_AHEAD):
        side = sides[ahead % 2]
        if side is None:
            break
        need = (
            bond if ahead == 0 and bond is not None else required(side, standing, state.round + ahead, terms)
        )
        opens_ballot = need == terms.arbitration_bond
        rounds.append(Round(state.round + ahead + 1, side, need, opens_ballot))
        if opens_ballot:
            break
        standing.append(Stake("", side, need, is_pledge=True))
    return tuple(rounds)
