"""Two questions that a supervisor or load balancer asks."""

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse

from oracle import clock, selectors
from oracle.services import pausing

OVERDUE_SECONDS = 60
"""Ticks come every two seconds. What is due for longer is stuck, or nobody rings."""


def live(request: HttpRequest) -> HttpResponse:
    """This process answers; it says nothing about the services it uses."""
    return JsonResponse({"live": True})


def ready(request: HttpRequest) -> HttpResponse:
    """Acts can be taken. Redis is not asked: nothing needs it to take an act.

    Where operators have paused intake it says so and is ready all the same: who asks for acts hears why there are none.
    """
    try:
        paused = pausing.paused_since()
        reason = _not_ready(clock.now(), paused=paused is not None)
    except DatabaseError:
        reason = "the database does not answer"
    if reason:
        return JsonResponse({"ready": False, "reason": reason}, status=503)
    return JsonResponse({"ready": True, **({"paused": pausing.words(paused)} if paused else {})})


def _not_ready(now: int, *, paused: bool) -> str:
    """Why acts cannot be taken here; empty when they can."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT extract(epoch FROM clock_timestamp())::bigint")
        ahead = now - cursor.fetchone()[0]
    if 0 < settings.CLOCK_TOLERANCE_SECONDS < ahead:
        return f"the clock here is {ahead} s ahead of the database's"
    if paused:
        return ""  # no deadline passes, so none is overdue
    if slug := selectors.overdue(since=now - OVERDUE_SECONDS - 1):
        return f"a deadline of {slug} has passed more than {OVERDUE_SECONDS} s ago and is not processed"
    return ""
