"""Atom: what happened, newest first, for any reader that asks now and then."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.feedgenerator import Atom1Feed
from django.views.decorators.http import conditional_page, require_safe

from alerts import telling, words
from alerts.models import Delivery, Follow
from oracle import events, selectors
from oracle.events import EventKind, PublicEvent
from oracle.models import Expiry

ENTRIES = 50
EXPIRIES = 200
"""The newest of an index that its feed looks at."""
K = EventKind
MILESTONES = tuple(
    kind
    for kind in K
    if kind not in (K.REPORTED, K.PLEDGED, K.VOTE_COMMITTED, K.VOTE_REVEALED, K.SERIES_CREATED)
)
"""What a feed of many expiries tells: how they move on, not each act of each account."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that a feed tells, under an id that it keeps; `at` in unix seconds."""

    id: str
    at: int
    event: PublicEvent
    told: telling.Told


@require_safe
@conditional_page
def every(request: HttpRequest) -> HttpResponse:
    """How all expiries move on."""
    return _feed(
        request, "Assize: all expiries", "/expiries/", events.latest(limit=ENTRIES, kinds=MILESTONES)
    )


@require_safe
@conditional_page
def named(request: HttpRequest, name: str) -> HttpResponse:
    """Of one expiry everything, of an index how its expiries move on."""
    expiry = selectors.find_expiry(name)
    if expiry is not None:
        found = events.latest(limit=ENTRIES, expiries=[expiry.id])
        return _feed(request, f"Assize: {expiry.slug}", f"/expiries/{expiry.slug}/", found)
    return _feed(request, f"Assize: {name}", "/expiries/", of_index(name, MILESTONES))


@require_safe
@conditional_page
def followed(request: HttpRequest, token: str) -> HttpResponse:
    """What one follow tells. Whoever knows the address may read it."""
    follow = Follow.objects.filter(token=token, feed=True).first()
    if follow is None:
        raise Http404("no such feed")
    response = _write(request, "Assize: an alert", "/expiries/", _told(follow))
    response["Cache-Control"] = "private"
    return response


def of_index(slug: str, kinds: Collection[EventKind]) -> list[PublicEvent]:
    """Of all versions of an index; Http404 where there is none."""
    rows = Expiry.objects.filter(index__slug=slug).order_by("-expiry_at", "id")
    ids = list(rows.values_list("id", flat=True)[:EXPIRIES])
    if not ids:
        raise Http404("no such expiry or index")
    return list(events.latest(limit=ENTRIES, expiries=ids, kinds=kinds))


def _told(follow: Follow) -> Iterable[Entry]:
    """Newest first. A reminder is an entry of its own, as old as itself and not as the event that it is about."""
    rows = list(follow.deliveries.filter(channel="feed").select_related("follow").order_by("-id")[:ENTRIES])
    places = {(row.seq, row.n) for row in rows if row.seq is not None and row.n is not None}
    found = {event.place: event for event in events.at_places(sorted(places))}
    for row in rows:
        if row.seq is None or row.n is None or (event := found.get((row.seq, row.n))) is None:
            continue
        again = row.purpose == Delivery.Purpose.REMINDER
        told = telling.told(row, event)
        yield (
            Entry(str(row), row.created_at, event, told) if again else Entry(event.id, event.at, event, told)
        )


def _feed(request: HttpRequest, title: str, path: str, found: Iterable[PublicEvent]) -> HttpResponse:
    entries = (Entry(event.id, event.at, event, telling.of_event(event)) for event in found)
    return _write(request, title, path, entries)


def _write(request: HttpRequest, title: str, path: str, entries: Iterable[Entry]) -> HttpResponse:
    own = f"{settings.PUBLIC_URL}{request.path}"
    feed = _Stable(title, f"{settings.PUBLIC_URL}{path}", "", feed_url=own, feed_guid=own)
    for entry in entries:
        told = entry.told
        lines = "; ".join(f"{name}: {value}" for name, value in told.lines)
        feed.add_item(
            told.title, told.link, f"{told.sentence} {lines}.",
            unique_id=f"tag:{words.host()},2026:event:{entry.id}", updateddate=datetime.fromtimestamp(entry.at, UTC),
            categories=(entry.event.kind,),
        )  # fmt: skip
    return HttpResponse(feed.writeString("utf-8"), content_type="application/atom+xml; charset=utf-8")


class _Stable(Atom1Feed):
    """Without entries Django would say that the feed changed now, at every request."""

    def latest_post_date(self) -> datetime:
        dates = [item["updateddate"] for item in self.items]
        return max(dates, default=datetime.fromtimestamp(0, UTC))
