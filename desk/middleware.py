"""Sessions of staff: a cookie of their own, and a row that says whether they still are (decision 45)."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse

from operators.models import StaffSession
from operators.services import sessions
from oracle import clock

PREFIX = "/admin/"
COOKIE = "assize_staff"

Answer = Callable[[HttpRequest], HttpResponse]


class StaffCookie:
    """Below /admin/ the session is another one than on the pages: a wallet's login says nothing here, nor this there.

    It stands before Django's own, which knows one name of a cookie.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(PREFIX):
            return self.get_response(request)
        theirs = settings.SESSION_COOKIE_NAME
        request.COOKIES.pop(theirs, None)
        if COOKIE in request.COOKIES:
            request.COOKIES[theirs] = request.COOKIES[COOKIE]
        response = self.get_response(request)
        if theirs in response.cookies:
            made = response.cookies.pop(theirs)
            response.cookies[COOKIE] = made.value
            response.cookies[COOKIE].update(made)
            response.cookies[COOKIE]["path"] = PREFIX
        return response


class StaffSessions:
    """Whoever is logged in below /admin/ has a live row, or is logged out: by time, from elsewhere, on the host."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith(PREFIX) and request.user.is_authenticated:
            key = request.session.session_key or ""
            row = sessions.seen(user=request.user, key=key, now=clock.now())
            if row is None:
                logout(request)
            request.staff_session = row  # type: ignore[attr-defined]
        return self.get_response(request)


def session_of(request: HttpRequest) -> StaffSession | None:
    """The live session that a request belongs to."""
    return getattr(request, "staff_session", None)
