"""GET /api/v1/series and /publications, POST /publications/{id}/signatures."""

from __future__ import annotations

import re
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from oracle import clock
from oracle.api import schema as shared
from oracle.api.base import ApiView, body_of, integer, one_page, page_size
from oracle.api.codes import Code
from oracle.api.problems import Problem, malformed
from settlement import selectors
from settlement.api import present, schema
from settlement.chain.errors import ChainError
from settlement.models import Publication, Series
from settlement.series_states import counted_to, states_of
from settlement.services import signing
from settlement.stages import PublicationStage

ADDRESS = re.compile(r"0x[0-9a-f]{40}")
ID = re.compile(r"0x[0-9a-f]{64}")


class SeriesView(ApiView):
    @extend_schema(
        operation_id="series",
        summary="Series, by address: settled, redeemable and redeemed, three things",
        parameters=[
            shared.query("expiry", "id of an expiry"),
            shared.query("origin", f"one of {', '.join(Series.Origin.values)}"),
            shared.query("cursor", "`next` of the page before"),
            shared.query("limit", "100, at most 200", int),
        ],
        responses={200: schema.SeriesPage, **shared.problems(400)},
    )
    def get(self, request: Request) -> Response:
        limit = page_size(request, default=100, most=200)
        expiry, after = request.query_params.get("expiry"), request.query_params.get("cursor", "")
        if expiry is not None and not ID.fullmatch(expiry):
            raise malformed("expiry must be the id of an expiry.")
        if after and not ADDRESS.fullmatch(after):
            raise malformed("cursor must be the `next` of a page before.")
        origin = request.query_params.get("origin")
        if origin is not None and origin not in Series.Origin.values:
            raise malformed(f"origin must be one of {', '.join(Series.Origin.values)}.")
        found = selectors.series_page(expiry_id=expiry, origin=origin, after=after)
        rows, cursor = one_page(found, limit, lambda row: row.address)
        states, block = states_of(rows), counted_to().read_to
        return Response(
            {
                "counted_to": None if block < 0 else str(block),
                "results": [present.series(row, states[row.address]) for row in rows],
                "next": cursor,
            }
        )


class PublicationsView(ApiView):
    @extend_schema(
        operation_id="publications",
        summary="Batches of final prices on their way to the chain, the oldest first",
        description="Attestors sign `Attestations` over exactly the items, in this order, of those that are PLANNED.",
        parameters=[
            shared.query("stage", f"one of {', '.join(PublicationStage)}"),
            shared.query("cursor", "`next` of the page before", int),
            shared.query("limit", "10, at most 20: each has up to 100 items", int),
        ],
        responses={200: schema.Publications, **shared.problems(400)},
    )
    def get(self, request: Request) -> Response:
        limit = page_size(request, default=10, most=20)
        stage = request.query_params.get("stage")
        if stage is not None and stage not in list(PublicationStage):
            raise malformed(f"stage must be one of {', '.join(PublicationStage)}.")
        after = integer(request, "cursor", default=0)
        found = selectors.publications(stage=PublicationStage(stage) if stage else None).filter(pk__gt=after)
        rows, cursor = one_page(found, limit, lambda row: row.pk)
        items = selectors.items_of(rows)
        results = [present.publication(row, items[row.pk]) for row in rows]
        return Response({"results": results, "next": cursor})


class SignaturesView(ApiView):
    @extend_schema(
        operation_id="attest",
        summary="An attestor's signature over a publication, or why it does not sign",
        description="Send `signature`, or `attestor` and `refusal`. The same again changes nothing.",
        request=schema.Attested,
        responses={201: schema.Publication, **shared.problems(400, 403, 404, 413, 415, 429, 503)},
    )
    def post(self, request: Request, publication_id: int) -> Response:
        try:
            answer = self._take(request, publication_id)
        except ChainError as error:
            raise Problem(Code.UNAVAILABLE, f"The chain does not answer; try again. {error}") from None
        if isinstance(answer, signing.Problem):
            raise Problem(answer.code, answer.detail)
        fresh = selectors.publications().get(pk=answer.pk)
        return Response(present.publication(fresh, selectors.items_of([fresh])[fresh.pk]), status=201)

    def _take(self, request: Request, publication_id: int) -> Publication | signing.Problem:
        if "refusal" in request.data:
            attestor, text = refusal_of(body_of(request, ("attestor", "refusal")))
            return signing.add_refusal(
                publication_id=publication_id, attestor=attestor, text=text, now=clock.now()
            )
        (signature,) = body_of(request, ("signature",))
        return signing.add_signature(publication_id=publication_id, signature=signature, now=clock.now())


def refusal_of(values: list[Any]) -> tuple[str, str]:
    """An attestor's address and its words, out of a body; malformed otherwise."""
    attestor, text = values
    if not isinstance(attestor, str) or not ADDRESS.fullmatch(attestor):
        raise malformed("attestor: an address is 0x and 40 lower-case hex digits.")
    if not isinstance(text, str) or not text or "\0" in text:
        raise malformed("refusal: say in words why.")
    return attestor, text.encode(errors="replace").decode()
