"""GET /api/v1/accounts/{address}, and its /acts: what an account has, and what it did."""

from __future__ import annotations

import re

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from oracle import selectors
from oracle.api import present, schema
from oracle.api.base import BIGGEST, ApiView, integer, one_page, page_size
from oracle.api.problems import malformed

ADDRESS = re.compile(r"0x[0-9a-f]{40}")


class AccountView(ApiView):
    @extend_schema(
        operation_id="account",
        summary="An account's money in wei, and where it is locked",
        responses={200: schema.Account, **schema.problems(400)},
    )
    def get(self, request: Request, address: str) -> Response:
        return Response(present.account(selectors.account(_checked(address))))


class AccountActsView(ApiView):
    @extend_schema(
        operation_id="account_acts",
        summary="An account's entries in the book, the newest first, each with its receipt",
        description="As the book shows them: what is sealed in a report is cut from its message.",
        parameters=[
            schema.query("cursor", "`next` of the page before", int),
            schema.query("limit", "50, at most 200", int),
        ],
        responses={200: schema.Acts, **schema.problems(400)},
    )
    def get(self, request: Request, address: str) -> Response:
        limit, before = page_size(request, default=50, most=200), integer(request, "cursor", default=BIGGEST)
        acts = selectors.acts_of(_checked(address), limit=limit + 1, before=before)
        rows, cursor = one_page(acts, limit, lambda act: act.seq)
        return Response({"results": [present.entry(act) for act in rows], "next": cursor})


def _checked(address: str) -> str:
    if not ADDRESS.fullmatch(address):
        raise malformed("An address is 0x and 40 lower-case hex digits.")
    return address
