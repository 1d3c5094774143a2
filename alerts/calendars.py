"""iCalendar: instants, and the windows in which one can act (RFC 5545).

An entry keeps its UID through its life, and is the same bytes until something about it changes: an expiry that opens
later than planned, or an outage that makes a window longer. Then its SEQUENCE grows, and its DTSTAMP is that moment.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from django.conf import settings
from django.db.models import Count, Max, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import conditional_page, require_safe
from icalendar import Alarm, Calendar, Event, vText

from alerts import words
from alerts.models import CalendarLink, Follow
from alerts.services.reminders import LAST_PART
from oracle import clock, selectors
from oracle import models as oracle
from oracle.models import Act, Elector, Expiry
from protocol.show import LAST_SECOND, pair
from protocol.stages import Stage
from protocol.terms import Terms

MOST = 500
PAST_SECONDS = 7 * 86_400
_END = b"END:VCALENDAR"
WINDOWS = {
    Stage.REPORTING: "reports are taken",
    Stage.CHALLENGE: "the standing price can be disputed",
    Stage.COMMIT: "votes are committed",
    Stage.REVEAL: "votes must be revealed",
    Stage.RULING: "guardians rule",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """What a calendar says about one window or instant; times in unix seconds."""

    uid: str
    url: str
    summary: str
    start: int
    end: int
    changed: int
    sequence: int


@dataclass(frozen=True, slots=True)
class Changes:
    """When an expiry was listed or an outage moved it last, and how many outages did."""

    at: int
    outages: int


@require_safe
@conditional_page
def every(request: HttpRequest) -> HttpResponse:
    """All expiries that are not over for long."""
    return _calendar("Assize", _current())


@require_safe
@conditional_page
def named(request: HttpRequest, name: str) -> HttpResponse:
    """Of one expiry, or of an index."""
    expiry = selectors.find_expiry(name)
    if expiry is not None:
        return _calendar(f"Assize: {expiry.slug}", [expiry])
    if not oracle.Index.objects.filter(slug=name).exists():
        raise Http404("no such expiry or index")
    return _calendar(f"Assize: {name}", _current(Q(index__slug=name)))


@require_safe
@conditional_page
def ballot(request: HttpRequest, name: str, number: int) -> HttpResponse:
    """The windows of a ballot that runs, each with an alarm, and the address at which one votes."""
    expiry = selectors.find_expiry(name)
    if expiry is None or not 1 <= number <= expiry.ballot:
        raise Http404("no such ballot")
    runs = number == expiry.ballot and expiry.stage in (Stage.COMMIT, Stage.REVEAL)
    page = f"{settings.PUBLIC_URL}/vote/{expiry.slug}/{number}/"
    entries = list(_entries(expiry, _changes([expiry])[expiry.id]))[1:] if runs else []
    shown = []
    for entry in entries:
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
    acted = (
        Act.objects.filter(account=link.account, expiry__isnull=False)
        .order_by("-seq")
        .values("expiry")[:MOST]
    )
    voted = Elector.objects.filter(account=link.account).order_by("-id").values("expiry")[:MOST]
    where |= Q(id__in=list(acted.values_list("expiry", flat=True)))
    where |= Q(id__in=list(voted.values_list("expiry", flat=True)))
    response = _calendar("Assize: mine", _current(Q() if targets[Follow.Scope.ALL] else where))
    response["Cache-Control"] = "private"
    return response


def _current(where: Q | None = None) -> Sequence[Expiry]:
    """Expiries that run or are to come, and those of the last days."""
    rows = Expiry.objects.select_related("index").filter(where or Q())
    recent = Q(expiry_at__gte=clock.now() - PAST_SECONDS)
    return list(rows.filter(recent | ~Q(stage=Stage.FINAL)).order_by("expiry_at", "id")[:MOST])


def _calendar(title: str, expiries: Sequence[Expiry]) -> HttpResponse:
    changes = _changes(expiries)
    return _written(
        title, [_bytes(entry) for expiry in expiries for entry in _entries(expiry, changes[expiry.id])]
    )


def _written(title: str, entries: Iterable[bytes]) -> HttpResponse:
    calendar = Calendar()
    calendar.add("prodid", "-//Assize//Expiries//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", title)
    empty: bytes = calendar.to_ical()
    return HttpResponse(
        empty.replace(_END, b"".join(entries) + _END), content_type="text/calendar; charset=utf-8"
    )


def _changes(expiries: Sequence[Expiry]) -> dict[str, Changes]:
    """In two queries for all of them."""
    ids = [expiry.id for expiry in expiries]
    listed = dict(oracle.Event.objects.filter(expiry__in=ids, kind="listed").values_list("expiry", "at"))
    outages = Act.objects.filter(expiry__in=ids, kind="Outage").values_list("expiry")
    moved = {id_: (count, at) for id_, count, at in outages.annotate(Count("seq"), Max("at"))}
    found = {}
    for expiry in expiries:
        count, at = moved.get(expiry.id, (0, 0))
        found[expiry.id] = Changes(max(at, listed.get(expiry.id) or 0), count)
    return found


def _entries(expiry: Expiry, changes: Changes) -> Iterable[Entry]:
    name = f"{pair(expiry.index.spec, expiry.index.slug)} {expiry.slug}"
    if not 0 <= expiry.expiry_at <= LAST_SECOND:
        return
    yield _entry(expiry, "instant", f"{name}: expires", expiry.expiry_at, expiry.expiry_at, changes.at, 0)
    terms = Terms.from_json(expiry.raised or expiry.terms)
    if expiry.stage == Stage.SCHEDULED:
        ends = expiry.opens_at + terms.report_window
        window = "REPORTING.0.0.0"
        what = f"{name}: {WINDOWS[Stage.REPORTING]}"
        yield _entry(expiry, window, what, expiry.opens_at, ends, changes.at, changes.outages)
    elif expiry.deadline is not None:
        yield _running(expiry, name, terms, changes)
        if expiry.stage == Stage.COMMIT:
            yield _reveal_to_come(expiry, name, terms, changes)


def _running(expiry: Expiry, name: str, terms: Terms, changes: Changes) -> Entry:
    stage, ends = Stage(expiry.stage), expiry.deadline or 0
    long = getattr(terms, f"{stage.lower()}_window" if stage != Stage.REPORTING else "report_window")
    at = max(changes.at, expiry.opened_at or 0)
    what = f"{name}: {WINDOWS[stage]}"
    return _entry(expiry, _window(expiry, stage), what, ends - long, ends, at, changes.outages + 1)


def _reveal_to_come(expiry: Expiry, name: str, terms: Terms, changes: Changes) -> Entry:
    """Known before it opens: whoever commits can put both into their calendar at once."""
    starts = expiry.deadline or 0
    at, what = max(changes.at, expiry.opened_at or 0), f"{name}: {WINDOWS[Stage.REVEAL]}"
    window = _window(expiry, Stage.REVEAL)
    return _entry(expiry, window, what, starts, starts + terms.reveal_window, at, changes.outages + 1)


def _window(expiry: Expiry, stage: Stage) -> str:
    return f"{stage}.{expiry.extensions}.{expiry.round}.{expiry.ballot}"


def _entry(
    expiry: Expiry, what: str, summary: str, start: int, end: int, changed: int, sequence: int
) -> Entry:
    uid, url = f"{expiry.id}.{what}@{words.host()}", f"{settings.PUBLIC_URL}/expiries/{expiry.slug}/"
    return Entry(uid, url, summary, start, end, changed, sequence)


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
    """Kept: the library takes 0.2 ms for one, and a calendar has hundreds."""
    found: bytes = _event(entry).to_ical()
    return found


def _utc(second: int) -> datetime:
    return datetime.fromtimestamp(min(second, LAST_SECOND), UTC)
