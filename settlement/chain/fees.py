"""What a transaction should pay (EIP-1559), by what blocks cost lately. In wei per gas; nothing is asked here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

BLOCKS = 10
"""How far back the history goes."""
PERCENTILE = 50
"""Of what the transactions of a block paid above its base fee, by gas."""
BUMP_PPM = 125_000
"""geth wants 10 % more before it replaces, others 12.5 %."""


@dataclass(frozen=True, slots=True)
class Fees:
    """The most that is paid per gas, and how much of it at most above the base fee."""

    max_fee: int
    tip: int


@dataclass(frozen=True, slots=True)
class History:
    """Base fee of the next block; for each of the last blocks, what the transaction in its middle paid above it."""

    base_fee: int
    tips: Sequence[int]


def suggested(history: History, *, least_tip: int, ceiling: int) -> Fees:
    """Outlives six full blocks in a row, each of which raises the base fee by an eighth; never above the ceiling."""
    paid = sorted(tip for tip in history.tips if tip)  # an empty block paid nothing, which says nothing
    tip = max(paid[len(paid) // 2] if paid else 0, least_tip)
    max_fee = min(2 * history.base_fee + tip, ceiling)
    return Fees(max_fee, min(tip, max_fee))


def bumped(last: Fees, today: Fees, *, ceiling: int) -> Fees | None:
    """Both raised by an eighth and to today's at least: else nodes would not replace. None above the ceiling."""
    max_fee, tip = _raised(last.max_fee), _raised(last.tip)
    if max(max_fee, tip) > ceiling:
        return None
    return Fees(min(max(max_fee, today.max_fee), ceiling), min(max(tip, today.tip), ceiling))


def _raised(fee: int) -> int:
    """Rounded up: of less than 8 wei, too, something more."""
    return fee + max(-(-fee * BUMP_PPM // 10**6), 1)
