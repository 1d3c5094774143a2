"""POST /api/v1/acts: the one door for every signed act (PROTOCOL 5 to 7). GET /api/v1/acts/{digest}: one of them."""

from __future__ import annotations

import re

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from oracle import clock, selectors
from oracle.api import limits, present, schema
from oracle.api.base import ApiView, body_of
from oracle.api.problems import Problem, malformed, not_found
from oracle.services.acts import take_act

DIGEST = re.compile(r"0x[0-9a-f]{64}")


class ActsView(ApiView):
    @extend_schema(
        operation_id="send_act",
        summary="Send one signed act",
        description=(
            "Answers with the service's signed receipt. The same act again gets its first receipt again. A refusal"
            " carries a signed receipt too, whose code says why, wherever the act could be read."
        ),
        request=schema.SignedAct,
        responses={201: schema.Taken, 200: schema.Taken, **schema.problems(400, 403, 404, 409, 413, 415, 429, 503)},
    )
    def post(self, request: Request) -> Response:
        kind, message, signatures = body_of(request, ("kind", "message", "signatures"))
        account, now = message.get("account") if isinstance(message, dict) else None, clock.now()
        limits.check_account(account, now)
        answer = take_act(kind=kind, message=message, signatures=signatures, now=now)
        limits.count_act(account, answer, now)
        if answer.refusal is not None:
            raise Problem(answer.refusal, answer.detail, receipt=answer.receipt)
        assert answer.receipt is not None
        body = {"receipt": answer.receipt.to_json(), "taken": True}
        return Response(body, status=200 if answer.repeated else 201)


class ActView(ApiView):
    @extend_schema(
        operation_id="act",
        summary="One entry of the book by its digest, with its receipt",
        description="As the book shows it: what is sealed in a report is cut from its message.",
        responses={200: schema.Entry, **schema.problems(400, 404)},
    )
    def get(self, request: Request, digest: str) -> Response:
        if not DIGEST.fullmatch(digest):
            raise malformed("A digest is 0x and 64 lower-case hex digits.")
        act = selectors.act_of(digest)
        if act is None:
            raise not_found("act of this digest in the book")
        return Response(present.entry(act))
