"""GET /api/v1/expiries/{name}/finality, and GET and POST /simulate: what integrators and disputers ask first."""

from __future__ import annotations

import re
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from oracle import clock
from oracle.api import schema as shared
from oracle.api.base import ApiView
from oracle.api.expiries import existing
from oracle.api.problems import malformed
from oracle.services.answer import REASONS
from protocol.payoff import AMOUNT_END
from protocol.terms import MAX_PRICE
from settlement.api import prices_schema as schema
from settlement.api.present import finality as show_finality
from settlement.api.present import simulated as show_simulated
from settlement.finality import finality
from settlement.selectors import series_of
from settlement.simulation import Ask, simulate

_ADDRESS = re.compile(r"0x[0-9a-f]{40}")
_FIELDS = ("price", "final", "amount", "units")


class FinalityView(ApiView):
    @extend_schema(
        operation_id="finality",
        summary="Is the price safe to settle by; if not, why, and when at the latest",
        description=(
            "`safe_to_settle` is true only once the oracle contract answers with the final price in a block deep"
            " enough. The times are those of the book's final price; the chain follows by the oracle's delay."
        ),
        responses={200: schema.Finality, **shared.problems(404)},
    )
    def get(self, request: Request, name: str) -> Response:
        return Response(show_finality(finality(existing(name), now=clock.now())))


class SimulateView(ApiView):
    @extend_schema(
        operation_id="simulate",
        summary="What disputing the standing price would cost, gain and change; nothing is signed",
        parameters=[
            OpenApiParameter(
                "price",
                str,
                OpenApiParameter.QUERY,
                required=True,
                description="the counter-price; 18 decimals",
            ),
            shared.query(
                "final", "the price that becomes final in the end; the counter-price where left out"
            ),
            shared.query("amount", "wei that one pledges of the bond; all that is left where left out"),
            shared.query("units", "base units of P and N out of each series; what is counted on chain where left out"),
        ],
        responses={200: schema.Simulated, **shared.problems(400, 404)},
    )
    def get(self, request: Request, name: str) -> Response:
        given: dict[str, Any] = {
            field: request.query_params[field] for field in _FIELDS if field in request.query_params
        }
        expiry = existing(name)
        if "units" in given:
            given["units"] = dict.fromkeys((row.address for row in series_of(expiry.id)), given["units"])
        return Response(show_simulated(simulate(expiry, _ask(given)), REASONS))

    @extend_schema(
        operation_id="simulate_with_units",
        summary="The same, with the units of each series",
        request=schema.Ask,
        responses={200: schema.Simulated, **shared.problems(400, 404, 413, 415, 429, 503)},
    )
    def post(self, request: Request, name: str) -> Response:
        if unknown := set(request.data) - set(_FIELDS):
            raise malformed(f"The body has unknown fields: {', '.join(sorted(unknown))}.")
        return Response(show_simulated(simulate(existing(name), _ask(request.data)), REASONS))


def _ask(given: dict[str, Any]) -> Ask:
    units = given.get("units", {})
    if not isinstance(units, dict) or not all(_ADDRESS.fullmatch(str(address)) for address in units):
        raise malformed("units must give a number for addresses of series.")
    return Ask(
        price=_integer("price", given.get("price"), MAX_PRICE),
        final=_integer("final", given["final"], MAX_PRICE) if "final" in given else None,
        amount=_integer("amount", given["amount"], AMOUNT_END) if "amount" in given else None,
        units={address: _integer("units", amount, AMOUNT_END) for address, amount in units.items()},
    )


def _integer(name: str, text: Any, end: int) -> int:
    """1 to `end` - 1 as a decimal string."""
    if (
        isinstance(text, str)
        and text.isascii()
        and text.isdigit()
        and len(text) <= 39
        and 0 < int(text) < end
    ):
        return int(text)
    raise malformed(
        f"{name} must be a whole number of at least 1 as a decimal string, as in 2500000000000000000000."
    )
