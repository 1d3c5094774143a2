"""The last touches on the OpenAPI document: what holds for every operation is said here once."""

from __future__ import annotations

from typing import Any

PROBLEM = "application/problem+json"

EXAMPLES = {
    r"^(0|[1-9][0-9]*)$": "2500000000000000000000",
    r"^(0|-?[1-9][0-9]*)$": "-1200000000000000000",
    r"^0x[0-9a-f]{40}$": "0x" + "5a" * 20,
    r"^0x[0-9a-f]{64}$": "0x" + "3c" * 32,
    r"^0x[0-9a-f]{130}$": "0x" + "7e" * 64 + "1b",
}
"""By the pattern of a string."""

CODES = {
    400: ("malformed", "limit must be at least 1."),
    401: ("unauthorized", "Send Authorization: Bearer and a token of /me/tokens/."),
    403: ("bad_signature", "signed by another account: check key, chain and contract"),
    404: ("not_found", "There is no expiry of this id or slug here."),
    409: ("wrong_stage", "The expiry is not in the stage in which this act is taken."),
    413: ("too_large", "The body must be at most 16384 bytes."),
    415: ("unsupported_media_type", "Send the body as JSON, with Content-Type: application/json."),
    429: ("too_many_requests", "That was too much for one minute, and was not looked at; send it again in 20 s."),
    503: ("unavailable", "The database does not answer; try again."),
}

_ALWAYS = {
    "404": "not found, or nothing is at this address",
    "503": "unavailable: nothing was done; `detail` says what to do",
}


def finish(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """A hook of drf-spectacular: problems that any operation may answer with, and examples of all values."""
    del generator, request, public
    for path, methods in result["paths"].items():
        for operation in methods.values():
            _complete(operation["responses"], named="{" in path)
    for component in result["components"]["schemas"].values():
        for field in component.get("properties", {}).values():
            _show(field)
            _show(field.get("items", {}))
    return result


def _complete(responses: dict[str, Any], named: bool) -> None:
    """Any database may be gone, and what an address names may not be there."""
    for status, text in _ALWAYS.items():
        if status != "404" or named:
            shape = {"schema": {"$ref": "#/components/schemas/Problem"}}
            responses.setdefault(status, {"content": {PROBLEM: shape}, "description": text})
    for status, answer in responses.items():
        content = answer.get("content", {}).get(PROBLEM)
        if content is not None:
            code, detail = CODES[int(status)]
            content["example"] = {
                "type": f"urn:assize:problem:{code}",
                "title": code.replace("_", " ").capitalize(),
                "status": int(status),
                "detail": detail,
                "code": code,
            }


def _show(field: dict[str, Any]) -> None:
    if field.get("pattern") in EXAMPLES:
        field["examples"] = [EXAMPLES[field["pattern"]]]
