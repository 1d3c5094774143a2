"""What it would take to force a price, and what that could gain: of one price, and of an expiry (EXPERIENCE 1.4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from protocol.arithmetic import Pile, agree
from protocol.materiality import Value, farthest, moved_to_p, value_of
from protocol.resolution import State, price_refusal
from protocol.security import Security, security
from protocol.value_secured import collateral_rate
from settlement.models import Series


@dataclass(frozen=True, slots=True)
class Forced:
    """Forcing `price`: `value` is what moves, None where the units of a series are not known. The gain that `security`
    counts is then all that the expiry secured.
    """

    price: int
    value: Value | None
    security: Security


@dataclass(frozen=True, slots=True)
class Known:
    """All that forcing a price is worked out from. It is read once, and serves for any price: no query is asked here.

    `standing` is the price that would be replaced; `placed` the stakes, `electorate` the stake in wei that may vote,
    `units` the base units out by the address of their series, `secured` what the expiry secured, in wei.
    """

    state: State
    standing: int | None
    placed: Sequence[Pile]
    electorate: int
    series: Sequence[Series]
    units: Mapping[str, int]
    secured: int

    def value(self, price: int) -> Value | None:
        """What moves between holders if `price` takes the standing price's place."""
        if not self.series:
            return Value(0, {})
        if self.standing is None or any(row.address not in self.units for row in self.series):
            return None
        moved = (
            (row.collateral, moved_to_p(self.units[row.address], row.strike, self.standing, price))
            for row in self.series
        )
        return value_of(moved, self.state.terms.value_rates)

    def forced(self, price: int) -> Forced | None:
        """None in a stage in which no price can be replaced, and for a price that agrees with the one that stands or
        that nobody may name."""
        if not self._is_wrong(price):
            return None
        value = self.value(price)
        if value is None:
            gain, more = self.secured, self._may_move_unrated(price)
        else:
            gain, more = value.rated, bool(value.unrated)
        found = security(self.state, self.placed, price, electorate=self.electorate, gain=gain, more=more)
        return None if found is None else Forced(price, value, found)

    def worst(self, asked: Forced | None) -> Forced | None:
        """The wrong price with the least margin, of those at which most moves and the one that was asked for.

        One that could pay is worse than one of which that cannot be said. None where no price stands, and where none
        that the index allows would be another one.
        """
        if self.standing is None:
            return None
        ends = farthest(self.state.index, self.standing, (row.strike for row in self.series))
        return min(filter(None, [*map(self.forced, ends), asked]), key=_how_safe, default=None)

    def _is_wrong(self, price: int) -> bool:
        if price_refusal(self.state, price):
            return False
        return self.standing is None or not agree(price, self.standing, self.state.terms.tolerance_ppm)

    def _may_move_unrated(self, price: int) -> bool:
        """Whether a series in a token without a rate pays otherwise at `price`: N are paid only above the strike."""
        above = max(price, self.standing or price)
        rates = self.state.terms.value_rates
        return any(row.strike < above and not collateral_rate(row.collateral, rates) for row in self.series)


def _how_safe(forced: Forced) -> tuple[int, int]:
    found = forced.security
    return [True, None, False].index(found.could_pay), found.cost - found.gain
