"""The security margin of a price: the cost to force a wrong one against what could be gained by it (EXPERIENCE 1.4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from protocol.arithmetic import Pile
from protocol.dispute import rounds_ahead
from protocol.horizon import most_rounds
from protocol.resolution import State
from protocol.stages import Stage
from protocol.terms import PPM


@dataclass(frozen=True, slots=True)
class Security:
    """In wei. `bonds`: what the attacker must bond until a ballot opens, answered each time by somebody honest, who
    raises `answers`. `stake`: what must vote for the price to decide that ballot if the whole electorate reveals.
    `cost` is both; `gain` is what can be counted of the gain; `margin` is the cost less the gain, below 0 where an
    attack could pay, and None where more than `gain` could be gained and nobody can say how much.

    Neither bond nor stake is lost by an attack that succeeds: it is what one must own and put at risk. Where nobody
    answers inside a window, the first bond alone is enough: silence needs one honest watcher (PROTOCOL 8, limits).
    """

    bonds: int
    answers: int
    stake: int
    cost: int
    gain: int
    margin: int | None

    @property
    def could_pay(self) -> bool | None:
        """Whether an attack could gain more than it costs; None where that cannot be said."""
        if self.cost < self.gain:
            return True
        return None if self.margin is None else False


def security(
    state: State,
    piles: Sequence[Pile],
    price: int,
    *,
    electorate: int,
    gain: int,
    more: bool = False,
) -> Security | None:
    """What forcing `price` asks for now; None in the stages in which no price stands that it could replace.

    `electorate` is the seasoned stake in wei that may vote, `gain` what the price could move, `more` whether something
    moves besides that has no value in wei.
    """
    if state.stage not in (Stage.CHALLENGE, Stage.COMMIT, Stage.REVEAL):
        return None
    bonds = answers = 0
    if state.stage is Stage.CHALLENGE:
        rounds = rounds_ahead(state, piles, price, most=most_rounds(state.terms, state.round))
        bonds = sum(each.required for each in rounds[::2])
        answers = sum(each.required for each in rounds[1::2])
    agreeing = -(-electorate * max(state.terms.vote_agreement_ppm, PPM // 2) // PPM)
    cost = bonds + agreeing
    return Security(bonds, answers, agreeing, cost, gain, None if more else cost - gain)
