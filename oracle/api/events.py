"""GET /api/v1/events and /events/stream: what happens, in the order of the book, from any place on."""

from __future__ import annotations

import re
from typing import Any

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from oracle import events
from oracle.api import schema
from oracle.api.base import ApiView, page_size
from oracle.api.codes import Code
from oracle.api.problems import Problem, malformed
from oracle.api.stream import Busy, Stream
from oracle.events import EventKind, Place, PublicEvent

_ID = re.compile(r"0x[0-9a-f]{64}")

FILTERS = [
    schema.query("expiry", "id of an expiry"),
    schema.query("kind", f"one or more, with commas between, of {', '.join(EventKind)}"),
]


class EventsView(ApiView):
    @extend_schema(
        operation_id="events",
        summary="What has happened, in the order of the book",
        description=(
            "An event's id is its place, and says the same for ever. Ask again with `next` as `after`: no event will"
            " ever turn up behind a place that you have read up to."
        ),
        parameters=[
            schema.query("after", "id of the last event that you have; from the beginning where left out"),
            *FILTERS,
            schema.query("limit", "100, at most 500", int),
        ],
        responses={200: schema.Events, **schema.problems(400)},
    )
    def get(self, request: Request) -> Response:
        limit, after = page_size(request, default=100, most=500), _place(request.query_params.get("after"))
        found = events.page(after=after, limit=limit + 1, **_filters(request))
        shown = found[:limit]
        last = shown[-1].id if shown else f"{after[0]}.{after[1]}"
        return Response({"results": [show(each) for each in shown], "next": last, "more": len(found) > limit})


class EventStreamView(ApiView):
    @extend_schema(
        operation_id="event_stream",
        summary="The same as server-sent events, as they happen",
        description=(
            "`id`, `event` (the kind) and `data` (as in the list) for each; a comment as heartbeat. It begins behind"
            " `Last-Event-ID`, else `after`, else now, and ends by itself after some minutes: connect again, as an"
            " EventSource does, and nothing is missed."
        ),
        parameters=[schema.query("after", "id of the last event that you have"), *FILTERS],
        responses={
            (200, "text/event-stream"): OpenApiResponse(
                OpenApiTypes.STR, description="events as they happen"
            ),
            **schema.problems(400, 503),
        },
    )
    def get(self, request: Request) -> StreamingHttpResponse:
        text = request.headers.get("Last-Event-ID") or request.query_params.get("after")
        after, filters = events.newest() if text is None else _place(text), _filters(request)
        try:
            stream = Stream(after, lambda place: events.page(after=place, limit=100, **filters), show)
        except Busy:
            detail = "All streams of this process are taken; read /api/v1/events, or come back in a minute."
            raise Problem(Code.UNAVAILABLE, detail, wait=60) from None
        response = StreamingHttpResponse(stream, content_type="text/event-stream")
        response["Cache-Control"] = "no-store"
        response["X-Accel-Buffering"] = "no"  # nginx would keep events back
        return response


def show(event: PublicEvent) -> dict[str, Any]:
    """An event in the API, in streams and in whatever is sent to anybody."""
    return {
        "id": event.id,
        "kind": event.kind,
        "at": str(event.at),
        "expiry": event.expiry,
        "slug": event.slug,
        "digest": event.digest,
        "data": event.data,
    }


def _place(text: str | None) -> Place:
    try:
        return events.START if text is None else events.parse_place(text)
    except ValueError as error:
        raise malformed(f"after: {error}.") from None


def _filters(request: Request) -> dict[str, Any]:
    """`expiry` and `kinds` for `events.page`."""
    expiry, kinds = request.query_params.get("expiry"), request.query_params.get("kind")
    if expiry is not None and not _ID.fullmatch(expiry):
        raise malformed("expiry must be the id of an expiry.")
    wanted = kinds.split(",") if kinds is not None else []
    if set(wanted) - set(EventKind):
        raise malformed(f"kind must be of {', '.join(EventKind)}.")
    return {"expiry": expiry, "kinds": [EventKind(kind) for kind in wanted]}
