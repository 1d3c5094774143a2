"""How staff get in: name and password, then a code; the first time a password and an app of their own (decision 45).

Django's own login comes last, once the second factor was right. Until then a session only knows who is on the way.
"""

from __future__ import annotations

from typing import Any

import segno
from axes.handlers.proxy import AxesProxyHandler
from django.conf import settings
from django.contrib import admin
from django.contrib.auth import authenticate, logout
from django.contrib.auth import login as django_login
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.crypto import constant_time_compare
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST
from django_otp.models import Device
from django_otp.plugins.otp_totp.models import TOTPDevice

from desk.caller import address_of
from desk.middleware import PREFIX, session_of
from operators.kinds import NotPossible
from operators.services import accounts, audit, second_factor, sessions
from operators.services.second_factor import Wrong
from oracle import clock
from pages.limits import limited

ON_THE_WAY = "on_the_way"
WAY_SECONDS = 600
"""Between the password and the code."""
BACKEND = "operators.roles.RoleBackend"
WRONG = "That is not right, or there is no such account."


@limited
@never_cache
@sensitive_post_parameters("password")
def login_page(request: HttpRequest) -> HttpResponse:
    """Name and password. One answer for whatever was wrong."""
    if session_of(request) is not None:
        return redirect("admin:index")
    if request.method != "POST":
        return _page(request, "login", next=request.GET.get("next", ""))
    name = request.POST.get("username", "")
    given = {"username": name, "password": request.POST.get("password", "")}
    was_locked = not AxesProxyHandler.is_allowed(request, given)
    user = authenticate(request, **given)
    if not isinstance(user, User) or not user.is_staff:
        if not was_locked:
            _tell_of_a_wrong_password(request, name)
        return _page(request, "login", problem=WRONG, username=name, next=request.POST.get("next", ""), status=403)
    _begin_the_way(request, user, request.POST.get("next", ""))
    return redirect("admin:login-code" if second_factor.app_of(user) else "admin:set-up-app")


@limited
@never_cache
@sensitive_post_parameters("code")
def code_page(request: HttpRequest) -> HttpResponse:
    """A code of the app, or a backup code."""
    user = _on_the_way(request)
    if user is None or second_factor.app_of(user) is None:
        return redirect("admin:login")
    if request.method != "POST":
        return _page(request, "code")
    found = second_factor.check(user=user, code=request.POST.get("code", ""), now=clock.now())
    if isinstance(found, Wrong):
        return _page(request, "code", problem=_words(found), status=403)
    return redirect(_enter(request, user, found))


@limited
@never_cache
@sensitive_post_parameters("code", "password", "again")
def set_up_page(request: HttpRequest) -> HttpResponse:
    """The code that `manage.py staff` printed, and a password of one's own."""
    if request.method != "POST":
        return _page(request, "set_up", username=request.GET.get("name", ""))
    told = {name: request.POST.get(name, "") for name in ("username", "code", "password", "again")}
    try:
        if told["password"] != told["again"]:
            raise NotPossible("the two passwords are not the same")
        user = accounts.set_up(
            name=told["username"], code=told["code"], password=told["password"], now=clock.now()
        )
    except NotPossible as error:
        return _page(request, "set_up", problem=f"Not possible: {error}.", username=told["username"], status=403)
    except ValidationError as error:
        typed = {"username": told["username"], "code": told["code"]}
        return _page(request, "set_up", problem=" ".join(error.messages), status=400, **typed)
    _begin_the_way(request, user, "")
    return redirect("admin:set-up-app")


