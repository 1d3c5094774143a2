"""Server-rendered pages, readable without JavaScript. Each view is a fixed number of queries, and changes nothing."""

from __future__ import annotations

import re
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

import settlement.attestors
import settlement.reserves
import settlement.status
from oracle import clock, selectors
from oracle.models import Expiry
from pages import paging
from pages.listing import with_next
from pages.record import record_of
from protocol.stages import Stage
from settlement.chain.errors import ChainError
from settlement.selectors import pending_events

ADDRESS = re.compile(r"0x[0-9a-f]{40}")
ROWS = 50


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What is running, what comes next, what became final last."""
    running, finals = selectors.running(limit=ROWS), selectors.latest_finals(limit=10)
    coming = list(selectors.expiries(stage=Stage.SCHEDULED)[:10])
    selectors.with_rewards([*running, *coming, *finals])
    context = {"running": with_next(running), "coming": coming, "finals": finals}
    return _page(request, "home", context)


@require_safe
def how(request: HttpRequest) -> HttpResponse:
    """What this is, for somebody who sees it for the first time."""
    return render(request, "pages/how.html")


@require_safe
def transcript(request: HttpRequest, name: str) -> HttpResponse:
    """Every act with its signatures and receipt, a page at a time."""
    row = _existing(name)
    if name != row.slug:
        return redirect("transcript", row.slug, permanent=True)
    after = paging.number(request, "after") or 0
    acts, last = paging.cut(selectors.acts_after(row, seq=after, limit=ROWS + 1), ROWS)
    entries = [(act, selectors.transcript_entry(act)["receipt"]) for act in acts]
    return _page(request, "transcript", {"expiry": row, "entries": entries, "more": last and last.seq})


@require_safe
def account(request: HttpRequest, address: str) -> HttpResponse:
    """An account's money, locks and acts, a page of them at a time."""
    if not ADDRESS.fullmatch(address.lower()):
        raise Http404("no such account")
    if address != address.lower():
        return redirect("account", address.lower(), permanent=True)
    before = paging.number(request, "before")
    found = selectors.account(address)
    locks = found.heaviest(paging.ROWS)
    pending, more_pending = paging.first(pending_events(address))
    acts, last = paging.cut(selectors.acts_of(address, limit=paging.ROWS + 1, before=before), paging.ROWS)
    slugs = dict(Expiry.objects.filter(id__in=[id_ for id_, _ in locks]).values_list("id", "slug"))
    context = {
        "account": found,
        "locks": [(slugs[id_], amount) for id_, amount in locks],
        "more_locks": len(found.locks) - len(locks),
        "record": record_of(address),
        "acts": acts,
        "before": before,
        "older": last and last.seq,
        "pending": pending,
        "more_pending": more_pending,
    }
    return _page(request, "account", context)


@require_safe
def reserves(request: HttpRequest) -> HttpResponse:
    """What the escrow holds and owes, and the leaf of whoever asks."""
    address = request.GET.get("account", "").strip().lower()
    wrong = bool(address) and not ADDRESS.fullmatch(address)
    found = settlement.reserves.reserves()
    asked = address and not wrong
    root = settlement.reserves.kept_root(found.root.epoch) if asked and found.root else None
    proven = settlement.reserves.proven(root, address) if root else None
    context = {"reserves": found, "account": address, "wrong": wrong, "proven": proven}
    return _page(request, "reserves", context)


@require_safe
def attestors(request: HttpRequest) -> HttpResponse:
    """Who signs, what each last said, and which set waits."""
    try:
        found = settlement.attestors.signers()
    except ChainError:
        return _page(request, "attestors", {"signers": None}, status=503)
    members = settlement.attestors.attestors(found)
    now = clock.now()
    context = {
        "signers": found,
        "members": [each for each in members if each.running],
        "refusals": [each for each in members if each.running and each.refused],
        "joining": [each.address for each in members if each.waiting and not each.running],
        "leaving": [each.address for each in members if found.waiting and each.running and not each.waiting],
        "due": bool(found.waiting and found.waiting.applies_from <= now),
    }
    return _page(request, "attestors", context)


@require_safe
def status(request: HttpRequest) -> HttpResponse:
    """How the service is. 503 where its database does not answer: the page still says so."""
    found = settlement.status.status(now=clock.now())
    alarms = [(alarm, settlement.status.stops(alarm)) for alarm in found.alarms]
    context = {
        "status": found,
        "alarms": alarms,
        "more": found.alarms_open - len(alarms),
        "intake_paused_since": found.paused_since,
    }
    return _page(request, "status", context, status=503 if found.is_down else 200)


def _page(request: HttpRequest, name: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    return render(request, f"pages/{name}.html", {**context, "now": clock.now()}, status=status)


def _existing(name: str) -> Expiry:
    found = selectors.find_expiry(name)
    if found is None:
        raise Http404("no such expiry")
    return found
