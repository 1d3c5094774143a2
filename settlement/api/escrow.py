"""GET /api/v1/roots, /roots/{epoch}/leaves, /accounts/{address}/leaf, /reserves; POST /roots/{id}/signatures."""

from __future__ import annotations

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from oracle import clock
from oracle.api import schema as shared
from oracle.api.base import ApiView, body_of, integer, one_page, page_size
from oracle.api.codes import Code
from oracle.api.problems import Problem, malformed, not_found
from settlement import reserves
from settlement.api import present, schema
from settlement.api.views import ADDRESS, refusal_of
from settlement.chain.errors import ChainError
from settlement.models import Root
from settlement.root_stages import RootStage
from settlement.services import root_signing, signing
from settlement.services.roots import document_of


class RootsView(ApiView):
    @extend_schema(
        operation_id="roots",
        summary="Roots of what the escrow owes, on their way to the chain, the oldest first",
        description="Attestors sign `Root` over epoch, root and block of those that are PLANNED.",
        parameters=[
            shared.query("stage", f"one of {', '.join(RootStage)}"),
            shared.query("cursor", "`next` of the page before", int),
            shared.query("limit", "20, at most 100", int),
        ],
        responses={200: schema.Roots, **shared.problems(400)},
    )
    def get(self, request: Request) -> Response:
        limit = page_size(request, default=20, most=100)
        stage = request.query_params.get("stage")
        if stage is not None and stage not in list(RootStage):
            raise malformed(f"stage must be one of {', '.join(RootStage)}.")
        after = integer(request, "cursor", default=0)
        found = reserves.roots(stage=RootStage(stage) if stage else None).filter(pk__gt=after)
        rows, cursor = one_page(found, limit, lambda row: row.pk)
        return Response({"results": [present.root(row) for row in rows], "next": cursor})


class RootSignaturesView(ApiView):
    @extend_schema(
        operation_id="attest_root",
        summary="An attestor's signature over a root, or why it does not sign",
        description="Send `signature`, or `attestor` and `refusal`. The same again changes nothing.",
        request=schema.Attested,
        responses={201: schema.Root, **shared.problems(400, 403, 404, 413, 415, 429, 503)},
    )
    def post(self, request: Request, root_id: int) -> Response:
        try:
            answer = self._take(request, root_id)
        except ChainError as error:
            raise Problem(Code.UNAVAILABLE, f"The chain does not answer; try again. {error}") from None
        if isinstance(answer, signing.Problem):
            raise Problem(answer.code, answer.detail)
        return Response(present.root(reserves.roots().get(pk=answer.pk)), status=201)

    def _take(self, request: Request, root_id: int) -> Root | signing.Problem:
        if "refusal" in request.data:
            attestor, text = refusal_of(body_of(request, ("attestor", "refusal")))
            return root_signing.add_root_refusal(
                root_id=root_id, attestor=attestor, text=text, now=clock.now()
            )
        (signature,) = body_of(request, ("signature",))
        return root_signing.add_root_signature(root_id=root_id, signature=signature, now=clock.now())


class RootFileView(ApiView):
    @extend_schema(
        operation_id="root_file",
        summary="All leaves of a root",
        description="Keep it: every proof for a claim or the exit can be built from it, without this service.",
        responses={200: schema.RootFile, **shared.problems(404)},
    )
    def get(self, request: Request, epoch: int) -> HttpResponse:
        root = reserves.kept_root(epoch)
        if root is None:
            raise not_found("file of a root of this epoch")
        return HttpResponse(document_of(root), content_type="application/json")


class LeafView(ApiView):
    @extend_schema(
        operation_id="leaf",
        summary="An account's leaf and proof in the last final root, or in that of an epoch",
        parameters=[shared.query("epoch", "the last final one where left out", int)],
        responses={200: schema.ProvenLeaf, **shared.problems(400, 404)},
    )
    def get(self, request: Request, address: str) -> Response:
        if not ADDRESS.fullmatch(address):
            raise malformed("An address is 0x and 40 lower-case hex digits.")
        epoch = integer(request, "epoch", default=0)
        root = reserves.kept_root(epoch or None)
        if root is None:
            raise not_found("root of this epoch" if epoch else "final root yet")
        found = reserves.proven(root, address)
        if found is None:
            raise not_found(f"leaf of {address} in the root of epoch {root.epoch}")
        return Response(present.proven(found))


class ReservesView(ApiView):
    @extend_schema(
        operation_id="reserves",
        summary="Proof of reserves: what the escrow holds and owes, to the wei",
        responses={200: schema.Reserves},
    )
    def get(self, request: Request) -> Response:
        return Response(present.reserves(reserves.reserves()))
