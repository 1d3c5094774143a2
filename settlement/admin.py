"""Settlement to look at; what goes on chain is decided by signatures, never here.

Publications, roots, transactions and alarms, whose pages say why they are as they are, are in desk/admin.py.
"""

from django.contrib import admin

from operators import shown
from operators.read_only import ReadOnlyAdmin
from settlement.models import (
    ChainSeries,
    EscrowBlock,
    EscrowIndex,
    EscrowLog,
    FinalPrice,
    OracleRecord,
    PublisherKey,
    Series,
    SeriesBatch,
    SeriesIndex,
    SeriesLog,
)


@admin.register(Series)
class SeriesAdmin(ReadOnlyAdmin):
    list_display = ["address", "origin", "expiry", "strike", "collateral"]
    list_select_related = ["expiry"]
    search_fields = ["address__exact", "expiry__slug"]


@admin.register(SeriesBatch)
class SeriesBatchAdmin(ReadOnlyAdmin):
    list_display = ["id", "expiry", "collateral", "created_at"]
    list_select_related = ["expiry"]


@admin.register(PublisherKey)
class PublisherKeyAdmin(ReadOnlyAdmin):
    list_display = ["address", "since", "until", "proposal"]
    list_select_related = ["proposal"]


@admin.register(ChainSeries)
class ChainSeriesAdmin(ReadOnlyAdmin):
    shows = dict.fromkeys(("split", "merged", "redeemed_p", "redeemed_n", "paid_p", "paid_n"), shown.units)
    list_display = ["address", "expiry", "strike", "split", "merged", "redeemed_p", "redeemed_n", "is_redeemed"]
    search_fields = ["address__exact", "expiry__exact"]


@admin.register(SeriesLog)
class SeriesLogAdmin(ReadOnlyAdmin):
    shows = dict.fromkeys(("p_amount", "n_amount", "amount"), shown.units)
    list_display = ["series", "kind", "block", "account", "p_amount", "n_amount", "amount"]
    search_fields = ["series__address__exact", "tx__exact"]


@admin.register(SeriesIndex)
class SeriesIndexAdmin(ReadOnlyAdmin):
    list_display = ["read_to", "chain", "stopped"]


@admin.register(FinalPrice)
class FinalPriceAdmin(ReadOnlyAdmin):
    list_display = ["seq", "expiry", "waiting"]
    list_filter = ["waiting"]
    list_select_related = ["expiry"]


@admin.register(EscrowBlock)
class EscrowBlockAdmin(ReadOnlyAdmin):
    list_display = ["number", "hash", "timestamp"]
    search_fields = ["hash__exact"]


@admin.register(EscrowLog)
class EscrowLogAdmin(ReadOnlyAdmin):
    list_display = ["kind", "block", "account", "amount", "state", "entry", "tx"]
    list_filter = ["state", "kind"]
    search_fields = ["account__exact", "tx__exact"]


@admin.register(EscrowIndex)
class EscrowIndexAdmin(ReadOnlyAdmin):
    list_display = ["credited_to", "looked_at", "stale", "stopped", "problem"]


@admin.register(OracleRecord)
class OracleRecordAdmin(ReadOnlyAdmin):
    list_display = ["expiry", "state", "since", "price", "attempt", "final_at", "block", "looked_at"]
    list_filter = ["state"]
