"""Settlement to look at; what goes on chain is decided by signatures, never here.

Transactions, where operators do something, are in desk/admin.py.
"""

from django.contrib import admin

from operators import shown
from operators.read_only import ReadOnlyAdmin, ReadOnlyInline
from settlement.models import (
    Alarm,
    AttestorRefusal,
    AttestorSignature,
    ChainSeries,
    ChainState,
    EscrowBlock,
    EscrowIndex,
    EscrowLog,
    FinalPrice,
    OracleRecord,
    Publication,
    PublicationItem,
    Root,
    RootRefusal,
    RootSignature,
    Series,
    SeriesBatch,
    SeriesIndex,
    SeriesLog,
)


class ItemInline(ReadOnlyInline):
    model = PublicationItem


class SignatureInline(ReadOnlyInline):
    model = AttestorSignature


class RefusalInline(ReadOnlyInline):
    model = AttestorRefusal


class RootSignatureInline(ReadOnlyInline):
    model = RootSignature


class RootRefusalInline(ReadOnlyInline):
    model = RootRefusal


@admin.register(Root)
class RootAdmin(ReadOnlyAdmin):
    list_display = ["epoch", "stage", "reason", "block", "seq", "accounts", "debt", "created_at", "final_at"]
    list_filter = ["stage"]
    exclude = ["document"]  # megabytes; everybody can get it at /api/v1/roots/{epoch}/leaves
    inlines = [RootSignatureInline, RootRefusalInline]


@admin.register(Series)
class SeriesAdmin(ReadOnlyAdmin):
    list_display = ["address", "origin", "expiry", "strike", "collateral"]
    list_select_related = ["expiry"]
    search_fields = ["address__exact", "expiry__slug"]


@admin.register(SeriesBatch)
class SeriesBatchAdmin(ReadOnlyAdmin):
    list_display = ["id", "expiry", "collateral", "created_at"]
    list_select_related = ["expiry"]


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


@admin.register(Publication)
class PublicationAdmin(ReadOnlyAdmin):
    list_display = ["id", "stage", "reason", "created_at", "final_at"]
    list_filter = ["stage"]
    inlines = [ItemInline, SignatureInline, RefusalInline]


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


@admin.register(Alarm)
class AlarmAdmin(ReadOnlyAdmin):
    list_display = ["kind", "subject", "words", "since", "last_seen", "cleared_at", "cleared_why"]
    list_filter = ["kind"]


@admin.register(OracleRecord)
class OracleRecordAdmin(ReadOnlyAdmin):
    list_display = ["expiry", "state", "since", "price", "attempt", "final_at", "block", "looked_at"]
    list_filter = ["state"]


@admin.register(ChainState)
class ChainStateAdmin(ReadOnlyAdmin):
    list_display = ["head", "final", "agreeing", "nodes", "good_at", "problem", "logs_to", "swept_at"]
