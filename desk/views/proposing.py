"""Proposals by two people: choose a kind, fill in its form, see what it would do, say why; somebody else approves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import AbstractUser
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.views.decorators.http import require_POST

from desk import addresses
from desk.forms import FORMS, KindForm
from desk.kinds import KINDS, title_of
from desk.queue.people import waiting_for
from desk.views.explained import ExplainedAdmin
from operators.kinds import Details, Kind, NotPossible, Plan
from operators.models import Proposal
from operators.services import proposals
from oracle import clock
from settlement.chain.errors import ChainError

ADD, DECIDE = "operators.add_proposal", "operators.change_proposal"


def operator(request: HttpRequest, permission: str) -> AbstractUser:
    """Whoever is logged in, if they may; `admin_view` has looked that they are staff."""
    if not isinstance(request.user, AbstractUser) or not request.user.has_perm(permission):
        raise PermissionDenied
    return request.user


def dry_run(kind: str, details: Details) -> tuple[Plan | None, str]:
    """What it would do as of now, or why it would do nothing."""
    try:
        return _kind(kind).plan(details, clock.now()), ""
    except (NotPossible, ChainError) as error:
        return None, _words(error)


def _words(error: Exception) -> str:
    """Of a chain that does not answer too: what it would do cannot be told without it."""
    return (
        str(error) if isinstance(error, NotPossible) else f"the chain does not answer now, try again: {error}"
    )


def _kind(name: str) -> Kind:
    if name not in KINDS:
        raise NotPossible(f"this version knows no {name}")
    return KINDS[name]


@dataclass(frozen=True, slots=True)
class Choice:
    """A kind in the list of all. `problem`: why it is not possible now, where that can be told without details."""

    kind: Kind
    href: str
    problem: str


class Waiting(admin.SimpleListFilter):
    """Those that one may approve oneself; those that are open at all."""

    title = "waiting"
    parameter_name = "waiting"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("me", "for me"), ("open", "for anybody")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Proposal]) -> QuerySet[Proposal]:
        if self.value() == "me":
            return queryset.filter(pk__in=waiting_for(request.user, clock.now()).values("pk"))
        return queryset.filter(ended_at=None) if self.value() == "open" else queryset


class ProposalAdmin(ExplainedAdmin):
    list_display = ["id", "kind", "subject", "reason", "proposed_by", "approved_by", "expires_at", "outcome"]
    list_select_related = ["proposed_by", "approved_by"]
    list_filter = [Waiting, "kind"]
    search_fields = ["subject__exact", "reason"]
    change_form_template = "admin/desk/proposal.html"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return isinstance(request.user, AbstractUser) and request.user.has_perm(ADD)

    def get_urls(self) -> list[URLPattern]:
        def view(work: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
            guarded: Callable[..., HttpResponse] = self.admin_site.admin_view(work)
            return guarded

        ours = [
            path("add/<slug:name>/", view(self.propose), name="operators_propose"),
            path("<int:pk>/approve/", view(require_POST(self.approve)), name="operators_approve"),
            path("<int:pk>/reject/", view(require_POST(self.reject)), name="operators_reject"),
        ]
        return [*ours, *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Proposal]:
        found: QuerySet[Proposal] = super().get_queryset(request)
        return found.select_related("proposed_by", "approved_by")

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Every kind, with what it does. Nothing is added here."""
        operator(request, ADD)
        choices = [
            Choice(kind, addresses.new_proposal(kind.name), _impossible(kind)) for kind in KINDS.values()
        ]
        return self._page(request, "New proposal", "kinds", {"choices": choices})

    def propose(self, request: HttpRequest, name: str) -> HttpResponse:
        """The form; POST `step`: `check` for the dry run, `propose` with `reason` and the hash of what was `seen`."""
        person = operator(request, ADD)
        if name not in KINDS:
            raise Http404("no such kind")
        kind = KINDS[name]
        step = request.POST.get("step", "check" if request.method == "POST" else "")
        form = FORMS[name](request.POST if step else None, initial=request.GET.dict())
        context: dict[str, Any] = {"kind": kind, "form": form}
        if step in ("check", "propose") and form.is_valid():
            plan, problem = dry_run(name, form.details())
            context |= {"plan": plan, "problem": problem}
            if plan is not None and step == "propose":
                if plan.hash == request.POST.get("seen"):
                    return self._propose(request, kind, form, person, context)
                context["problem"] = "it would do something else by now than what you saw: look again"
        return self._page(request, kind.title, "propose", context)

    def _propose(
        self, request: HttpRequest, kind: Kind, form: KindForm, person: AbstractUser, context: dict[str, Any]
    ) -> HttpResponse:
        reason = request.POST.get("reason", "")
        try:
            made = proposals.propose(
                kind=kind, details=form.details(), reason=reason, by=person, now=clock.now()
            )
        except (NotPossible, ChainError) as error:
            told = {**context, "problem": _words(error), "reason": reason}
            return self._page(request, kind.title, "propose", told)
        messages.success(request, "Proposed. Somebody else has to approve it: send them this page.")
        return HttpResponseRedirect(addresses.page(made))

    def approve(self, request: HttpRequest, pk: int) -> HttpResponse:
        """POST `seen`: another person wants it too, as it was shown."""
        person = operator(request, DECIDE)
        row, seen = get_object_or_404(Proposal, pk=pk), request.POST.get("seen", "")

        def act() -> str:
            proposals.approve(kind=_kind(row.kind), proposal_id=pk, seen=seen, by=person, now=clock.now())
            return "Approved. The worker carries it out in its next round."

        return _told(request, row, act)

    def reject(self, request: HttpRequest, pk: int) -> HttpResponse:
        """POST `reason`: whoever may decide says no, and whoever made it takes it back."""
        row = get_object_or_404(Proposal, pk=pk)
        person = operator(request, ADD if row.proposed_by_id == request.user.pk else DECIDE)

        def act() -> str:
            proposals.reject(
                proposal_id=pk, reason=request.POST.get("reason", ""), by=person, now=clock.now()
            )
            return "It is over: nothing of it is done."

        return _told(request, row, act)

    def page_title(self, row: Proposal) -> str:
        return title_of(row)

    def more(self, request: HttpRequest, row: Proposal, now: int) -> dict[str, Any]:
        """The dry run as of now where it still can be approved, else as it was proposed; who may press what."""
        shown: dict[str, Any] = {"told": row.plan}
        mine = row.proposed_by_id == request.user.pk
        can_end = row.ended_at is None and row.begun_at is None
        shown["may_reject"] = can_end and request.user.has_perm(ADD if mine else DECIDE)
        shown["mine"] = mine
        if row.ended_at is None and row.approved_by_id is None and row.expires_at > now:
            plan, problem = dry_run(row.kind, row.details)
            shown |= {"plan": plan, "problem": problem, "may_approve": False}
            if plan is not None:
                shown["told"] = plan.to_json()
                shown["moved"] = plan.to_json().get("changes") != row.plan.get("changes")
                shown["may_approve"] = not mine and request.user.has_perm(DECIDE)
        return shown

    def _page(self, request: HttpRequest, title: str, name: str, context: dict[str, Any]) -> HttpResponse:
        given = {**self.admin_site.each_context(request), "title": title, **context}
        return TemplateResponse(request, f"admin/desk/{name}.html", given)


def _impossible(kind: Kind) -> str:
    """Why not, for a kind that needs no details; the others say so once they have them."""
    asks: type[forms.Form] = FORMS[kind.name]
    return "" if asks.base_fields else dry_run(kind.name, {})[1]


def _told(request: HttpRequest, row: Proposal, act: Callable[[], str]) -> HttpResponse:
    """Do it, say what came of it, and show the row again."""
    try:
        messages.success(request, act())
    except (NotPossible, ChainError) as problem:
        messages.error(request, f"Not done: {_words(problem)}.")
    return HttpResponseRedirect(addresses.page(row))
