"""Who is logged in: asking for a text, taking its signature, logging out (pages/login.py says what is checked)."""

from __future__ import annotations

import json
import secrets
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from oracle import clock
from pages import login
from pages.limits import limited

ACCOUNT, NONCE = "account", "login_nonce"
DAY = 86_400
AT_HOME, LOGIN = "/me/", "/login/"


def account_of(request: HttpRequest) -> str | None:
    """The account that is logged in here, in lower case."""
    found = request.session.get(ACCOUNT)
    return found if isinstance(found, str) else None


def logged_in(request: HttpRequest) -> dict[str, Any]:
    """For every template: who is logged in, else where to do that, and the chain that wallets must be on."""
    session = getattr(request, "session", None)
    return {
        "logged_in": session.get(ACCOUNT) if session is not None else None,
        "login_url": _login_url(request),
        "chain_id": settings.CHAIN_ID,
    }


def _login_url(request: HttpRequest) -> str:
    """Whence one comes back to the page that one was at; from the home page to one's account."""
    known = {"/": "", LOGIN: request.GET.get("next", "")}
    back = known.get(request.path, request.get_full_path())
    return f"{LOGIN}?{urlencode({'next': back})}" if back else LOGIN


def site() -> login.Site:
    return login.Site(settings.PUBLIC_URL, settings.CHAIN_ID)


@require_safe
@never_cache
def login_page(request: HttpRequest) -> HttpResponse:
    """Where one logs in, and what that is good for."""
    elsewhere = "" if request.get_host() == site().domain else settings.PUBLIC_URL
    context = {"next": _next(request.GET.get("next", "")), "elsewhere": elsewhere}
    return render(request, "pages/login.html", context)


@require_POST
@limited
@never_cache
def challenge(request: HttpRequest) -> HttpResponse:
    """The text that an account signs to log in. A nonce of before is good no more."""
    request.session[NONCE] = nonce = secrets.token_hex(16)
    if account_of(request) is None:
        request.session.set_expiry(login.LIFE_SECONDS)
    try:
        text = login.text(site(), address=_body(request).get("address", ""), nonce=nonce, now=clock.now())
    except ValueError as error:
        return JsonResponse({"code": login.Refused.MALFORMED, "detail": str(error)}, status=400)
    return JsonResponse({"text": text})


@require_POST
@limited
@never_cache
def enter(request: HttpRequest) -> HttpResponse:
    """Log in by a signed text. The session gets a new key, so that none that was known before is worth anything."""
    body = _body(request)
    nonce = _take_nonce(request)
    found = login.check(site(), body.get("text", ""), body.get("signature", ""), nonce=nonce, now=clock.now())
    if isinstance(found, login.Refused):
        return JsonResponse({"code": found, "detail": login.REASONS[found]}, status=403)
    request.session.cycle_key()
    request.session[ACCOUNT] = found
    request.session.set_expiry(DAY)
    return JsonResponse({"account": found, "next": _next(body.get("next", ""))})


@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """Log out: nothing of the session is left."""
    request.session.flush()
    return redirect("home")


def _take_nonce(request: HttpRequest) -> str | None:
    """The session's nonce, which nobody gets a second time, not even by asking twice at once."""
    key = request.session.session_key
    with transaction.atomic():
        row = Session.objects.select_for_update().filter(session_key=key).first() if key else None
        if row is None:
            return None
        held = row.get_decoded()
        nonce = held.pop(NONCE, None)
        row.session_data = Session.objects.encode(held)
        row.save(update_fields=["session_data"])
    request.session.pop(NONCE, None)
    return nonce if isinstance(nonce, str) else None


def _body(request: HttpRequest) -> dict[str, str]:
    """The texts of a JSON object; whatever else was sent is left out, and so is missed."""
    try:
        found = json.loads(request.body)
    except (ValueError, RecursionError):
        return {}
    return {k: v for k, v in found.items() if isinstance(v, str)} if isinstance(found, dict) else {}


def _next(path: str) -> str:
    """Where to go after the login: only ever an address of ours."""
    ours = path.startswith("/") and url_has_allowed_host_and_scheme(path, allowed_hosts=None)
    return path if ours else AT_HOME
