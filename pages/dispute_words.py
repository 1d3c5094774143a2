"""What a simulated dispute means, in sentences (EXPERIENCE 1.2)."""

from __future__ import annotations

from oracle.services.answer import REASONS
from protocol.acts import Refusal
from protocol.show import cut, decimal
from protocol.stages import Stage
from settlement.models import ETH
from settlement.simulation import Moved, Simulated


def materiality(sim: Simulated) -> str:
    """What the counter-price would move between holders, over all series."""
    if sim.standing is None:
        return "No price stands yet: there is nothing that a counter-price would change."
    if all(_pay_the_same(each) for each in sim.moved):
        return "No payout changes: at both prices every P and every N pays the same."
    if any(each.moved is None for each in sim.moved):
        return "How many units are out is not counted yet, so nobody can say here how much would move."
    if sim.moved_value == 0 and not any(each.moved for each in sim.moved):
        return "No unit of any series is out: no payout changes."
    return (
        f"If {decimal(sim.ask.price)} took the place of {decimal(sim.standing)},"
        f" payouts worth {cut(sim.moved_value)} ETH would change hands between holders of P and of N."
    )


def _pay_the_same(each: Moved) -> bool:
    standing, counter = each.payouts["standing"], each.payouts["counter"]
    if standing is None or counter is None:
        return False
    return (standing.p, standing.n) == (counter.p, counter.n)


def moves(each: Moved) -> str:
    """`95.57 ETH from N to P`; what cannot be said, a dash."""
    if each.moved is None:
        return "–"
    if each.moved == 0:
        return "no payout changes"
    amount = cut(abs(each.moved), each.series.decimals)
    unit = " ETH" if each.series.collateral == ETH else ""
    return f"{amount}{unit} from {'N to P' if each.moved > 0 else 'P to N'}"


def why_refused(refusal: Refusal, stage: str) -> str:
    """Why nobody could bond this price now."""
    if refusal is Refusal.WRONG_STAGE:
        return _CLOSED[Stage(stage)]
    if refusal is Refusal.AGREES_WITH_STANDING:
        return "This price agrees with the one that stands: there is nothing to dispute."
    return REASONS[refusal]


_CLOSED = {
    Stage.SCHEDULED: "It is not open yet: no price stands that could be disputed.",
    Stage.REPORTING: "Reports are still sealed: no price stands that could be disputed.",
    Stage.CHALLENGE: "A claim can be bonded now.",
    Stage.COMMIT: "Bonds can no longer change the price: a ballot runs, and voters decide.",
    Stage.REVEAL: "Bonds can no longer change the price: a ballot runs, and voters decide.",
    Stage.RULING: "Bonds can no longer change the price: the guardians decide.",
    Stage.FINAL: "The price is final: nothing can be disputed any more.",
}
