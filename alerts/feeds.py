"""Atom: what happened, newest first, for any reader that asks now and then."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import UTC, datetime

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.feedgenerator import Atom1Feed
from django.views.decorators.http import conditional_page, require_safe

from alerts import words
from alerts.models import Follow
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
    places = follow.deliveries.filter(channel="feed").order_by("-seq", "-n").values_list("seq", "n")[:ENTRIES]
    response = _feed(
        request,
        "Assize: an alert",
        "/expiries/",
        events.at_places([(seq, n) for seq, n in places if seq is not None and n is not None]),
    )
    response["Cache-Control"] = "private"
    return response


def of_index(slug: str, kinds: Collection[EventKind]) -> list[PublicEvent]:
    """Of all versions of an index; Http404 where there is none."""
    rows = Expiry.objects.filter(index__slug=slug).order_by("-expiry_at", "id")
    ids = list(rows.values_list("id", flat=True)[:EXPIRIES])
    if not ids:
        raise Http404("no such expiry or index")
    return list(events.latest(limit=ENTRIES, expiries=ids, kinds=kinds))


def _feed(request: HttpRequest, title: str, path: str, found: Iterable[PublicEvent]) -> HttpResponse:
    own = f"{settings.PUBLIC_URL}{request.path}"
    feed = _Stable(title, f"{settings.PUBLIC_URL}{path}", "", feed_url=own, feed_guid=own)
    for event in found:
        lines = "; ".join(f"{name}: {value}" for name, value in words.lines(event))
        feed.add_item(
            words.title(event), words.link(event), f"{words.sentence(event)} {lines}.",
            unique_id=f"tag:{words.host()},2026:event:{event.id}", updateddate=datetime.fromtimestamp(event.at, UTC),
            categories=(event.kind,),
        )  # fmt: skip
    return HttpResponse(feed.writeString("utf-8"), content_type="application/atom+xml; charset=utf-8")


class _Stable(Atom1Feed):
    """Without entries Django would say that the feed changed now, at every request."""

    def latest_post_date(self) -> datetime:
        dates = [item["updateddate"] for item in self.items]
        return max(dates, default=datetime.fromtimestamp(0, UTC))
