"""Pages on which people act: a form, and under the same address, by POST, what would be signed.

Nothing is written here. A signed act goes to POST /api/v1/acts like everybody's; a transaction goes to the chain.
"""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from ledger.selectors import balances
from oracle import clock, selectors
from pages import life
from pages.acting import send_forms
from pages.acting.document import Line, document
from pages.acting.evidence_form import EvidenceForm, PaperField
from pages.acting.forms import ActForm, Trouble
from pages.acting.money_forms import ACCOUNT_FORMS
from pages.acting.send_forms import SendForm
from pages.acting.vote_forms import EXPIRY_FORMS, VoteForm
from pages.limits import limited
from pages.sessions import account_of
from protocol.terms import Terms
from settlement.models import Series

ADDRESS = re.compile(r"0x[0-9a-f]{40}")
BOTH = require_http_methods(["GET", "HEAD", "POST"])


@BOTH
@limited
def on_expiry(request: HttpRequest, name: str, word: str) -> HttpResponse:
    """/expiries/<slug>/report/ and the like."""
    expiry = selectors.find_expiry(name)
    if expiry is None:
        raise Http404("no such expiry")
    if name != expiry.slug:
        return redirect(word, expiry.slug, permanent=True)
    form, now = EXPIRY_FORMS[word](_posted(request), expiry=expiry), clock.now()
    if request.method == "POST":
        return prepared(request, form)
    terms = Terms.from_json(expiry.raised or expiry.terms)
    if isinstance(form, VoteForm):
        context: dict[str, Any] = {"facts": form.facts(), "oracle": settings.ORACLE_ADDRESS}
    else:
        context = {}
        _prefill(form, request)
    context |= {"expiry": expiry, "terms": terms, "next": life.what_next(expiry, terms, now)}
    mine = account_of(request)
    closed = form.closed(now) or (form.barred(mine) if mine else None)
    return _page(request, form, context | {"closed": closed})


@BOTH
@limited
def on_account(request: HttpRequest, word: str) -> HttpResponse:
    """/me/stake/ and the like."""
    form = ACCOUNT_FORMS[word](_posted(request))
    if request.method == "POST":
        return prepared(request, form)
    _prefill(form, request)
    return _page(request, form, {"closed": form.closed(clock.now())})


@BOTH
@limited
def on_sender(request: HttpRequest, word: str) -> HttpResponse:
    """/me/deposit/ and the like."""
    return _transaction(request, send_forms.ACCOUNT_SENDS[word](_posted(request)), {})


@BOTH
@limited
def on_series(request: HttpRequest, address: str) -> HttpResponse:
    """/series/<address>/redeem/"""
    found = (
        Series.objects.select_related("expiry__index")
        .filter(address=address, origin=Series.Origin.FACTORY)
        .first()
    )
    if found is None:  # or a foreign one: nobody knows what its code does with a signature
        raise Http404("no such series")
    form = send_forms.RedeemForm(_posted(request), series=found)
    return _transaction(request, form, {"expiry": found.expiry, "series": found})


def _posted(request: HttpRequest) -> Any:
    return request.POST if request.method == "POST" else None


def prepared(request: HttpRequest, form: ActForm) -> HttpResponse:
    """The act that the form makes, as it is signed and as it is read, or what is in its way."""
    account, now = request.POST.get("account", ""), clock.now()
    known = ADDRESS.fullmatch(account) is not None
    if closed := form.closed(now) or (form.barred(account) if known else None):
        return _trouble(closed)
    if not form.is_valid():
        return _invalid(form)
    message = form.message(account if known else "0x" + "00" * 20, now)
    papers = form if isinstance(form, EvidenceForm) else None
    if papers is not None and not papers.add_evidence(message):
        return _invalid(form)
    trouble = form.trouble(message) or (form.trouble_of_account(message) if known else None)
    beside = {"defaults": form.defaults(), "foretold": form.foretold()}
    if trouble is not None:
        return _trouble(trouble, beside)
    if not known:
        return _trouble(Trouble("Connect a wallet: the account is part of what is signed."), beside)
    made = document(form.kind, message, form.expiry)
    answer = asdict(made) | beside | {"ready": True}
    return JsonResponse(answer | ({"evidence": papers.evidence_document} if papers is not None else {}))


def _transaction(request: HttpRequest, form: SendForm, context: dict[str, Any]) -> HttpResponse:
    closed = form.closed()
    if request.method != "POST":
        _prefill(form, request)
        return _page(request, form, context | {"closed": closed, "sends": True})
    account = request.POST.get("account", "")
    if closed is not None:
        return _trouble(closed)
    if not form.is_valid():
        return _invalid(form)
    if not ADDRESS.fullmatch(account):
        return _trouble(Trouble("Connect a wallet: the account is part of what is sent."))
    made = form.made(account)
    if isinstance(made, Trouble):
        return _trouble(made)
    lines = [asdict(line) for line in _with_chain(made.lines)]
    answer = {"transaction": made.to_json(), "account": account, "sentence": made.sentence, "lines": lines}
    return JsonResponse(answer | {"ready": True, "after": form.after})


def _with_chain(lines: list[Line]) -> list[Line]:
    return [*lines, Line("chain", "Chain", str(settings.CHAIN_ID), fine=True)]


def _page(request: HttpRequest, form: ActForm | SendForm, context: dict[str, Any]) -> HttpResponse:
    mine = account_of(request)
    money = balances(mine) if mine else None
    return render(
        request,
        form.template if isinstance(form, ActForm) else "pages/act.html",
        {"form": form, "money": money, "now": clock.now(), "sends": False} | context,
    )


def _prefill(form: ActForm | SendForm, request: HttpRequest) -> None:
    """First values out of the address, so that other pages can lead here with a price or an amount."""
    for name, field in form.fields.items():
        if isinstance(field, PaperField):
            continue  # nobody signs for words that a link has brought along
        if text := request.GET.get(name, "")[:80]:
            field.initial = text


def _invalid(form: ActForm | SendForm) -> JsonResponse:
    errors = {name: " ".join(map(str, said)) for name, said in form.errors.items()}
    return JsonResponse({"ready": False, "errors": errors})


def _trouble(trouble: Trouble, beside: dict[str, Any] | None = None) -> JsonResponse:
    place = {"errors": {trouble.field: trouble.text}} if trouble.field else {"note": trouble.text}
    link = {"href": trouble.link, "text": trouble.link_text} if trouble.link else None
    return JsonResponse(place | {"ready": False, "link": link} | (beside or {}))
