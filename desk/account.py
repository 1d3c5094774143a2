"""One's own account at the desk: its sessions, and its password."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth import authenticate, update_session_auth_hash
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from desk.middleware import session_of
from operators.roles import role_of
from operators.services import accounts, audit, second_factor, sessions
from oracle import clock


@require_safe
@never_cache
def account_page(request: HttpRequest) -> HttpResponse:
    """Since when one is logged in, where, and in what browser."""
    user = _me(request)
    context: dict[str, Any] = {
        "title": "Your account",
        "role": "superuser" if user.is_superuser else role_of(user),
        "rows": sessions.live(user),
        "this": session_of(request),
        "backup_codes": second_factor.backup_codes_left(user),
    }
    return render(request, "desk/account.html", {**admin.site.each_context(request), **context})


@require_POST
def end_sessions(request: HttpRequest) -> HttpResponse:
    """POST `session`: one of one's own by number, or `others`."""
    user, this = _me(request), session_of(request)
    asked, by = request.POST.get("session", ""), audit.staff(user.username)
    if asked == "others":
        sessions.end_all(user, why="ended from another one", by=by, but=this, now=clock.now())
    elif asked.isdecimal() and (row := sessions.live(user).filter(pk=int(asked)).first()) is not None:
        sessions.end(row, why="ended from another one", by=by, now=clock.now())
    return redirect("admin:account")


@require_POST
@sensitive_post_parameters()
def change_password(request: HttpRequest) -> HttpResponse:
    """POST `old`, `password`, `again`."""
    user, told = _me(request), request.POST
    key = request.session.session_key or ""
    # By the same way as a login, so that wrong ones are counted.
    if authenticate(request, username=user.username, password=told.get("old", "")) is None:
        messages.error(request, "That is not your password.")
    elif told.get("password") != told.get("again"):
        messages.error(request, "The two new passwords are not the same.")
    else:
        try:
            accounts.change_password(user=user, password=told["password"], keep=key, now=clock.now())
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        else:
            return _go_on(request, user, key)
    return redirect("admin:account")


def _go_on(request: HttpRequest, user: User, key: str) -> HttpResponse:
    """Django gives the session a new key, since its old one was bound to the old password; the row follows it."""
    update_session_auth_hash(request, user)
    sessions.move(before=key, after=request.session.session_key or "")
    messages.success(request, "Changed. All your other sessions have ended.")
    return redirect("admin:account")


def _me(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # admin_view has looked
    return User.objects.get(pk=request.user.pk)
