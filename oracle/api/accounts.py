"""GET /api/v1/accounts/{address}: what an account has in the book."""

from __future__ import annotations

import re

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from oracle import selectors
from oracle.api import present, schema
from oracle.api.base import ApiView
from oracle.api.problems import malformed

ADDRESS = re.compile(r"0x[0-9a-f]{40}")


class AccountView(ApiView):
    @extend_schema(
        operation_id="account",
        summary="An account's money in wei, and where it is locked",
        responses={200: schema.Account, **schema.problems(400)},
    )
    def get(self, request: Request, address: str) -> Response:
        if not ADDRESS.fullmatch(address):
            raise malformed("An address is 0x and 40 lower-case hex digits.")
        return Response(present.account(selectors.account(address)))
