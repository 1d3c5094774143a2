"""The dry run of a dispute, and guardians' signatures."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from disputes import selectors, services
from disputes.api import schema
from oracle import clock
from oracle.api.base import ApiView, body_of
from oracle.api.expiries import existing
from oracle.api.problems import Problem, malformed
from oracle.api.schema import problems
from oracle.services.answer import REASONS
from protocol.acts import Refusal
from protocol.terms import MAX_PRICE

PRICE = OpenApiParameter("price", str, OpenApiParameter.QUERY, required=True, description="18 decimals")


class QuoteView(ApiView):
    @extend_schema(
        operation_id="quote",
        summary="What disputing the standing price would cost and gain; nothing is signed",
        parameters=[PRICE],
        responses={200: schema.Quote, **problems(400, 404, 409)},
    )
    def get(self, request: Request, name: str) -> Response:
        found = selectors.dispute_quote(existing(name), _price(request))
        if isinstance(found, Refusal):
            raise Problem(found, REASONS[found])
        return Response(_strings(asdict(found)))


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


def _price(request: Request) -> int:
    text = request.query_params.get("price", "")
    if text.isascii() and text.isdigit() and len(text) <= 37 and int(text) < MAX_PRICE:
        return int(text)
    raise malformed("price must be a whole number with 18 decimals, as in 2500000000000000000000.")


def _strings(value: Any) -> Any:
    """Integers as decimal strings, all the way down."""
    if isinstance(value, dict):
        return {name: _strings(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_strings(each) for each in value]
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value
