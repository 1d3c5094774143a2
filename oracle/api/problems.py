"""Errors as application/problem+json (RFC 9457), with the protocol's codes."""

from __future__ import annotations

import logging
from typing import Any

from django.http import Http404, JsonResponse
from rest_framework import exceptions
from rest_framework.response import Response

from oracle.api.codes import OF_STATUS, STATUS, Code
from oracle.receipts import Receipt
from oracle.services.book import DATABASE_GONE, BookHalted, BookPaused
from protocol.acts import Refusal

log = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"

PAUSED_WAIT_SECONDS = 60


class Problem(exceptions.APIException):
    """A refusal on its way to the client. `code` is one of `STATUS`, and says which status it has."""

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        receipt: Receipt | None = None,
        wait: int | None = None,
    ) -> None:
        super().__init__(detail)
        self.code = str(code)
        self.status_code = STATUS[code]
        self.receipt = receipt
        self.wait = wait


def malformed(detail: str) -> Problem:
    """What was sent cannot be read; the text says what and what to do."""
    return Problem(Refusal.MALFORMED, detail)


def not_found(what: str) -> Problem:
    return Problem(Code.NOT_FOUND, f"There is no {what} here.")


def document(code: str, detail: str, receipt: Receipt | None = None) -> dict[str, Any]:
    """The problem's JSON. `status` is the one number in this API that is a JSON number, as RFC 9457 wants it."""
    problem: dict[str, Any] = {
        "type": f"urn:assize:problem:{code}",
        "title": code.replace("_", " ").capitalize(),
        "status": STATUS[code],
        # Half a surrogate pair that came in as an escape has no UTF-8.
        "detail": detail.encode(errors="replace").decode(),
        "code": code,
    }
    return problem if receipt is None else {**problem, "receipt": receipt.to_json()}


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """Every exception of an API view, but for our own mistakes: those go to `server_error`, and into the log."""
    if isinstance(error, Problem):
        body = document(error.code, str(error.detail), error.receipt)
    elif isinstance(error, Http404):
        body = document(Code.NOT_FOUND, "There is nothing at this address.")
    elif isinstance(error, DATABASE_GONE):
        log.error("database.no_answer", exc_info=error)
        body = document(Code.UNAVAILABLE, "The database does not answer; try again.")
    elif isinstance(error, BookPaused):
        body = document(Code.INTAKE_PAUSED, str(error))
    elif isinstance(error, BookHalted):
        body = document(Code.UNAVAILABLE, str(error))
    elif isinstance(error, exceptions.Throttled):
        detail = f"That was too much for one minute, and was not looked at; send it again in {error.wait} s."
        body = document(Code.TOO_MANY_REQUESTS, detail)
    elif isinstance(error, exceptions.MethodNotAllowed):
        body = document(Code.METHOD_NOT_ALLOWED, f"Send one of {_allowed(context)} to this address.")
    elif isinstance(error, exceptions.UnsupportedMediaType):
        body = document(Code.UNSUPPORTED_MEDIA_TYPE, "Send the body as JSON, with Content-Type: application/json.")
    elif isinstance(error, exceptions.APIException) and error.status_code in OF_STATUS:
        body = document(OF_STATUS[error.status_code], str(error.detail))
    else:
        return None
    return Response(body, status=body["status"], headers=_headers(error, context), content_type=CONTENT_TYPE)


def _headers(error: Exception, context: dict[str, Any]) -> dict[str, str]:
    """What HTTP wants beside the problem."""
    if isinstance(error, exceptions.MethodNotAllowed):
        return {"Allow": _allowed(context)}
    if getattr(error, "status_code", None) == 401:
        return {"WWW-Authenticate": "Bearer"}
    wait = PAUSED_WAIT_SECONDS if isinstance(error, BookPaused) else getattr(error, "wait", None)
    return {} if wait is None else {"Retry-After": str(wait)}


def _allowed(context: dict[str, Any]) -> str:
    return ", ".join(context["view"].allowed_methods)


def plain(code: str, detail: str) -> JsonResponse:
    """A problem outside of an API view: no such address, or an error of our own."""
    return JsonResponse(document(code, detail), status=STATUS[code], content_type=CONTENT_TYPE)
