"""What a change of the price moves between the holders of P and of N (EXPERIENCE 1.2; PROTOCOL 8)."""

from __future__ import annotations

from protocol.payoff import redeem_n


def moved_to_p(units: int, strike: int, before: int, after: int) -> int:
    """How much more all P of a series are paid at price `after` than at `before`, in base units of its collateral.

    N are paid as much less; below 0 it moves the other way, and 0 says that no payout changes. `units` are the pairs
    of P and N that are out, in base units; prices and strike have 18 decimals.
    """
    return redeem_n(units, strike, before) - redeem_n(units, strike, after)
