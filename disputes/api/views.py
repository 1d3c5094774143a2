"""Guardians' signatures, and what a voter needs to know."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from disputes import selectors, services
from disputes.api import schema
from oracle import clock
from oracle.api.base import ApiView, body_of
from oracle.api.expiries import existing
from oracle.api.problems import Problem, not_found
from oracle.api.schema import problems


class RulingsView(ApiView):
    @extend_schema(
        operation_id="sign_ruling",
        summary="Add one guardian's signature to a ruling",
        description="202 while signatures are missing. With the last one the ruling is taken: 201 and its receipt.",
        request=schema.SignRuling,
        responses={
            202: schema.RulingProgress,
            201: schema.RulingProgress,
            200: schema.RulingProgress,
            **problems(400, 403, 404, 409, 413, 415, 429, 503),
        },
    )
    def post(self, request: Request, name: str) -> Response:
        price, reason, signature = body_of(request, ("price", "reason", "signature"))
        signed = services.sign_ruling(
            expiry_id=existing(name).id, price=price, reason=reason, signature=signature, now=clock.now()
        )
        if signed.refusal is not None:
            raise Problem(signed.refusal, signed.detail)
        answer = signed.answer
        if answer is not None and answer.refusal is not None:
            raise Problem(answer.refusal, answer.detail, receipt=answer.receipt)
        body = {
            "digest": signed.digest,
            "collected": str(signed.collected),
            "needed": str(signed.needed),
            "receipt": answer.receipt.to_json() if answer and answer.receipt else None,
        }
        return Response(body, status=202 if answer is None else 200 if answer.repeated else 201)


class VoterView(ApiView):
    @extend_schema(
        operation_id="voter",
        summary="One account's weight in an electorate, with its proof, and its votes",
        responses={200: schema.Voter, **problems(404, 503)},
    )
    def get(self, request: Request, name: str, address: str) -> Response:
        found = selectors.voter(existing(name), address)
        if found is None:
            raise not_found("such voter")
        votes = [
            {"ballot": str(v.ballot), "commitment": v.commitment, "price": None if v.price is None else str(v.price)}
            for v in found.votes
        ]
        body = {"account": found.account, "weight": str(found.weight), "root": found.root, "proof": found.proof}
        return Response(body | {"votes": votes})
