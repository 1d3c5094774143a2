"""The dry run of a dispute (EXPERIENCE 1): what it costs, what it may gain, how it may go on. Nothing is signed.

Pure arithmetic over piles of stakes that are given, in wei and prices of 18 decimals. What a claim gains is worked out
for it alone; tests hold it against what settling the expiry pays (protocol/payouts.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import gcd

from protocol import arithmetic
from protocol.arithmetic import Pile, agree, forfeit
from protocol.resolution import State
from protocol.terms import PPM, Terms

ROUNDS_AHEAD = 4


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
    piles: Sequence[Pile],
    price: int,
    *,
    pledged: int = 0,
    bond: int | None = None,
    amount: int | None = None,
) -> Quote:
    """What disputing the standing price with `price` means now.

    `piles` are all reports and the pledges of filled claims; `bond` is what an open claim at this price requires in
    the running round (None: worked out here), `pledged` what it has already, `amount` what is put in of the rest
    (None: all of it), while others fill up the claim.
    """
    rounds = rounds_ahead(state, piles, price, bond=bond)
    whole = rounds[0].required
    left = whole - pledged
    at_risk = left if amount is None else min(amount, left)
    gain = net(state, piles, price, price, at_risk, of_others=whole - at_risk)
    return Quote(
        price, state.standing, whole, left, at_risk, gain, probability(at_risk, at_risk + gain), rounds
    )


def net(
    state: State, piles: Sequence[Pile], price: int, final: int, amount: int, *, of_others: int = 0
) -> int:
    """What a pledge of `amount` wei on a filled claim at `price` gains (or loses, below 0) if `final` becomes final.

    By silence or by vote: both pay stakes alike (PROTOCOL 6, rules 1 and 2). `of_others` is the rest of the claim.
    """
    terms, mine = state.terms, Pile(price, amount, is_pledge=True)
    others = [*piles, Pile(price, of_others, is_pledge=True)] if of_others else piles
    lost = forfeit(mine, final, terms)
    right = [pile for pile in others if agree(pile.price, final, terms.tolerance_ppm)]
    if agree(price, final, terms.tolerance_ppm):
        forfeits = sum(forfeit(pile, final, terms) * pile.count for pile in others)
        return _part(mine, right, forfeits - forfeits * terms.fee_ppm // PPM)
    return -lost if right else -(lost * terms.fee_ppm // PPM)


def _part(mine: Pile, others: Sequence[Pile], pool: int) -> int:
    """What `arithmetic.share` gives the last of these stakes, `mine`, of `pool` wei: ties go to those before it."""
    total = sum(pile.amount * pile.count for pile in others) + mine.amount
    part, remainder = divmod(pool * mine.amount, total)
    floors, ahead = part, 0
    for pile in others:
        floor, rest = divmod(pool * pile.amount, total)
        floors += floor * pile.count
        ahead += pile.count if rest >= remainder else 0
    return part + (1 if ahead < pool - floors else 0)


def probability(part: int, whole: int) -> Probability:
    """`part` of `whole`; 0 of 1 where there is nothing."""
    if whole == 0:
        return Probability(0, 1, 0)
    common = gcd(part, whole)
    return Probability(part // common, whole // common, -(-part * PPM // whole))


def rounds_ahead(
    state: State,
    piles: Sequence[Pile],
    price: int,
    *,
    bond: int | None = None,
    most: int = 1 + ROUNDS_AHEAD,
) -> tuple[Round, ...]:
    """How an escalation between `price` and the standing price goes on, for `most` rounds or until a ballot opens."""
    terms, sides = state.terms, [side for side in (price, state.standing) if side is not None]
    weighed = [_weigh(side, piles, terms) for side in sides]
    rounds: list[Round] = []
    for ahead in range(most if len(sides) == 2 else 1):
        at = ahead % 2
        known = bond if ahead == 0 else None
        need = arithmetic.bond(*weighed[at], state.round + ahead, terms) if known is None else known
        opens_ballot = need == terms.arbitration_bond
        rounds.append(Round(state.round + ahead + 1, sides[at], need, opens_ballot))
        if opens_ballot:
            break
        filled = [Pile(sides[at], need, is_pledge=True)]
        for n, side in enumerate(sides):
            wrong, agreeing = _weigh(side, filled, terms)
            weighed[n] = (weighed[n][0] + wrong, weighed[n][1] + agreeing)
    return tuple(rounds)


def _weigh(price: int, piles: Sequence[Pile], terms: Terms) -> tuple[int, int]:
    """What others would lose to `price`, and what is staked on it, as `arithmetic.required` counts them."""
    wrong = agreeing = 0
    for pile in piles:
        if agree(pile.price, price, terms.tolerance_ppm):
            agreeing += pile.amount * pile.count
        else:
            wrong += forfeit(pile, price, terms) * pile.count
    return wrong, agreeing
