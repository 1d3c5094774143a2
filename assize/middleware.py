"""What is added to every answer, and the log line that each has."""

import re
import time
import uuid
from collections.abc import Callable

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from structlog.contextvars import bind_contextvars, clear_contextvars

log = structlog.get_logger(__name__)

REQUEST_ID = "X-Request-ID"
_ID_FORM = re.compile(r"[0-9A-Za-z._-]{1,64}")

# No inline and no third-party script: an injected tag finds nothing that runs it.
POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


class ContentSecurityPolicy:
    """Sets the policy on every answer that has none of its own."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        return response


class RequestLog:
    """Names the request in every line that is logged for it, and in its answer; then one line of its own.

    What is bound stays until the next request of this thread: a stream is written after this has returned.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        name = request_id(request)
        clear_contextvars()
        bind_contextvars(request=name)
        started = time.perf_counter()
        response = self.get_response(request)
        response[REQUEST_ID] = name
        # The view's pattern, not the address: a part of that may be a secret.
        view = request.resolver_match.route if request.resolver_match else ""
        took = round((time.perf_counter() - started) * 1_000)
        log.info(
            "request.answered",
            method=request.method,
            view=view,
            status=response.status_code,
            milliseconds=took,
        )
        return response


def request_id(request: HttpRequest) -> str:
    """The proxy's, where there is one that sets it; anybody else could write into our log what they like."""
    given = request.headers.get(REQUEST_ID, "") if settings.BEHIND_PROXY else ""
    return given if _ID_FORM.fullmatch(given) else uuid.uuid4().hex
