"""What a simulated dispute means, in sentences (EXPERIENCE 1.2 to 1.4)."""

from __future__ import annotations

from collections.abc import Sequence

from oracle.models import Expiry
from oracle.services.answer import REASONS
from pages.terms_words import percent
from protocol.acts import Refusal
from protocol.dispute import Quote
from protocol.materiality import Value
from protocol.security import Security
from protocol.show import cut, decimal, ether
from protocol.stages import Stage
from protocol.terms import Terms
from protocol.value_secured import collateral_rate
from settlement.margin import Forced
from settlement.models import ETH, Series
from settlement.simulation import Moved, Simulated

ROWS = 20
NO_RATE = " The terms have no rate for what is not in ETH: nobody can say here what that is worth."


def materiality(sim: Simulated) -> str:
    """What the counter-price would move between holders, over all series."""
    if sim.standing is None:
        return "No price stands yet: there is nothing that a counter-price would change."
    if all(_pay_the_same(each) for each in sim.moved):
        return "No payout changes: at both prices every P and every N pays the same."
    if sim.value is None:
        return "How many units are out is not counted yet, so nobody can say here how much would move."
    if not any(each.moved for each in sim.moved):
        return "No unit of any series is out: no payout changes."
    return (
        f"If {decimal(sim.ask.price)} took the place of {decimal(sim.standing)}, payouts worth"
        f" {_amounts(sim.value, sim)} would change hands between holders of P and of N."
        f"{NO_RATE if sim.value.unrated else ''}"
    )


def _pay_the_same(each: Moved) -> bool:
    standing, counter = each.payouts["standing"], each.payouts["counter"]
    if standing is None or counter is None:
        return False
    return (standing.p, standing.n) == (counter.p, counter.n)


def _amounts(value: Value, sim: Simulated) -> str:
    """`20 ETH`; with what has no rate, `20 ETH and 40,000 of 0x5e5e5e5e…5e5e`."""
    decimals = {each.series.collateral: each.series.decimals for each in sim.moved}
    tokens = [f"{cut(amount, decimals[token])} of {short(token)}" for token, amount in value.unrated.items()]
    ether = [f"{cut(value.rated)} ETH"] if value.rated or not tokens else []
    return " and ".join([*ether, *([_listed(tokens)] if tokens else [])])


def short(address: str) -> str:
    """A token's address within a sentence."""
    return f"{address[:8]}…{address[-4:]}"


def moves(each: Moved) -> str:
    """`95.57 ETH from N to P`; what cannot be said, a dash."""
    if each.moved is None:
        return "–"
    if each.moved == 0:
        return "no payout changes"
    token = each.series.collateral
    unit = "ETH" if token == ETH else f"of {short(token)}"
    amount = cut(abs(each.moved), each.series.decimals)
    return f"{amount} {unit} from {'N to P' if each.moved > 0 else 'P to N'}"


def most_moved(sim: Simulated) -> list[Moved]:
    """At most `ROWS` series: those that move most, counted in whole units, by strike as they were."""
    heaviest = sorted(sim.moved, key=_whole_units, reverse=True)
    chosen = {each.series.address for each in heaviest[:ROWS]}
    return [each for each in sim.moved if each.series.address in chosen]


def left_out(sim: Simulated) -> int:
    """How many series `most_moved` leaves out."""
    return max(len(sim.moved) - ROWS, 0)


def _whole_units(each: Moved) -> int:
    return -1 if each.moved is None else abs(each.moved) * 10**18 // each.unit


def quote_rows(quote: Quote) -> list[tuple[str, str]]:
    """What a claim costs and gains: a label and a number with its unit."""
    return [
        ("Required now", ether(quote.required)),
        ("Left to fill", ether(quote.left)),
        ("At risk", ether(quote.at_risk)),
        ("Gain if right", ether(quote.gain)),
        ("Break-even", percent(quote.break_even.ppm)),
    ]


def verdict(found: Security, what: str) -> str:
    """Whether forcing `what` could pay: a sign, and the same in words."""
    if found.could_pay is None:
        return f"? Whether forcing {what} could pay cannot be said."
    return f"✗ Forcing {what} could pay." if found.could_pay else f"✓ Forcing {what} costs more than it could gain."


def could_gain(forced: Forced, sim: Simulated) -> str:
    """What whoever forces a price could gain by it."""
    found = forced.security
    if forced.value is not None:
        if not (forced.value.rated or forced.value.unrated):
            return "It would move nothing."
        return f"It would move {_amounts(forced.value, sim)}.{NO_RATE if forced.value.unrated else ''}"
    besides = " Tokens for which the terms have no rate come on top." if found.margin is None else ""
    return (
        "How many units are out is not counted yet: all that the expiry secured,"
        f" {cut(found.gain)} ETH, stands for what it could move.{besides}"
    )


def at_stake(sim: Simulated) -> str:
    return at_stake_on(sim.expiry, [each.series for each in sim.moved])


def at_stake_on(expiry: Expiry, series: Sequence[Series]) -> str:
    """While no price stands: what a wrong one could move at most. Empty before it has opened, and without series."""
    if expiry.standing or expiry.price or expiry.value_secured is None or not series:
        return ""
    rates = Terms.from_json(expiry.terms).value_rates
    tokens = dict.fromkeys(short(row.collateral) for row in series if not collateral_rate(row.collateral, rates))
    besides = f", without {_listed(list(tokens))}, for which the terms have no rate" if tokens else ""
    return (
        "No price stands yet, so there is no margin to give. At stake is at most the collateral of all series:"
        f" {cut(expiry.value_secured)} ETH in the mean of the day before the instant, the value secured{besides}."
    )


def _listed(words: Sequence[str], most: int = 3) -> str:
    """With a comma between them, the rest as a number."""
    return ", ".join(words[:most]) + (f" and {len(words) - most} more tokens" if len(words) > most else "")


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
