"""GET /api/v1/accounts/{address}/deposits: what the chain says of an account, at once and not yet counted."""

from __future__ import annotations

import re
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from oracle.api import schema as shared
from oracle.api.base import ApiView, one_page, page_size
from oracle.api.problems import malformed
from oracle.api.schema import Address, Bytes32, Integer
from settlement import selectors
from settlement.api.views import ADDRESS
from settlement.index_models import EscrowLog

CURSOR = re.compile(r"([0-9]{1,18})\.([0-9]{1,9})\.([0-9]{1,18})")


class EscrowEvent(serializers.Serializer):
    """A log of the escrow; only what is FINAL has moved money in the book."""

    kind = serializers.ChoiceField(choices=EscrowLog.Kind.values)
    state = serializers.ChoiceField(choices=EscrowLog.State.values)
    account = Address()
    amount = Integer(help_text="wei")
    block = Integer()
    block_hash = Bytes32()
    tx = Bytes32()
    log_index = Integer()
    entry = Integer(allow_null=True, help_text="seq of the Deposit in the book, once it is credited")


class EscrowEvents(serializers.Serializer):
    """Newest first. `stale`: the nodes cannot be believed at the moment, and nothing is credited until they can."""

    results = EscrowEvent(many=True)
    next = serializers.CharField(allow_null=True, help_text="cursor of the next page")
    credited_to = Integer(allow_null=True, help_text="every log up to this block has moved its money")
    stale = serializers.BooleanField()


class DepositsView(ApiView):
    @extend_schema(
        operation_id="deposits",
        summary="An account's deposits, claims and exits at the escrow, pending ones included",
        description="PENDING at once, FINAL when its block is, GONE where a reorganisation took it.",
        parameters=[
            shared.query("cursor", "`next` of the page before"),
            shared.query("limit", "50, at most 200", int),
        ],
        responses={200: EscrowEvents, **shared.problems(400)},
    )
    def get(self, request: Request, address: str) -> Response:
        limit = page_size(request, default=50, most=200)
        if not ADDRESS.fullmatch(address):
            raise malformed("An address is 0x and 40 lower-case hex digits.")
        found = selectors.escrow_events(address, after=_cursor(request))
        rows, cursor = one_page(found, limit, lambda row: f"{row.block}.{row.log_index}.{row.pk}")
        index = selectors.escrow_index()
        return Response(
            {
                "results": [present(row) for row in rows],
                "next": cursor,
                "credited_to": None if index.credited_to < 0 else str(index.credited_to),
                "stale": bool(index.stale or index.stopped),
            }
        )


def _cursor(request: Request) -> tuple[int, int, int] | None:
    text = request.query_params.get("cursor")
    if text is None:
        return None
    found = CURSOR.fullmatch(text)
    if found is None:
        raise malformed("cursor must be the `next` of a page before.")
    return int(found[1]), int(found[2]), int(found[3])


def present(row: EscrowLog) -> dict[str, Any]:
    numbers = {name: str(getattr(row, name)) for name in ("amount", "block", "log_index")}
    words = {name: getattr(row, name) for name in ("kind", "state", "account", "block_hash", "tx")}
    return {**words, **numbers, "entry": None if row.entry is None else str(row.entry)}
