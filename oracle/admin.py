"""The oracle to look at. Acts and outcomes are never edited here, by nobody; what is sealed shows to nobody.

Expiries, whose pages say why they are as they are, are in desk/admin.py.
"""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from operators import shown
from operators.read_only import ReadOnlyAdmin
from oracle import sealing
from oracle.models import Act, Beat, Claim, Elector, Event, Expiry, Index, Report, Unbonding

SEALED = "sealed"


class ActLikeAdmin(ReadOnlyAdmin):
    """Acts of the book. Neither shown, nor searched, sorted or filtered by what may be sealed: a filter answers too."""

    list_display = ["seq", "at", "kind", "account", "expiry", "shown_price", "amount"]
    list_display_links = ["seq"]
    list_filter = ["kind", "expiry__stage"]
    list_select_related = ["expiry"]
    search_fields = ["account__exact", "digest__exact", "expiry__exact"]
    ordering = ["-seq"]
    fields = [
        "seq", "at", "kind", "digest", "account", "expiry", "shown_message", "signatures", "head", "book",
        "receipt_signature", "shown_price", "amount", "ballot", "commitment", "claim",
    ]  # fmt: skip
    readonly_fields = ["shown_message", "shown_price"]

    @admin.display(description="price")
    def shown_price(self, act: Act) -> str:
        if sealing.is_sealed(act):
            return SEALED
        return "–" if act.price is None else shown.price(act.price)

    @admin.display(description="message")
    def shown_message(self, act: Act) -> str:
        return shown.lines(sealing.public_message(act))

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Django allows a filter on any column of the table; then `?price__gt=` would find out a sealed price."""
        return any(lookup == name or lookup.startswith(f"{name}__") for name in self.list_filter)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Act], search_term: str
    ) -> tuple[QuerySet[Act], bool]:
        """By account, digest, or the slug or id of an expiry. An id is looked for in its place: of a slug, which stands
        in another table, all acts would be asked."""
        expiry = Expiry.objects.filter(slug=search_term.strip()).values_list("pk", flat=True).first()
        found: tuple[QuerySet[Act], bool] = super().get_search_results(request, queryset, expiry or search_term)
        return found

    def get_queryset(self, request: HttpRequest) -> QuerySet[Act]:
        found: QuerySet[Act] = super().get_queryset(request)
        return found.defer("expiry__terms", "expiry__raised")


@admin.register(Act)
class ActAdmin(ActLikeAdmin):
    """The whole book."""


@admin.register(Report)
class ReportAdmin(ActLikeAdmin):
    """Reports alone."""

    list_filter = ["expiry__stage"]


@admin.register(Index)
class IndexAdmin(ReadOnlyAdmin):
    list_display = ["slug", "version", "id"]


@admin.register(Claim)
class ClaimAdmin(ReadOnlyAdmin):
    list_display = ["id", "expiry", "price", "pledged", "required", "round", "status"]
    list_filter = ["status"]
    list_select_related = ["expiry"]
    search_fields = ["expiry__slug"]


@admin.register(Elector)
class ElectorAdmin(ReadOnlyAdmin):
    list_display = ["account", "expiry", "weight", "worst_cut"]
    list_select_related = ["expiry"]
    search_fields = ["account__exact", "expiry__slug"]


@admin.register(Unbonding)
class UnbondingAdmin(ReadOnlyAdmin):
    list_display = ["account", "amount", "due_at", "done"]
    list_filter = ["done"]
    search_fields = ["account__exact"]


@admin.register(Beat)
class BeatAdmin(ReadOnlyAdmin):
    list_display = ["at", "seq", "book"]
    ordering = ["-at"]


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    list_display = ["seq", "n", "kind", "expiry", "at"]
    list_filter = ["kind"]
    list_select_related = ["expiry"]
