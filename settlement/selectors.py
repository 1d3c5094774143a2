"""What settlement knows: series, payoffs, where a publication is. No chain is asked here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum, TextField, Value
from django.db.models.functions import Cast, Concat

from operators.models import Proposal
from oracle.models import Expiry
from protocol.payoff import redeem_n, redeem_p
from settlement.index_models import EscrowIndex, EscrowLog
from settlement.models import ChainSeries, ChainTransaction, Publication, PublicationItem, Series, SeriesLog
from settlement.series_models import SeriesBatch
from settlement.stages import PublicationStage


@dataclass(frozen=True, slots=True)
class Payoff:
    """What whole P and N of one series pay at a price: base units of collateral for `unit` of each."""

    series: Series
    unit: int
    p: int
    n: int


@dataclass(frozen=True, slots=True)
class Published:
    """How far the price of an expiry is on its way to the chain."""

    id: int
    stage: str
    reason: str
    tx_hash: str | None
    final_on_chain_at: int | None
    block: int | None


def series_of(expiry_id: str, *, foreign: bool = False) -> list[Series]:
    """The series of P and N listed on an expiry, by collateral and strike; with the contracts of others behind them."""
    rows = Series.objects.filter(expiry=expiry_id).select_related("expiry")
    rows = rows.defer("expiry__terms", "expiry__raised")
    if not foreign:
        rows = rows.filter(origin=Series.Origin.FACTORY)
    return list(rows.order_by("origin", "collateral", "strike", "address"))


def series_counts(expiry_ids: Iterable[str]) -> dict[str, int]:
    """How many of our series are listed on each of these expiries; none where there are none. One query."""
    ours = Series.objects.filter(expiry__in=list(expiry_ids), origin=Series.Origin.FACTORY).order_by()
    return {row["expiry"]: row["number"] for row in ours.values("expiry").annotate(number=Count("pk"))}


def series_page(
    *, expiry_id: str | None = None, origin: str | None = None, after: str = ""
) -> QuerySet[Series]:
    """All series, foreign ones too, in order of their address, from behind `after` on."""
    rows = Series.objects.filter(address__gt=after).select_related("expiry").order_by("address")
    rows = rows.defer("expiry__terms", "expiry__raised")
    return _only(rows, expiry_id, origin)


def series_in_order(
    *,
    expiry_id: str | None = None,
    origin: str | None = None,
    text: str | None = None,
    after: tuple[int, str, int, str] | None = None,
) -> QuerySet[Series]:
    """All series, the newest instant first, then by expiry, strike and address, from behind the place `after` on.

    `text`: part of the name of the expiry or its index, or of a token's symbol; or a whole address or expiry id.
    """
    order = ("-expiry__expiry_at", "-expiry_id", "strike", "address")
    rows = _only(Series.objects.select_related("expiry__index").order_by(*order), expiry_id, origin)
    rows = rows.defer("expiry__terms", "expiry__raised")
    if text is not None:
        rows = rows.filter(_called(text))
    if after is None:
        return rows
    # Later in the first column, or the same there and later in the next, and so on.
    later, same = Q(), Q()
    for column, value in zip(order, after, strict=True):
        name = column.removeprefix("-")
        later |= same & Q(**{f"{name}__{'gt' if name == column else 'lt'}": value})
        same &= Q(**{name: value})
    return rows.filter(later, expiry__expiry_at__lte=after[0])  # said once more, for the index


def _called(text: str) -> Q:
    if (word := text.lower()).startswith("0x"):
        return Q(address=word) | Q(p=word) | Q(n=word) | Q(expiry=word)
    symbols = Q(p_symbol__icontains=text) | Q(n_symbol__icontains=text)
    index = text.replace("/", "-")
    return symbols | Q(expiry__slug__icontains=text) | Q(expiry__index__slug__icontains=index)


def series_logs(address: str, *, limit: int) -> list[SeriesLog]:
    """The newest splits, merges and redemptions of a series in final blocks."""
    return list(SeriesLog.objects.filter(series=address).order_by("-block", "-log_index")[:limit])


def _only(rows: QuerySet[Series], expiry_id: str | None, origin: str | None) -> QuerySet[Series]:
    wanted = {name: value for name, value in (("expiry", expiry_id), ("origin", origin)) if value is not None}
    return rows.filter(**wanted)


def counted_units(series: Iterable[Series]) -> dict[str, int]:
    """How many base units of P, and as many N, of these series are out by final blocks, where that is counted."""
    rows = ChainSeries.objects.filter(address__in=[row.address for row in series])
    return {row.address: row.units for row in rows}


def payoffs(expiry_id: str, price: int) -> list[Payoff]:
    """What one P and one N of each series on an expiry pay at `price` (18 decimals; PROTOCOL 8)."""
    found = []
    for series in series_of(expiry_id):
        unit = 10**series.decimals
        p, n = redeem_p(unit, series.strike, price), redeem_n(unit, series.strike, price)
        found.append(Payoff(series, unit, p, n))
    return found


def publications_of(expiry_ids: Iterable[str]) -> dict[str, Published]:
    """The running publication of each expiry that has one, by expiry id; two queries at most."""
    items = PublicationItem.objects.filter(expiry__in=list(expiry_ids), live=True)
    found = {}
    for item in items.select_related("publication__transaction"):
        publication = item.publication
        row = publication.transaction
        found[item.expiry_id] = Published(
            id=publication.pk,
            stage=publication.stage,
            reason=publication.reason,
            tx_hash=publication.tx_hash or (row.hash if row else None),
            final_on_chain_at=publication.final_at,
            block=publication.block_number,
        )
    return found


def publication_of(expiry_id: str) -> Published | None:
    """The running publication of one expiry."""
    return publications_of([expiry_id]).get(expiry_id)


def publications(*, stage: PublicationStage | None = None) -> QuerySet[Publication]:
    """With all but their items; the oldest first, because that one waits longest."""
    rows = Publication.objects.select_related("transaction").prefetch_related("signatures", "refusals")
    return (rows if stage is None else rows.filter(stage=stage)).order_by("pk")


def items_of(publications: Iterable[Publication]) -> dict[int, list[dict[str, Any]]]:
    """What attestors sign of each, by its id and in its order. One query.

    Values and no models: a page of publications has up to 2,000 of them, and models that point at one another stay in
    memory until the collector stops somebody's request to find them.
    """
    found: dict[int, list[dict[str, Any]]] = {row.pk: [] for row in publications}
    names = ("publication", "expiry", "attempt", "price", "transcript", "payouts")
    items = PublicationItem.objects.filter(publication__in=found).order_by("publication", "position")
    for item in items.values(*names):
        found[item["publication"]].append(item)
    return found


def escrow_events(account: str, *, after: tuple[int, int, int] | None = None) -> QuerySet[EscrowLog]:
    """An account's deposits, claims and exits, the newest first, also those that are not final.

    From behind `after` on, a row's block, log index and id: two blocks of one height may have the same log index.
    """
    rows = EscrowLog.objects.filter(account=account).order_by("-block", "-log_index", "-id")
    if after is None:
        return rows
    block, log_index, id_ = after
    same = Q(block=block, log_index__lt=log_index) | Q(block=block, log_index=log_index, id__lt=id_)
    return rows.filter(Q(block__lt=block) | same, block__lte=block)


def pending_events(account: str) -> QuerySet[EscrowLog]:
    """Those of an account's events whose block is not final yet, the newest first."""
    return escrow_events(account).filter(state=EscrowLog.State.PENDING)


