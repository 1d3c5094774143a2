"""Settlement to look at; what goes on chain is decided by signatures, never here."""

from django.contrib import admin

from ledger.admin import ReadOnlyAdmin
from settlement.models import (
    AttestorRefusal,
    AttestorSignature,
    ChainTransaction,
    FinalPrice,
    Publication,
    PublicationItem,
    Series,
)


class ReadOnlyInline(admin.TabularInline):
    """Rows shown below another row."""

    extra = 0
    can_delete = False

    def has_add_permission(self, request: object, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: object, obj: object = None) -> bool:
        return False


class ItemInline(ReadOnlyInline):
    model = PublicationItem


class SignatureInline(ReadOnlyInline):
    model = AttestorSignature


class RefusalInline(ReadOnlyInline):
    model = AttestorRefusal


@admin.register(Series)
class SeriesAdmin(ReadOnlyAdmin):
    list_display = ["address", "expiry", "strike", "collateral"]
    list_select_related = ["expiry"]
    search_fields = ["address__exact", "expiry__slug"]


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


@admin.register(ChainTransaction)
class ChainTransactionAdmin(ReadOnlyAdmin):
    list_display = [
        "id",
        "purpose",
        "state",
        "sender",
        "nonce",
        "hash",
        "block_number",
        "gas_used",
        "succeeded",
    ]
    list_filter = ["state"]
    search_fields = ["hash__exact", "purpose"]
