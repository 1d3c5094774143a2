"""iCalendar: instants, and the windows in which one can act (RFC 5545).

An entry keeps its UID through its life, and is the same bytes until something about it changes: an expiry that opens
later than planned, or an outage that makes a window longer. Then its SEQUENCE grows, and its DTSTAMP is that moment.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from django.conf import settings
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import conditional_page, require_safe
from icalendar import Alarm, Calendar, Event, vText
from icalendar.parser import Contentline

from alerts.entries import MOST, Entry, current, entries, rows
from alerts.models import CalendarLink, Follow
from alerts.services.reminders import LAST_PART
from oracle import selectors
from oracle.models import Act, Elector, Expiry, Index
from protocol.show import LAST_SECOND
from protocol.stages import Stage

FOLDED_FROM = 75
_END = b"END:VCALENDAR"


@require_safe
@conditional_page
def every(request: HttpRequest) -> HttpResponse:
    """All expiries that are not over for long."""
    return _calendar("Assize", current(Q()))


@require_safe
@conditional_page
def named(request: HttpRequest, name: str) -> HttpResponse:
    """Of one expiry, or of an index."""
    expiry = selectors.find_expiry(name)
    if expiry is not None:
        return _calendar(f"Assize: {expiry.slug}", rows(Q(id=expiry.id)))
    if not Index.objects.filter(slug=name).exists():
        raise Http404("no such expiry or index")
    return _calendar(f"Assize: {name}", current(Q(index__slug=name)))


@require_safe
@conditional_page
def ballot(request: HttpRequest, name: str, number: int) -> HttpResponse:
    """The windows of a ballot that runs, each with an alarm, and the address at which one votes."""
    found = selectors.find_expiry(name)
    expiry = found and rows(Q(id=found.id)).get()
    if expiry is None or not 1 <= number <= expiry.ballot:
        raise Http404("no such ballot")
    runs = number == expiry.ballot and expiry.stage in (Stage.COMMIT, Stage.REVEAL)
    page = f"{settings.PUBLIC_URL}/vote/{expiry.slug}/{number}/"
    shown = []
    for entry in list(entries(expiry))[1:] if runs else []:
        event, revealing = _event(entry), f".{Stage.REVEAL}." in entry.uid
        event["url"] = event["description"] = vText(f"{page}reveal" if revealing else page)
        event.add_component(_alarm(event.DTEND - event.DTSTART))
        shown.append(event.to_ical())
    return _written(f"Assize: ballot {number} on {expiry.slug}", shown)


def _alarm(window: timedelta) -> Alarm:
    """When the last part of a window begins, as with the reminders by mail."""
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", "A ballot of Assize closes")
    alarm.add("trigger", -window // LAST_PART, parameters={"RELATED": "END"})
    return alarm


@require_safe
@conditional_page
def mine(request: HttpRequest, token: str) -> HttpResponse:
    """What an account follows, acted on or votes on. Whoever knows the address may read it."""
    link = CalendarLink.objects.filter(token=token).first()
    if link is None:
        raise Http404("no such calendar")
    follows = Follow.objects.filter(account=link.account, paused=False)
    targets = {
        scope: list(follows.filter(scope=scope).values_list("target", flat=True)) for scope in Follow.Scope
    }
    where = Q(id__in=targets[Follow.Scope.EXPIRY]) | Q(index__slug__in=targets[Follow.Scope.INDEX])
    acted = Act.objects.filter(account=link.account, expiry__isnull=False).order_by("-seq")
    voted = Elector.objects.filter(account=link.account).order_by("-id")
    where |= Q(
        id__in={id_ for found in (acted, voted) for id_ in found.values_list("expiry", flat=True)[:MOST]}
    )
    response = _calendar("Assize: mine", current(Q() if targets[Follow.Scope.ALL] else where))
    response["Cache-Control"] = "private"
    return response


def _calendar(title: str, expiries: Iterable[Expiry]) -> HttpResponse:
    return _written(title, [_bytes(entry) for expiry in expiries for entry in entries(expiry)])


def _written(title: str, shown: Iterable[bytes]) -> HttpResponse:
    calendar = Calendar()
    calendar.add("prodid", "-//Assize//Expiries//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", title)
    empty: bytes = calendar.to_ical()
    return HttpResponse(
        empty.replace(_END, b"".join(shown) + _END), content_type="text/calendar; charset=utf-8"
    )


def _event(entry: Entry) -> Event:
    found = Event()
    found.add("uid", entry.uid)
    found.add("sequence", entry.sequence)
    found.add("dtstamp", _utc(entry.changed))
    found.add("dtstart", _utc(entry.start))
    found.add("dtend", _utc(entry.end))
    found.add("summary", entry.summary)
    found.add("url", entry.url)
    found.add("transp", "TRANSPARENT")
    return found


@lru_cache(maxsize=8 * MOST)
def _bytes(entry: Entry) -> bytes:
    """As the library writes `_event`, to the byte (a test compares), in a fifth of the time: there are hundreds."""
    lines = (
        "BEGIN:VEVENT",
        f"SUMMARY:{vText(entry.summary).to_ical().decode()}",
        f"DTSTART:{_stamp(entry.start)}",
        f"DTEND:{_stamp(entry.end)}",
        f"DTSTAMP:{_stamp(entry.changed)}",
        f"UID:{vText(entry.uid).to_ical().decode()}",
        f"SEQUENCE:{entry.sequence}",
        "TRANSP:TRANSPARENT",
        f"URL:{entry.url}",
        "END:VEVENT",
    )
    return b"".join(_folded(line) + b"\r\n" for line in lines)


def _folded(line: str) -> bytes:
    """The library looks at each character, also of a line that is short enough."""
    short = len(line) < FOLDED_FROM and line.isascii()
    folded: bytes = line.encode() if short else Contentline(line).to_ical()  # type: ignore[no-untyped-call]
    return folded


def _stamp(second: int) -> str:
    return f"{_utc(second):%Y%m%dT%H%M%SZ}"


def _utc(second: int) -> datetime:
    return datetime.fromtimestamp(min(second, LAST_SECOND), UTC)
