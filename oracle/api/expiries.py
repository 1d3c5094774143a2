"""GET /api/v1/expiries, one expiry, its claims, its transcript."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from django.core.cache import caches
from django.http import HttpResponse
from django.utils.cache import get_conditional_response
from drf_spectacular.utils import extend_schema
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from oracle import selectors
from oracle.api import present, schema
from oracle.api.base import ApiView, integer, one_page, page_size
from oracle.api.problems import malformed, not_found
from oracle.models import BookHead, Expiry
from protocol.stages import Stage

MOST_CLAIMS = 50
MOST_SERIES = 50
CURSOR = re.compile(r"([0-9]{1,15})\.(0x[0-9a-f]{64})")


class ExpiryApi(ApiView):
    """The apps above know more of an expiry; whoever composes the addresses overrides `extras`."""

    def extras(self, expiries: Sequence[Expiry]) -> dict[str, dict[str, Any]]:
        """By expiry id: its `series_count` and its `publication`."""
        return {expiry.id: {"series_count": "0", "publication": None} for expiry in expiries}

    def series(self, expiry: Expiry) -> list[dict[str, Any]]:
        """At most MOST_SERIES of its series."""
        return []

    def documents(self, expiries: Sequence[Expiry]) -> list[dict[str, Any]]:
        expiries = selectors.with_rewards(expiries)
        extras = self.extras(expiries)
        return [present.expiry(each) | extras[each.id] for each in expiries]


class ExpiriesView(ExpiryApi):
    @extend_schema(
        operation_id="expiries",
        summary="Expiries in the order of their instants",
        description="Without claims and series, of which there may be any number: ask for those of one expiry.",
        parameters=[
            schema.query("stage", f"one of {', '.join(Stage)}"),
            schema.query("index", "slug or id of an index"),
            schema.query("cursor", "`next` of the page before"),
            schema.query("limit", "50, at most 100", int),
        ],
        responses={200: schema.Expiries, **schema.problems(400)},
    )
    def get(self, request: Request) -> Response:
        limit = page_size(request, default=50, most=100)
        stage, index = request.query_params.get("stage"), request.query_params.get("index")
        if stage is not None and stage not in list(Stage):
            raise malformed(f"stage must be one of {', '.join(Stage)}.")
        if index is not None and not re.fullmatch(r"[-\w]{1,100}", index, re.ASCII):
            raise malformed("index must be the slug or the id of an index.")
        found = selectors.expiries(stage=stage, index=index, after=_cursor(request))
        rows, cursor = one_page(found, limit, lambda row: f"{row.expiry_at}.{row.id}")
        return Response({"results": self.documents(rows), "next": cursor})


class ExpiryView(ExpiryApi):
    @extend_schema(
        operation_id="expiry",
        summary="One expiry, by id or slug",
        description=(
            f"With at most {MOST_CLAIMS} of its claims, those that took a round and then the heaviest, and its first"
            f" {MOST_SERIES} series by collateral and strike. `claims_count` and `series_count` say how many there are;"
            " `/expiries/{name}/claims` and `/series?expiry=` have all."
        ),
        responses={200: schema.Expiry, **schema.problems(404)},
    )
    def get(self, request: Request, name: str) -> Response:
        row = existing(name)
        (document,) = self.documents([row])
        claims = selectors.weightiest_claims(row, limit=MOST_CLAIMS)
        count = len(claims) if len(claims) < MOST_CLAIMS else selectors.claims_of(row).count()
        shown = {"claims": [present.claim(each) for each in claims], "claims_count": str(count)}
        return Response(document | shown | {"series": self.series(row)})


class ClaimsView(ApiView):
    @extend_schema(
        operation_id="claims",
        summary="All claims on an expiry, in the order in which they were opened",
        parameters=[
            schema.query("cursor", "`next` of the page before", int),
            schema.query("limit", "100, at most 500", int),
        ],
        responses={200: schema.Claims, **schema.problems(400, 404)},
    )
    def get(self, request: Request, name: str) -> Response:
        limit, after = page_size(request, default=100, most=500), integer(request, "cursor", default=0)
        rows, cursor = one_page(selectors.claims_of(existing(name), after=after), limit, lambda row: row.pk)
        return Response({"results": [present.claim(each) for each in rows], "next": cursor})


class TranscriptView(ApiView):
    @extend_schema(
        operation_id="transcript",
        summary="Everything that anybody needs to run an expiry again, offline",
        description=(
            "Check it with `python -m protocol verify FILE`. `sealed` while reports are still sealed. It is made anew"
            " when the expiry moves on; until then the outcome's `at` is when it was made."
        ),
        responses={200: schema.Transcript, **schema.problems(404)},
    )
    def get(self, request: Request, name: str) -> HttpResponse:
        moment = selectors.moment_of(name)
        if moment is None:
            raise not_found("expiry of this id or slug")
        etag = f'W/"{version(moment[0])}"'
        if (known := get_conditional_response(request._request, etag=etag)) is not None:
            return known
        response = HttpResponse(rendered_transcript(*moment), content_type="application/json")
        response["ETag"] = etag
        return response


def version(expiry: Expiry) -> str:
    """Acts change the head; a deadline that passes without one changes stage or deadline, and what is sealed."""
    return f"{expiry.id}.{expiry.head}.{expiry.stage}.{expiry.deadline}"


def rendered_transcript(expiry: Expiry, head: BookHead) -> bytes:
    """Rendered once for every state of the expiry: folding all of its acts is much work for one GET by anybody."""
    kept = caches["transcripts"]
    key = version(expiry)
    document: bytes | None = kept.get(key)
    if document is None:
        document = JSONRenderer().render(selectors.transcript_of(expiry, head))
        kept.set(key, document)
    return document


def existing(name: str) -> Expiry:
    """The expiry of this id or slug, or a 404."""
    expiry = selectors.find_expiry(name)
    if expiry is None:
        raise not_found("expiry of this id or slug")
    return expiry


def _cursor(request: Request) -> tuple[int, str] | None:
    text = request.query_params.get("cursor")
    if text is None:
        return None
    found = CURSOR.fullmatch(text)
    if found is None:
        raise malformed("cursor must be the `next` of a page before.")
    return int(found[1]), found[2]
