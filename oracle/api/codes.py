"""Every code that a problem can have, with its status: the protocol's words (`Refusal`), and those of this API."""

from __future__ import annotations

from enum import StrEnum

from protocol.acts import Refusal


class Code(StrEnum):
    """What the protocol has no word for. Stable, as its own are."""

    UNAUTHORIZED = "unauthorized"
    NOT_AN_ATTESTOR = "not_an_attestor"
    NOT_FOUND = "not_found"
    UNKNOWN_PUBLICATION = "unknown_publication"
    UNKNOWN_ROOT = "unknown_root"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    TOO_MANY = "too_many"
    UNSUPPORTED_MEDIA_TYPE = "unsupported_media_type"
    TOO_MANY_REQUESTS = "too_many_requests"
    INTERNAL_ERROR = "internal_error"
    UNAVAILABLE = "unavailable"
    INTAKE_PAUSED = "intake_paused"


MEANING = {
    Code.UNAUTHORIZED: "the token is missing, or was deleted",
    Code.NOT_AN_ATTESTOR: "signed by somebody who is not in the oracle's attestor set",
    Code.NOT_FOUND: "nothing is at this address",
    Code.UNKNOWN_PUBLICATION: "there is no such publication to sign",
    Code.UNKNOWN_ROOT: "there is no such root to sign",
    Code.METHOD_NOT_ALLOWED: "the header `Allow` says what may be done here",
    Code.TOO_MANY: "the account has as many of these as it may have: delete one first",
    Code.UNSUPPORTED_MEDIA_TYPE: "send `application/json`",
    Code.TOO_MANY_REQUESTS: "too much for one minute, and not looked at; `Retry-After` says when to send it again",
    Code.INTERNAL_ERROR: "our mistake; send it again: an act is taken once",
    Code.UNAVAILABLE: "nothing was done; `detail` says why and what to do",
    Code.INTAKE_PAUSED: "operators have paused intake; acts are taken again once they resume",
}

STATUS: dict[str, int] = {
    **dict.fromkeys(Refusal, 409),  # well-formed and signed, but not now; but for these:
    Refusal.MALFORMED: 400,
    Refusal.BAD_SIGNATURE: 403,
    Refusal.UNKNOWN_EXPIRY: 404,
    Refusal.TOO_LARGE: 413,
    Code.UNAUTHORIZED: 401,
    Code.NOT_AN_ATTESTOR: 403,
    Code.NOT_FOUND: 404,
    Code.UNKNOWN_PUBLICATION: 404,
    Code.UNKNOWN_ROOT: 404,
    Code.METHOD_NOT_ALLOWED: 405,
    Code.TOO_MANY: 409,
    Code.UNSUPPORTED_MEDIA_TYPE: 415,
    Code.TOO_MANY_REQUESTS: 429,
    Code.INTERNAL_ERROR: 500,
    Code.UNAVAILABLE: 503,
    Code.INTAKE_PAUSED: 503,
}
"""All codes that there are."""

CHOICES = [(str(code), str(code)) for code in STATUS]
"""For the API's document."""

OF_STATUS: dict[int, str] = {
    400: Refusal.MALFORMED,
    401: Code.UNAUTHORIZED,
    404: Code.NOT_FOUND,
    405: Code.METHOD_NOT_ALLOWED,
    415: Code.UNSUPPORTED_MEDIA_TYPE,
    429: Code.TOO_MANY_REQUESTS,
    503: Code.UNAVAILABLE,
}
"""For what the framework refuses before a view is asked."""
