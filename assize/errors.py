"""What a client gets for an address that does not exist, or when we fail: JSON below /api/, a page elsewhere."""

from django.http import HttpRequest, HttpResponse
from django.views import defaults

from oracle.api import problems
from oracle.api.codes import Code
from protocol.acts import Refusal


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404"""
    if _wants_json(request):
        return problems.plain(Code.NOT_FOUND, "There is nothing at this address.")
    return defaults.page_not_found(request, exception)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400: what Django refuses before a view is asked."""
    if _wants_json(request):
        return problems.plain(Refusal.MALFORMED, "The request cannot be read.")
    return defaults.bad_request(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """500: our own mistake; the log has it."""
    if _wants_json(request):
        return problems.plain(Code.INTERNAL_ERROR, "Something failed here; send it again: an act is taken once.")
    return defaults.server_error(request)


def _wants_json(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")