def escrow_index() -> EscrowIndex:
    """How far the escrow's index is; one that has not begun looks like one that has seen nothing."""
    return EscrowIndex.objects.filter(id=1).first() or EscrowIndex(id=1)


def payments_to(account: str) -> tuple[int, int]:
    """Wei that the escrow has paid to an account, by its logs, also those that are not final yet; and of these, what
    was claimed by logs that are not."""
    kinds, pending = EscrowLog.Kind, EscrowLog.State.PENDING
    rows = EscrowLog.objects.filter(account=account, kind__in=(kinds.CLAIMED, kinds.EXITED))
    unsure = Q(kind=kinds.CLAIMED, state=pending)
    sums = rows.exclude(state=EscrowLog.State.GONE).aggregate(
        all=Sum("amount", default=0), pending=Sum("amount", default=0, filter=unsure)
    )
    return int(sums["all"]), int(sums["pending"])


def paid_to(account: str) -> int:
    """Wei that the escrow has paid to an account, by its logs, also those that are not final yet."""
    return payments_to(account)[0]


def transactions_about(expiry: Expiry) -> QuerySet[ChainTransaction]:
    """What listed its series, made its feed and carried its price, the newest first. One query."""
    batches = SeriesBatch.objects.filter(expiry=expiry).values(purpose=_purpose("series:", "pk"))
    prices = PublicationItem.objects.filter(expiry=expiry).values(purpose=_purpose("publication:", "publication"))
    asked = Q(purpose__in=batches) | Q(purpose__in=prices) | Q(purpose=f"feed:{expiry.id}")
    return ChainTransaction.objects.filter(asked).order_by("-pk")


def _purpose(kind: str, pk: str) -> Concat:
    return Concat(Value(kind), Cast(pk, TextField()), output_field=TextField())


def transactions_of(proposal: Proposal) -> QuerySet[ChainTransaction]:
    """What carries out, or carried out, what two people asked for, and what cancels by their word; the newest first."""
    batches = SeriesBatch.objects.filter(proposal=proposal).values_list("pk", flat=True)
    purposes = [f"{kind}:{proposal.pk}" for kind in ("reward", "set", "apply")] + [f"series:{pk}" for pk in batches]
    asked = Q(purpose__in=purposes) | Q(attempts__proposal=proposal)
    return ChainTransaction.objects.filter(asked).distinct().order_by("-pk")
