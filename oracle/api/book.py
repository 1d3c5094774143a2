"""GET /api/v1/book and /api/v1/service: what whoever follows the service needs (PROTOCOL 7)."""

from __future__ import annotations

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from oracle import clock, selectors, signer
from oracle.api import present, schema
from oracle.api.base import ApiView, integer, page_size


class BookView(ApiView):
    @extend_schema(
        operation_id="book",
        summary="Entries and beats after those that you have",
        description="Ask again with the last seq and the last beat's time while `more` is true.",
        parameters=[
            schema.query("after", "seq of the last entry that you have", int),
            schema.query("beats_after", "unix second of the last beat that you have", int),
            schema.query("limit", "most entries, and most beats; 500 at most", int),
        ],
        responses={200: schema.Book, **schema.problems(400)},
    )
    def get(self, request: Request) -> Response:
        page = selectors.book_page(
            after=integer(request, "after", default=0),
            beats_after=integer(request, "beats_after", default=0),
            limit=page_size(request, default=500, most=500),
        )
        return Response(
            {
                "entries": [present.entry(act) for act in page.entries],
                "beats": [present.beat(beat) for beat in page.beats],
                "head": present.head(page.head),
                "more": page.more,
            }
        )


class ServiceView(ApiView):
    @extend_schema(
        operation_id="service",
        summary="Whose signatures count, and for which chain and contract",
        responses={200: schema.Service},
    )
    def get(self, request: Request) -> Response:
        return Response(
            {
                "chain_id": str(settings.CHAIN_ID),
                "oracle": settings.ORACLE_ADDRESS,
                "factory": settings.FACTORY_ADDRESS,
                "feeds": settings.FEEDS_ADDRESS,
                "escrow": settings.ESCROW_ADDRESS,
                "service": signer.service_address(),
                "treasury": settings.TREASURY_ADDRESS,
                "unbonding_delay": str(settings.UNBONDING_DELAY),
                "beat_seconds": str(settings.BEAT_SECONDS),
                "head": present.head(selectors.book_head()),
                "time": str(clock.now()),
            }
        )
