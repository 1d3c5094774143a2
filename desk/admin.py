"""What operators see: a page for each thing that says why it is as it is, proposals, and the log of all they did.

What is only to be looked at stands in the admin of its own app.
"""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from alerts.models import Hook
from desk.people import StaffMemberAdmin
from desk.views.documents import document
from desk.views.explained import ExplainedAdmin
from desk.views.proposing import ProposalAdmin
from ledger.models import Account
from ledger.names import Kind
from operators.models import AuditEntry, Proposal, StaffMember
from operators.read_only import ReadOnlyAdmin, ReadOnlyInline
from oracle.models import BookHead, Expiry
from settlement.models import (
    Alarm,
    Attempt,
    AttestorRefusal,
    AttestorSignature,
    ChainState,
    ChainTransaction,
    Publication,
    PublicationItem,
    Root,
    RootRefusal,
    RootSignature,
)

admin.site.index_title = "What needs somebody"
admin.site.register(Proposal, ProposalAdmin)
admin.site.register(StaffMember, StaffMemberAdmin)


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    list_display = ["seq", "at", "actor", "what", "subject"]
    search_fields = ["actor__exact", "subject__exact", "what__exact"]


@admin.register(Expiry)
class ExpiryAdmin(ExplainedAdmin):
    list_display = ["slug", "index", "expiry_at", "stage", "deadline", "standing", "price", "decided_by"]
    list_filter = ["stage", "decided_by"]
    list_select_related = ["index"]
    search_fields = ["slug", "id__exact"]
    ordering = ["-expiry_at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Expiry]:
        found: QuerySet[Expiry] = super().get_queryset(request)
        return found.select_related("index")


class AttemptInline(ReadOnlyInline):
    model = Attempt
    exclude = ["raw"]


@admin.register(ChainTransaction)
class ChainTransactionAdmin(ExplainedAdmin):
    list_display = ["id", "purpose", "state", "reason", "sender", "nonce", "hash", "block_number", "gas_used"]
    list_filter = ["state"]
    search_fields = ["hash__exact", "attempts__hash__exact", "purpose"]
    inlines = [AttemptInline]


class ItemInline(ReadOnlyInline):
    model = PublicationItem

    def get_queryset(self, request: HttpRequest) -> QuerySet[PublicationItem]:
        found: QuerySet[PublicationItem] = super().get_queryset(request)
        return found.select_related("expiry").defer("expiry__terms", "expiry__raised")


class SignatureInline(ReadOnlyInline):
    model = AttestorSignature


class RefusalInline(ReadOnlyInline):
    model = AttestorRefusal


@admin.register(Publication)
class PublicationAdmin(ExplainedAdmin):
    list_display = ["id", "stage", "reason", "created_at", "final_at"]
    list_filter = ["stage"]
    inlines = [ItemInline, SignatureInline, RefusalInline]


class RootSignatureInline(ReadOnlyInline):
    model = RootSignature


class RootRefusalInline(ReadOnlyInline):
    model = RootRefusal


@admin.register(Root)
class RootAdmin(ExplainedAdmin):
    list_display = ["epoch", "stage", "reason", "block", "seq", "accounts", "debt", "created_at", "final_at"]
    list_filter = ["stage"]
    exclude = ["document"]  # megabytes; everybody can get it at /api/v1/roots/{epoch}/leaves
    inlines = [RootSignatureInline, RootRefusalInline]


class OpenFilter(admin.SimpleListFilter):
    """Alarms that are open."""

    title = "open"
    parameter_name = "open"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "yes"), ("no", "no: over")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Alarm]) -> QuerySet[Alarm]:
        if self.value() is None:
            return queryset
        return queryset.filter(cleared_at__isnull=self.value() == "yes")


@admin.register(Alarm)
class AlarmAdmin(ExplainedAdmin):
    list_display = ["kind", "subject", "words", "since", "last_seen", "cleared_at", "cleared_why"]
    list_filter = [OpenFilter, "kind"]

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.document)
        return [path("docs/<path:page>", view, name="settlement_alarm_document"), *super().get_urls()]

    def document(self, request: HttpRequest, page: str) -> HttpResponse:
        """A page of docs/, so that a runbook is one press from its alarm."""
        title, text = document(page)
        context = {**self.admin_site.each_context(request), "title": title, "text": text}
        return TemplateResponse(request, "admin/desk/document.html", context)


class KindFilter(admin.SimpleListFilter):
    """Accounts by what their money is for."""

    title = "kind"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(kind, kind) for kind in Kind]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Account]) -> QuerySet[Account]:
        kind = self.value()
        return queryset.filter(name__startswith=kind) if kind else queryset


@admin.register(Account)
class AccountAdmin(ExplainedAdmin):
    list_display = ["name", "balance"]
    list_filter = [KindFilter]
    search_fields = ["name"]


@admin.register(Hook)
class HookAdmin(ExplainedAdmin):
    """Whose webhook fails, and since when. Its secret is its owner's."""

    list_display = ["url", "account", "failing_since", "disabled_at"]
    fields = ["account", "url", "failing_since", "disabled_at"]
    search_fields = ["account__exact"]


@admin.register(ChainState)
class ChainStateAdmin(ExplainedAdmin):
    list_display = ["head", "final", "agreeing", "nodes", "good_at", "problem", "logs_to", "swept_at"]


@admin.register(BookHead)
class BookHeadAdmin(ExplainedAdmin):
    list_display = ["seq", "book", "at", "clock", "life_at"]
