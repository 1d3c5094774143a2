"""What all views of the API share: no session, no login (every act carries its own signature), JSON only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.views.decorators.http import conditional_page
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from oracle.api import strict_json
from oracle.api.limits import AddressLimit
from oracle.api.problems import Problem, handle, malformed
from protocol.acts import Refusal

MAX_BODY_BYTES = 16 * 1024
BIGGEST = 2**63 - 1
"""That a column can hold: no row of any list lies behind it."""


class StrictParser(BaseParser):
    """One JSON object of at most the view's `max_body_bytes`; more is refused before it is read."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> dict[str, Any]:
        view: ApiView = (parser_context or {})["view"]
        raw = stream.read(view.max_body_bytes + 1)
        if len(raw) > view.max_body_bytes:
            raise too_large(view.max_body_bytes)
        try:
            found = strict_json.loads(raw, view.max_containers)
        except (ValueError, RecursionError) as error:
            raise malformed(f"The body is not JSON as it is wanted here: {error}.") from None
        if not isinstance(found, dict):
            raise malformed("The body must be one JSON object.")
        return found


class JsonOnly(BaseContentNegotiation):
    """Whatever a client says it accepts, there is one answer."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        content_type = (request.content_type or "").partition(";")[0].strip().lower()
        return parsers[0] if content_type == parsers[0].media_type else None

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        return renderers[0], renderers[0].media_type


class ApiView(APIView):
    """An endpoint. Errors leave it as problem+json."""

    authentication_classes = ()
    permission_classes = ()
    throttle_classes: tuple[type[AddressLimit], ...] = (AddressLimit,)
    parser_classes = (StrictParser,)
    content_negotiation_class = JsonOnly
    max_body_bytes = MAX_BODY_BYTES
    max_containers = strict_json.MAX_CONTAINERS

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not (length.isascii() and length.isdigit()) or int(length) > self.max_body_bytes:
            raise too_large(self.max_body_bytes)
        super().initial(request, *args, **kwargs)

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        """Reads have an ETag of their content, or the one that the view sets, and answer 304 to who has it already."""
        return conditional_page(super().as_view(**initkwargs))

    def options(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """What browsers ask before they read from another origin; acts are sent from our own pages, or by programs."""
        headers = {
            "Allow": ", ".join(self.allowed_methods),
            "Access-Control-Allow-Methods": "GET, HEAD",
            "Access-Control-Allow-Headers": "If-None-Match, Last-Event-ID",
            "Access-Control-Max-Age": "86400",
        }
        return Response(status=204, headers=headers)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Everybody may read from anywhere: there is no login that another site could use."""
        found = super().finalize_response(request, response, *args, **kwargs)
        if isinstance(found, Response):
            found.add_post_render_callback(_let_go)
        if request.method in ("GET", "HEAD", "OPTIONS"):
            found["Access-Control-Allow-Origin"] = "*"
            found["Access-Control-Expose-Headers"] = "ETag, Retry-After"
        return found

    def get_exception_handler(self) -> Any:
        return handle


def _let_go(response: Any) -> None:
    """A view, its request and its response hold one another until the collector runs; what they say need not wait."""
    response.data = None


def too_large(most: int) -> Problem:
    return Problem(Refusal.TOO_LARGE, f"The body must be at most {most} bytes.")


def body_of(request: Request, fields: tuple[str, ...]) -> list[Any]:
    """The values of exactly these fields of the body, in this order; malformed otherwise."""
    body = request.data
    if set(body) != set(fields):
        raise malformed(f"The body must have exactly these fields: {', '.join(fields)}.")
    return [body[name] for name in fields]


def integer(request: Request, name: str, *, default: int, most: int = BIGGEST) -> int:
    """A whole number from the query, 0 to `most`; malformed where it is something else."""
    text = request.query_params.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 19 and int(text) <= most):
        raise malformed(f"{name} must be a whole number from 0 to {most}.")
    return int(text)


def page_size(request: Request, *, default: int, most: int) -> int:
    """How many rows are wanted, from 1; more than `most` means `most`."""
    wanted = integer(request, "limit", default=default)
    if wanted == 0:
        raise malformed("limit must be at least 1.")
    return min(wanted, most)


def one_page(found: Any, limit: int, place: Callable[[Any], object]) -> tuple[list[Any], str | None]:
    """At most `limit` rows of a query, and the cursor behind the last of them; None where there are no more.

    `place` is of a row, by the columns that the query is ordered by.
    """
    rows = list(found[: limit + 1])
    return rows[:limit], str(place(rows[limit - 1])) if len(rows) > limit else None
