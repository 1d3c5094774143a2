"""The dry run of a dispute (EXPERIENCE 1): what it costs, what it may gain, how it may go on. Nothing is signed.

Pure arithmetic over stakes that are given, in wei and prices of 18 decimals. What a claim gains is asked of the very
function that pays (protocol/payouts.py), so that the two cannot differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import gcd

from protocol.arithmetic import Stake, agree, required
from protocol.payouts import pay_stakes
from protocol.resolution import State
from protocol.stages import DecidedBy
from protocol.terms import PPM

ROUNDS_AHEAD = 4
MINE, OTHERS = "mine", "others"
"""No addresses: who asks, and whoever has pledged on the same claim before."""


@dataclass(frozen=True, slots=True)
class Round:
    """One round of an escalation: whose price must be bonded, with how much wei, and whether that opens a ballot."""

    round: int
    price: int
    required: int
    opens_ballot: bool


@dataclass(frozen=True, slots=True)
class Probability:
    """An exact fraction in lowest terms, and the same in ppm, rounded up."""

    numerator: int
    denominator: int
    ppm: int


@dataclass(frozen=True, slots=True)
class Quote:
    """A claim at `price` against the standing price. Amounts in wei.

    `required` is the whole bond, `left` what is missing to fill it now; `at_risk` is what the one who asks puts in of
    that, lost if the claim is wrong. `gain` is what it earns if this price becomes final by silence or vote with
    nothing bonded after it, exact but for one wei where others have pledged on the claim before. `break_even` is the
    least probability of being right at which the bet does not lose. `rounds` begins with this claim; then each side
    answers the other at its own price.
    """

    price: int
    standing: int | None
    required: int
    left: int
    at_risk: int
    gain: int
    break_even: Probability
    rounds: tuple[Round, ...]


def quote(
    state: State,
    stakes: Sequence[Stake],
    price: int,
    *,
    pledged: int = 0,
    bond: int | None = None,
    amount: int | None = None,
) -> Quote:
    """What disputing the standing price with `price` means now.

    `stakes` are all reports and the pledges of filled claims; `bond` is what an open claim at this price requires in
    the running round (None: worked out here), `pledged` what it has already, `amount` what is put in of the rest
    (None: all of it), while others fill up the claim.
    """
    rounds = rounds_ahead(state, stakes, price, bond=bond)
    whole = rounds[0].required
    left = whole - pledged
    at_risk = left if amount is None else min(amount, left)
    gain = net(state, stakes, price, price, at_risk, of_others=whole - at_risk)
    return Quote(
        price, state.standing, whole, left, at_risk, gain, probability(at_risk, at_risk + gain), rounds
    )


def net(
    state: State, stakes: Sequence[Stake], price: int, final: int, amount: int, *, of_others: int = 0
) -> int:
    """What a pledge of `amount` wei on a filled claim at `price` gains (or loses, below 0) if `final` becomes final.

    By silence or by vote: both pay stakes alike (PROTOCOL 6, rules 1 and 2). `of_others` is the rest of the claim.
    """
    mine = [Stake(OTHERS, price, of_others, is_pledge=True)] if of_others else []
    everyone = [*stakes, *mine, Stake(MINE, price, amount, is_pledge=True)]
    judged = any(agree(stake.price, final, state.terms.tolerance_ppm) for stake in everyone)
    paid, _, _ = pay_stakes(replace(state, decided_by=DecidedBy.SILENCE), final, everyone, judged)
    return sum(part for account, part in paid if account == MINE) - amount


def probability(part: int, whole: int) -> Probability:
    """`part` of `whole`; 0 of 1 where there is nothing."""
    if whole == 0:
        return Probability(0, 1, 0)
    common = gcd(part, whole)
    return Probability(part // common, whole // common, -(-part * PPM // whole))


def rounds_ahead(
    state: State,
    stakes: Sequence[Stake],
    price: int,
    *,
    bond: int | None = None,
    most: int = 1 + ROUNDS_AHEAD,
) -> tuple[Round, ...]:
    """How an escalation between `price` and the standing price goes on, for `most` rounds or until a ballot opens."""
    terms, standing = state.terms, list(stakes)
    sides = [price, state.standing]
    rounds: list[Round] = []
    for ahead in range(most):
        side = sides[ahead % 2]
        if side is None:
            break
        known = bond if ahead == 0 else None
        need = required(side, standing, state.round + ahead, terms) if known is None else known
        opens_ballot = need == terms.arbitration_bond
        rounds.append(Round(state.round + ahead + 1, side, need, opens_ballot))
        if opens_ballot:
            break
        standing.append(Stake("", side, need, is_pledge=True))
    return tuple(rounds)