@limited
@never_cache
@sensitive_post_parameters("code")
def app_page(request: HttpRequest) -> HttpResponse:
    """A secret to scan, and a code of it that shows that it was; then backup codes, once."""
    user = _on_the_way(request)
    if user is None:
        return redirect("admin:login")
    if second_factor.app_of(user) is not None:
        return redirect("admin:login-code")
    way = request.session[ON_THE_WAY]
    device = TOTPDevice.objects.filter(pk=way.get("device"), user=user, confirmed=False).first()
    if device is None:
        device = second_factor.begin(user)
        request.session[ON_THE_WAY] = {**way, "device": device.pk}
    if request.method != "POST":
        return _scan(request, device)
    found = second_factor.confirm(
        user=user, device_id=device.pk, code=request.POST.get("code", ""), now=clock.now()
    )
    if isinstance(found, Wrong):
        return _scan(request, device, problem=_words(found), status=403)
    confirmed, codes = found
    return _page(request, "backup_codes", codes=codes, next=_enter(request, user, confirmed))


@require_POST
@never_cache
def leave(request: HttpRequest) -> HttpResponse:
    """Log out: the row ends, and nothing of the session is left."""
    if (row := session_of(request)) is not None:
        sessions.end(row, why="logged out", by=audit.staff(row.user.get_username()), now=clock.now())
    logout(request)
    return redirect("admin:login")


def locked_out(request: HttpRequest, *_: object) -> HttpResponse:
    """In the place of whatever the login would have said (AXES_LOCKOUT_CALLABLE)."""
    minutes = int(settings.AXES_COOLOFF_TIME.total_seconds() // 60)
    return _page(request, "locked_out", minutes=minutes, status=429)


def _begin_the_way(request: HttpRequest, user: User, after: str) -> None:
    """Under a new key: one that somebody has put into this browser is worth nothing."""
    request.session.flush()
    request.session[ON_THE_WAY] = {
        "user": user.pk,
        "hash": user.get_session_auth_hash(),
        "until": clock.now() + WAY_SECONDS,
        "next": after,
    }
    request.session.set_expiry(WAY_SECONDS)


def _on_the_way(request: HttpRequest) -> User | None:
    """Who gave the right password here a moment ago, unless it has been taken away since."""
    way: dict[str, Any] = request.session.get(ON_THE_WAY) or {}
    if not way or clock.now() >= way["until"]:
        return None
    user = User.objects.filter(pk=way["user"], is_staff=True, is_active=True).first()
    if user is None or not constant_time_compare(way["hash"], user.get_session_auth_hash()):
        return None
    return user


def _enter(request: HttpRequest, user: User, device: Device) -> str:
    """Logged in, under another key again; returns where to go."""
    after = request.session.pop(ON_THE_WAY)["next"]
    django_login(request, user, backend=BACKEND)
    request.session.set_expiry(sessions.LIFE_SECONDS)
    assert request.session.session_key is not None
    sessions.begin(
        user=user,
        key=request.session.session_key,
        address=address_of(request) or "",
        browser=request.headers.get("User-Agent", ""),
        factor=device.name,
        now=clock.now(),
    )
    ours = after.startswith(PREFIX) and url_has_allowed_host_and_scheme(after, allowed_hosts=None)
    return after if ours else PREFIX


def _tell_of_a_wrong_password(request: HttpRequest, name: str) -> None:
    """Of accounts that exist, and not while locked: strangers cannot fill the log."""
    who = User.objects.filter(username=name, is_staff=True).first()
    if who is None:
        return
    details = {"address": address_of(request) or ""}
    audit.record("login.refused", who.username, details=details, now=clock.now())
    if getattr(request, "axes_locked_out", False):
        audit.record("login.locked_out", who.username, details=details, now=clock.now())


def _words(wrong: Wrong) -> str:
    later = f" The next one is looked at in {wrong.wait} s." if wrong.wait else ""
    return f"This code is not right, or was used before.{later}"


def _scan(request: HttpRequest, device: TOTPDevice, **more: Any) -> HttpResponse:
    image = segno.make(device.config_url, micro=False).svg_data_uri(scale=5, border=4, light="white")
    secret = device.config_url.partition("secret=")[2].partition("&")[0]
    groups = " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))
    return _page(request, "app", image=image, secret=groups, **more)


def _page(request: HttpRequest, name: str, *, status: int = 200, **context: Any) -> HttpResponse:
    shown = {**admin.site.each_context(request), **context}
    return render(request, f"desk/{name}.html", shown, status=status)
