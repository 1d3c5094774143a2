"""What a dispute would cost, gain and change, before anybody bonds (EXPERIENCE 1.2 to 1.4). No chain is asked here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from disputes import selectors as disputes
from oracle import stakes
from oracle.models import Claim, Expiry
from oracle.projection import load_state
from oracle.record import DatabaseRecord
from protocol.acts import Refusal
from protocol.arithmetic import Pile
from protocol.dispute import Quote, net
from protocol.materiality import Value, moved_to_p
from protocol.payoff import redeem_n, redeem_p
from protocol.record import Claim as FoldClaim
from protocol.resolution import State
from protocol.stages import Stage
from settlement.margin import Forced, Known
from settlement.models import Series
from settlement.selectors import counted_units, series_of


@dataclass(frozen=True, slots=True)
class Ask:
    """A counter-price, with 18 decimals, and what is played through: what becomes final in the end (the counter-price
    itself where left out), how much wei one pledges of the bond (all that is left), and how many base units of P and
    N are out, by the address of their series (what final blocks say, where that is counted).
    """

    price: int
    final: int | None = None
    amount: int | None = None
    units: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True)
class Payout:
    """What one whole P and one whole N pay at a price, in base units of the collateral."""

    price: int
    p: int
    n: int


@dataclass(frozen=True, slots=True)
class Moved:
    """One series: `payouts` at the price that stands, the counter-price, and `final`. `moved` is what goes from all N
    to all P if the counter-price takes the standing price's place, below 0 the other way; None where nobody knows
    `units`.
    """

    series: Series
    unit: int
    payouts: Mapping[str, Payout | None]
    units: int | None
    moved: int | None


@dataclass(frozen=True, slots=True)
class Simulated:
    """`quote` and `net` (wei gained, below 0 lost, if `final` becomes final) are None where nobody could bond, for
    `refusal`. `value` is what the counter-price moves over all series; None where units are not known. `forced` is what
    forcing it takes, `worst` the same for the wrong price with the least margin, which is the expiry's own: None where
    there is nothing to force (settlement/margin.py).
    """

    expiry: Expiry
    ask: Ask
    standing: int | None
    quote: Quote | None
    refusal: Refusal | None
    net: int | None
    moved: Sequence[Moved]
    value: Value | None
    forced: Forced | None
    worst: Forced | None


class Played(DatabaseRecord):
    """A record that reads its stakes once, and asks for no claim where `claims` has all that are open, by price."""

    def __init__(self, expiry: Expiry, claims: Mapping[int, Claim] | None = None) -> None:
        super().__init__(expiry)
        self.claims = claims
        self._piles: Sequence[Pile] | None = None

    def piles(self) -> Sequence[Pile]:
        if self._piles is None:
            self._piles = super().piles()
        return self._piles

    def claim_at(self, price: int) -> FoldClaim | None:
        if self.claims is None:
            return super().claim_at(price)
        row = self.claims.get(price)
        return FoldClaim(row.price, row.required, row.round, row.pledged) if row else None


def simulate(
    expiry: Expiry,
    ask: Ask,
    *,
    series: Sequence[Series] | None = None,
    counted: Mapping[str, int] | None = None,
    record: Played | None = None,
) -> Simulated:
    """Play a dispute through; `expiry.index` should have been selected with it. Five queries at most, fewer where the
    caller has read the factory's `series`, the units that are `counted` of them, or a `record` already."""
    state, record = load_state(expiry), record or Played(expiry)
    standing = state.standing if state.price is None else state.price
    found = disputes.dispute_quote(expiry, ask.price, amount=ask.amount, record=record)
    quote = None if isinstance(found, Refusal) else found
    series = series_of(expiry.id) if series is None else series
    units = {**(counted_units(series) if counted is None else counted), **(ask.units or {})}
    known = _known(state, standing, record, series, units)
    forced = known.forced(ask.price)
    return Simulated(
        expiry=expiry,
        ask=ask,
        standing=standing,
        quote=quote,
        refusal=found if isinstance(found, Refusal) else None,
        net=None if quote is None else _net(state, known.placed, quote, ask),
        moved=[_moved(row, standing, ask, units.get(row.address)) for row in series],
        value=known.value(ask.price),
        forced=forced,
        worst=known.worst(forced),
    )


def _known(
    state: State, standing: int | None, record: Played, series: Sequence[Series], units: Mapping[str, int]
) -> Known:
    """Stakes and seasoned stake are asked for only where claims can still be bonded: a ballot has its electorate."""
    bonding = state.stage is Stage.CHALLENGE
    return Known(
        state=state,
        standing=standing,
        placed=record.piles() if bonding else [],
        electorate=stakes.weight(expiry_at=state.expiry_at) if bonding else state.electorate_weight,
        series=series,
        units=units,
        secured=record.expiry.value_secured or 0,
    )


def _net(state: State, placed: Sequence[Pile], quote: Quote, ask: Ask) -> int:
    if ask.final is None:
        return quote.gain
    return net(state, placed, ask.price, ask.final, quote.at_risk, of_others=quote.required - quote.at_risk)


def _moved(row: Series, standing: int | None, ask: Ask, units: int | None) -> Moved:
    known = units is not None and standing is not None
    prices = {"standing": standing, "counter": ask.price, "final": ask.final}
    return Moved(
        series=row,
        unit=10**row.decimals,
        payouts={name: None if price is None else _payout(row, price) for name, price in prices.items()},
        units=units,
        moved=moved_to_p(units, row.strike, standing, ask.price) if known else None,  # type: ignore[arg-type]
    )


def _payout(row: Series, price: int) -> Payout:
    unit = 10**row.decimals
    return Payout(price, redeem_p(unit, row.strike, price), redeem_n(unit, row.strike, price))
