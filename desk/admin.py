"""What operators do here: propose on a transaction's page, approve on a proposal's page, never both by one person."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.models import AbstractUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST

from desk.kinds import KINDS
from operators.kinds import Details, Kind, NotPossible, Plan
from operators.models import AuditEntry, Proposal
from operators.read_only import ReadOnlyAdmin, ReadOnlyInline
from operators.services import proposals
from oracle import clock
from settlement.models import Attempt, ChainTransaction
from settlement.services.proposed import CANCEL


def _told(request: HttpRequest, page: str, pk: int, act: Callable[[], str]) -> HttpResponse:
    """Do it, say what came of it, and show the row that it belongs to."""
    try:
        messages.success(request, act())
    except NotPossible as problem:
        messages.error(request, f"Not possible: {problem}.")
    return HttpResponseRedirect(reverse(f"admin:{page}_change", args=[pk]))


def _kind(name: str) -> Kind:
    if name not in KINDS:
        raise NotPossible(f"this version knows no {name}")
    return KINDS[name]


def _plan(kind: str, details: Details) -> tuple[Plan | None, str]:
    """The dry run as of now, or why there is none."""
    try:
        return _kind(kind).plan(details, clock.now()), ""
    except NotPossible as error:
        return None, str(error)


def _operator(request: HttpRequest, permission: str) -> AbstractUser:
    """Whoever is logged in, if they may; `admin_view` has looked that they are staff."""
    if not isinstance(request.user, AbstractUser) or not request.user.has_perm(permission):
        raise PermissionDenied
    return request.user


class AttemptInline(ReadOnlyInline):
    model = Attempt
    exclude = ["raw"]


@admin.register(ChainTransaction)
class ChainTransactionAdmin(ReadOnlyAdmin):
    list_display = ["id", "purpose", "state", "reason", "sender", "nonce", "hash", "block_number", "gas_used"]
    list_filter = ["state"]
    search_fields = ["hash__exact", "attempts__hash__exact", "purpose"]
    inlines = [AttemptInline]
    change_form_template = "admin/settlement/transaction.html"

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_POST(self.propose_cancel))
        return [path("<int:pk>/propose-cancel/", view, name="settlement_propose_cancel"), *super().get_urls()]

    def propose_cancel(self, request: HttpRequest, pk: int) -> HttpResponse:
        """POST `reason`: one operator wants it cancelled."""
        operator = _operator(request, "operators.add_proposal")
        row = get_object_or_404(ChainTransaction, pk=pk)

        def act() -> str:
            proposals.propose(
                kind=KINDS[CANCEL],
                details={"transaction": str(row.pk)},
                reason=request.POST.get("reason", ""),
                by=operator,
                now=clock.now(),
            )
            return "Proposed. Somebody else has to approve it, among the proposals."

        return _told(request, "settlement_chaintransaction", pk, act)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        may = row is not None and _plan(CANCEL, {"transaction": str(row.pk)})[0] is not None
        context = {"may_propose": may and request.user.has_perm("operators.add_proposal")}
        page: HttpResponse = super().change_view(
            request, object_id, form_url, {**(extra_context or {}), **context}
        )
        return page


@admin.register(Proposal)
class ProposalAdmin(ReadOnlyAdmin):
    list_display = ["id", "kind", "subject", "reason", "proposed_by", "approved_by", "expires_at", "outcome"]
    list_select_related = ["proposed_by", "approved_by"]
    list_filter = ["kind"]
    change_form_template = "admin/operators/proposal.html"

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_POST(self.approve))
        return [path("<int:pk>/approve/", view, name="operators_approve"), *super().get_urls()]

    def approve(self, request: HttpRequest, pk: int) -> HttpResponse:
        """POST: another operator wants it too."""
        operator = _operator(request, "operators.change_proposal")
        row = get_object_or_404(Proposal, pk=pk)

        def act() -> str:
            seen = request.POST.get("seen", "")
            proposals.approve(kind=_kind(row.kind), proposal_id=pk, seen=seen, by=operator, now=clock.now())
            return "Approved. The worker carries it out in its next round."

        return _told(request, "operators_proposal", pk, act)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        context: dict[str, Any] = {}
        if row is not None and row.approved_by_id is None and row.ended_at is None:
            plan, problem = _plan(row.kind, row.details)
            may = row.proposed_by_id != request.user.pk and request.user.has_perm("operators.change_proposal")
            context = {"plan": plan, "problem": problem, "may_approve": may and plan is not None}
        page: HttpResponse = super().change_view(
            request, object_id, form_url, {**(extra_context or {}), **context}
        )
        return page


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    list_display = ["seq", "at", "actor", "what", "subject"]
    search_fields = ["actor__exact", "subject__exact", "what__exact"]
