"""Atom: what happened, newest first, for any reader that asks now and then; what is older by `next` (RFC 5005, 3)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import wraps
from urllib.parse import urlencode

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest
from django.utils.feedgenerator import Atom1Feed
from django.utils.xmlutils import SimplerXMLGenerator
from django.views.decorators.http import conditional_page, require_safe

from alerts import telling, words
from alerts.models import Delivery, Follow
from oracle import events, selectors
from oracle.events import EventKind, Place, PublicEvent
from oracle.models import Expiry

ENTRIES = 50
AUTHOR = "Assize"
"""Every feed has to name one (RFC 4287, 4.1.1)."""
EXPIRIES = 200
"""The newest of an index that its feed looks at."""
K = EventKind
MILESTONES = tuple(
    kind
    for kind in K
    if kind not in (K.REPORTED, K.PLEDGED, K.VOTE_COMMITTED, K.VOTE_REVEALED, K.SERIES_CREATED)
)
"""What a feed of many expiries tells unless it is asked for more: how they move on, not each act of each account."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that a feed tells, under an id that it keeps; `at` in unix seconds."""

    id: str
    at: int
    event: PublicEvent
    told: telling.Told


class Unreadable(ValueError):
    """What the query of an address asks for cannot be read; says what to do."""


def _read(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A read with an ETag; a query that means nothing is a 400 that says why."""

    @wraps(view)
    def answered(request: HttpRequest, *args: str, **kwargs: str) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except Unreadable as error:
            return HttpResponseBadRequest(f"{error}\n", content_type="text/plain; charset=utf-8")

    return require_safe(conditional_page(answered))


@_read
def every(request: HttpRequest) -> HttpResponse:
    """How all expiries move on."""
    return _feed(request, "Assize: all expiries", "/expiries/", None, MILESTONES)


@_read
def named(request: HttpRequest, name: str) -> HttpResponse:
    """Of one expiry everything, of an index how its expiries move on."""
    expiry = selectors.find_expiry(name)
    if expiry is not None:
        return _feed(request, f"Assize: {expiry.slug}", f"/expiries/{expiry.slug}/", [expiry.id], ())
    return _feed(request, f"Assize: {name}", "/expiries/", _of_index(name), MILESTONES)


@_read
def followed(request: HttpRequest, token: str) -> HttpResponse:
    """What one follow tells. Whoever knows the address may read it."""
    follow = Follow.objects.filter(token=token, feed=True).first()
    if follow is None:
        raise Http404("no such feed")
    rows = follow.deliveries.filter(channel="feed").select_related("follow").order_by("-id")
    before = request.GET.get("before")
    if before is not None:
        rows = rows.filter(id__lt=_number(before))
    found = list(rows[: ENTRIES + 1])
    older = found[ENTRIES - 1].pk if len(found) > ENTRIES else None
    response = _write(request, "Assize: an alert", "/expiries/", _told(found[:ENTRIES]), older)
    response["Cache-Control"] = "private"
    return response


def _of_index(slug: str) -> list[str]:
    """The newest expiries of all versions of an index, by id; Http404 where there is none."""
    rows = Expiry.objects.filter(index__slug=slug).order_by("-expiry_at", "id")
    ids = list(rows.values_list("id", flat=True)[:EXPIRIES])
    if not ids:
        raise Http404("no such expiry or index")
    return ids


def _told(rows: Sequence[Delivery]) -> list[Entry]:
    """Newest first. A reminder is an entry of its own, as old as itself and not as the event that it is about."""
    places = {(row.seq, row.n) for row in rows if row.seq is not None and row.n is not None}
    found = {event.place: event for event in events.at_places(sorted(places))}
    entries = []
    for row in rows:
        if row.seq is None or row.n is None or (event := found.get((row.seq, row.n))) is None:
            continue
        again = row.purpose == Delivery.Purpose.REMINDER
        id_, at = (str(row), row.created_at) if again else (event.id, event.at)
        entries.append(Entry(id_, at, event, telling.told(row, event)))
    return entries


def _feed(
    request: HttpRequest, title: str, path: str, expiries: Collection[str] | None, kinds: Collection[EventKind]
) -> HttpResponse:
    """Events of these expiries, None: of all; of these kinds unless `kind` asks for others, none: of every kind."""
    before, wanted = _place(request.GET.get("before")), _kinds(request.GET.get("kind")) or kinds
    found = events.latest(limit=ENTRIES + 1, before=before, expiries=expiries, kinds=wanted)
    older = found[ENTRIES - 1].id if len(found) > ENTRIES else None
    entries = [Entry(event.id, event.at, event, telling.of_event(event)) for event in found[:ENTRIES]]
    return _write(request, title, path, entries, older)


def _place(text: str | None) -> Place | None:
    try:
        return None if text is None else events.parse_place(text)
    except ValueError as error:
        raise Unreadable(f"before: {error}.") from None


def _kinds(text: str | None) -> list[EventKind]:
    try:
        return [EventKind(word) for word in text.split(",")] if text is not None else []
    except ValueError:
        raise Unreadable(f"kind must be of {', '.join(EventKind)}, with commas between.") from None


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise Unreadable("before must be a whole number, as the link to the next page has it.")
    return int(text)


def _write(
    request: HttpRequest, title: str, path: str, entries: Sequence[Entry], older: str | int | None
) -> HttpResponse:
    """`older`: behind which entry the next page begins; None on the last page."""
    kind = {"kind": request.GET["kind"]} if "kind" in request.GET else {}
    first = _address(request, kind)
    own = first if "before" not in request.GET else _address(request, kind | {"before": request.GET["before"]})
    paging = {"first": first} | ({} if older is None else {"next": _address(request, kind | {"before": str(older)})})
    site = f"{settings.PUBLIC_URL}{path}"
    feed = _Paged(title, site, "", author_name=AUTHOR, feed_url=own, feed_guid=first, paging=paging)
    for entry in entries:
        told = entry.told
        lines = "; ".join(f"{name}: {value}" for name, value in told.lines)
        feed.add_item(
            told.title, told.link, f"{told.sentence} {lines}.",
            unique_id=f"tag:{words.host()},2026:event:{entry.id}", updateddate=datetime.fromtimestamp(entry.at, UTC),
            categories=(entry.event.kind,),
        )  # fmt: skip
    return HttpResponse(feed.writeString("utf-8"), content_type="application/atom+xml; charset=utf-8")


def _address(request: HttpRequest, query: dict[str, str]) -> str:
    asked = f"?{urlencode(query, safe=',')}" if query else ""
    return f"{settings.PUBLIC_URL}{request.path}{asked}"


class _Paged(Atom1Feed):
    """With the links of its pages. Without entries Django would say that the feed changed now, at every request."""

    def add_root_elements(self, handler: SimplerXMLGenerator) -> None:
        super().add_root_elements(handler)
        for rel, address in self.feed["paging"].items():
            handler.addQuickElement("link", "", {"rel": rel, "href": address})

    def latest_post_date(self) -> datetime:
        dates = [item["updateddate"] for item in self.items]
        return max(dates, default=datetime.fromtimestamp(0, UTC))
