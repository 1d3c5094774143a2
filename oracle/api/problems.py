"""Errors as application/problem+json (RFC 9457), with the protocol's codes."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, JsonResponse
from rest_framework import exceptions
from rest_framework.response import Response

from oracle.receipts import Receipt
from oracle.services.book import DATABASE_GONE, BookHalted, BookPaused
from protocol.acts import Refusal

log = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"

STATUS = {
    Refusal.MALFORMED: 400,
    Refusal.BAD_SIGNATURE: 403,
    Refusal.UNKNOWN_EXPIRY: 404,
    Refusal.TOO_LARGE: 413,
}
"""Every other refusal is a 409: well-formed and signed, but not now."""

# The codes of this list are not the protocol's: they are about HTTP.
OTHER_CODES = {
    401: "unauthorized",
    404: "not_found",
    405: "method_not_allowed",
    415: "unsupported_media_type",
    409: "too_many",
    429: "too_many_requests",
    500: "internal_error",
    503: "unavailable",
}
PAUSED = "intake_paused"
"""A 503 that operators meant: acts are taken again once they resume."""
PAUSED_WAIT_SECONDS = 60


class Problem(exceptions.APIException):
    """A refusal on its way to the client."""

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        status: int | None = None,
        receipt: Receipt | None = None,
        wait: int | None = None,
    ) -> None:
        super().__init__(detail)
        self.code = str(code)
        self.status_code = status or STATUS.get(Refusal(code), 409)
        self.receipt = receipt
        self.wait = wait


def malformed(detail: str) -> Problem:
    """What was sent cannot be read; the text says what and what to do."""
    return Problem(Refusal.MALFORMED, detail)


def not_found(what: str) -> Problem:
    return Problem("not_found", f"There is no {what} here.", status=404)


def document(status: int, code: str, detail: str, receipt: Receipt | None = None) -> dict[str, Any]:
    """The problem's JSON. `status` is the one number in this API that is a JSON number, as RFC 9457 wants it."""
    problem: dict[str, Any] = {
        "type": f"urn:assize:problem:{code}",
        "title": code.replace("_", " ").capitalize(),
        "status": status,
        # Half a surrogate pair that came in as an escape has no UTF-8.
        "detail": detail.encode(errors="replace").decode(),
        "code": code,
    }
    return problem if receipt is None else {**problem, "receipt": receipt.to_json()}


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """Every exception of an API view, but for our own mistakes: those go to `server_error`, and into the log."""
    if isinstance(error, Problem):
        body = document(error.status_code, error.code, str(error.detail), error.receipt)
    elif isinstance(error, Http404):
        body = document(404, OTHER_CODES[404], "There is nothing at this address.")
    elif isinstance(error, exceptions.ParseError):
        body = document(400, Refusal.MALFORMED, str(error.detail))
    elif isinstance(error, DATABASE_GONE):
        log.error("database.no_answer", exc_info=error)
        body = document(503, OTHER_CODES[503], "The database does not answer; try again.")
    elif isinstance(error, BookPaused):
        body = document(503, PAUSED, str(error))
    elif isinstance(error, BookHalted):
        body = document(503, OTHER_CODES[503], str(error))
    elif isinstance(error, exceptions.Throttled):
        detail = f"That was too much for one minute, and was not looked at; send it again in {error.wait} s."
        body = document(429, OTHER_CODES[429], detail)
    elif isinstance(error, exceptions.APIException | PermissionDenied):
        status = getattr(error, "status_code", 403)
        code = OTHER_CODES.get(status) or HTTPStatus(status).phrase.lower().replace(" ", "_")
        body = document(status, code, str(getattr(error, "detail", error)))
    else:
        return None
    return Response(body, status=body["status"], headers=_headers(error, context), content_type=CONTENT_TYPE)


def _headers(error: Exception, context: dict[str, Any]) -> dict[str, str]:
    """What HTTP wants beside the problem."""
    if isinstance(error, exceptions.MethodNotAllowed):
        return {"Allow": ", ".join(context["view"].allowed_methods)}
    if getattr(error, "status_code", None) == 401:
        return {"WWW-Authenticate": "Bearer"}
    wait = PAUSED_WAIT_SECONDS if isinstance(error, BookPaused) else getattr(error, "wait", None)
    return {} if wait is None else {"Retry-After": str(wait)}


def plain(status: int, code: str, detail: str) -> JsonResponse:
    """A problem outside of an API view: no such address, or an error of our own."""
    return JsonResponse(document(status, code, detail), status=status, content_type=CONTENT_TYPE)
