"""How far a series is on its way to its holders. Settled, redeemable and redeemed are three things, kept apart:

settled      the book has the expiry's final price
redeemable   the price oracle gives that price, after its delay, in a deep block
redeemed     holders have burnt P and N for collateral, as final blocks tell

No chain is asked here: the first two come from the book and the publication, the last from the index of the series.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.db.models import Exists, OuterRef, Q, QuerySet

from oracle.models import Expiry
from protocol.stages import Stage
from settlement.models import ChainSeries, PublicationItem, Series, SeriesIndex
from settlement.stages import PublicationStage


class SeriesState(StrEnum):
    OPEN = "OPEN"  # split is open until the expiry instant
    WAITING = "WAITING"  # the instant has passed, there is no final price
    SETTLED = "SETTLED"  # the book has the final price, the oracle does not give it yet
    REDEEMABLE = "REDEEMABLE"  # the oracle gives it
    REDEEMED = "REDEEMED"  # what is left of P and N pays nothing any more


class Redeemed(StrEnum):
    NONE = "none"
    PARTLY = "partly"
    FULLY = "fully"


@dataclass(frozen=True, slots=True)
class StateOf:
    """The three facts about one series, and its numbers where the index knows it."""

    settled: bool
    redeemable: bool
    redeemed: Redeemed
    numbers: ChainSeries | None

    def state(self, row: Series, now: int) -> SeriesState:
        """The furthest that it has come, at unix second `now`."""
        if self.redeemed == Redeemed.FULLY:
            return SeriesState.REDEEMED
        if self.redeemable:
            return SeriesState.REDEEMABLE
        if self.settled:
            return SeriesState.SETTLED
        return SeriesState.OPEN if now < row.expiry.expiry_at else SeriesState.WAITING


def states_of(rows: Sequence[Series]) -> Mapping[str, StateOf]:
    """By address; two queries at most. The rows' expiries are selected with them."""
    final = {row.expiry_id for row in rows if row.expiry.stage == Stage.FINAL}  # none: the query is not made
    on_chain = _on_chain().filter(expiry__in=final).values_list("expiry_id", flat=True)
    redeemable, numbers = set(on_chain), ChainSeries.objects.in_bulk([row.address for row in rows])
    found = {}
    for row in rows:
        mine = numbers.get(row.address)
        settled = row.expiry.stage == Stage.FINAL
        # Somebody who has redeemed has read the price in a final block.
        on = row.expiry_id in redeemable or (mine is not None and mine.price > 0)
        found[row.address] = StateOf(settled, on, redeemed(mine), mine)
    return found


def redeemed(numbers: ChainSeries | None) -> Redeemed:
    if numbers is None or not numbers.price:
        return Redeemed.NONE
    return Redeemed.FULLY if numbers.is_redeemed else Redeemed.PARTLY


def in_state(rows: QuerySet[Series], state: SeriesState, *, now: int) -> QuerySet[Series]:
    """Those of these series that are in a state, as `StateOf.state` has it.

    SETTLED asks first, in a query of its own, which expiries are: few, most of the time, and nearly all that are final
    are not, so that whoever looks for them by the way reads on and on.
    """
    mine = ChainSeries.objects.filter(address=OuterRef("address"))
    final = Q(expiry__stage=Stage.FINAL)
    fully = Exists(mine.filter(is_redeemed=True))
    gives = Exists(_on_chain().filter(expiry=OuterRef("expiry"))) | Exists(mine.filter(price__gt=0))
    ahead = Q(expiry__expiry_at__gt=now)
    if state == SeriesState.SETTLED:
        return rows.filter(~gives, expiry__in=_settled())
    return rows.filter(
        {
            SeriesState.OPEN: ~final & ~gives & ahead,
            SeriesState.WAITING: ~final & ~gives & ~ahead,
            SeriesState.REDEEMABLE: gives & ~fully,
            SeriesState.REDEEMED: Q(fully),
        }[state]
    )


def counted_to() -> SeriesIndex:
    """How far the series' logs are counted; one that has not begun looks like one that has seen nothing."""
    return SeriesIndex.objects.filter(id=1).first() or SeriesIndex(id=1)


def _settled() -> list[str]:
    """Ids of final expiries whose price no deep block has, by our publications."""
    arrived = Exists(_on_chain().filter(expiry=OuterRef("pk")))
    rows = Expiry.objects.filter(stage=Stage.FINAL).exclude(arrived)
    return list(rows.order_by().values_list("pk", flat=True))


def _on_chain() -> QuerySet[PublicationItem]:
    return PublicationItem.objects.filter(live=True, publication__stage=PublicationStage.FINAL)
