"""The service's HTTP API, as the programs here use it. Integers come as decimal strings and stay so."""

from __future__ import annotations

import json
from typing import Any

import requests

from protocol.canonical import json_hash
from protocol.signing import Domain, Message, digest, expiry_id, parse, recover
from protocol.terms import Terms
from reporter.stop import Stop

TIMEOUT = 20  # seconds
MAX_ANSWER = 64 * 2**20  # bytes


class Unreachable(Stop):
    """The service did not answer, or not with what was asked for; it may do so later."""


class Problem(Stop):
    """The service refused: `code` is the protocol's word for why, `receipt` its signed refusal where it gave one."""

    def __init__(self, status: int, document: dict[str, Any]) -> None:
        self.status, self.code = status, str(document.get("code", ""))
        self.receipt = document.get("receipt")
        super().__init__(f"refused as {self.code or status}: {document.get('detail') or document.get('title')}")


class Service:
    """One service at one address."""

    def __init__(self, url: str, session: requests.Session | None = None) -> None:
        self.url = url.rstrip("/")
        self.session = session or requests.Session()

    def about(self) -> dict[str, Any]:
        return self._get("service")

    def expiry(self, id_: str) -> dict[str, Any]:
        """One expiry, as it stands. Stop where what is listed under this id does not hash to it."""
        document = self._get(f"expiries/{id_}")
        try:
            spec, listed = document["index"]["spec"], document["terms"]
            hashed = expiry_id(json_hash(spec), int(document["expiry_at"]), json_hash(listed))
        except (KeyError, TypeError, ValueError) as error:
            raise Unreachable(f"{self.url}: what it says of expiry {id_} cannot be read: {error}") from None
        if hashed != document.get("id"):
            raise Stop(f"the service's index, instant and terms are not those of expiry {document.get('id')}")
        if id_.startswith("0x") and document["id"] != id_:
            raise Stop(f"asked for expiry {id_}, the service answered with {document['id']}")
        return document

    def transcript(self, id_: str) -> Any:
        return self._get(f"expiries/{id_}/transcript")

    def account(self, address: str) -> dict[str, Any]:
        return self._get(f"accounts/{address}")

    def book(self, after: int, beats_after: int, limit: int) -> dict[str, Any]:
        return self._get("book", {"after": after, "beats_after": beats_after, "limit": limit})

    def publications(self) -> list[dict[str, Any]]:
        """All that are proposed, the oldest first."""
        return self._proposed("publications")

    def roots(self) -> list[dict[str, Any]]:
        """All roots that are proposed; there is one at most."""
        return self._proposed("roots")

    def leaf(self, address: str, epoch: int) -> dict[str, Any]:
        """An account's leaf in the root of an epoch, with its proof."""
        return self._get(f"accounts/{address}/leaf", {"epoch": epoch})

    def root_file(self, epoch: int) -> dict[str, Any]:
        """The public file of a root: all leaves."""
        return self._get(f"roots/{epoch}/leaves")

    def _proposed(self, what: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        query: dict[str, Any] | None = {"stage": "PROPOSED"}
        while query:
            page = self._get(what, query)
            found += page["results"]
            query = {"stage": "PROPOSED", "cursor": page["next"]} if page["next"] else None
        return found

    def send_act(self, kind: str, message: dict[str, Any], signatures: list[str]) -> dict[str, Any]:
        """Post a signed act; the answer holds its receipt. Problem where it is refused."""
        return self._post("acts", {"kind": kind, "message": message, "signatures": signatures})

    def send_signature(self, of: str, signature: str) -> None:
        """Hand in a signature of a proposal such as `publications/12` or `roots/3`."""
        self._post(f"{of}/signatures", {"signature": signature})

    def send_refusal(self, of: str, attestor: str, reason: str) -> None:
        self._post(f"{of}/signatures", {"attestor": attestor, "refusal": reason})

    def domain(self) -> Domain:
        about = self.about()
        return Domain(int(about["chain_id"]), about["oracle"])

    def _get(self, path: str, query: dict[str, Any] | None = None) -> dict[str, Any]:
        return self._ask("GET", path, params=query)

    def _post(self, path: str, document: dict[str, Any]) -> dict[str, Any]:
        return self._ask("POST", path, json=document)

    def _ask(self, method: str, path: str, **arguments: Any) -> dict[str, Any]:
        try:
            answer = self.session.request(method, f"{self.url}/api/v1/{path}", timeout=TIMEOUT, **arguments)
            if len(answer.content) > MAX_ANSWER:
                raise Unreachable(f"{self.url}: /{path} answered with more than {MAX_ANSWER} bytes")
            document = json.loads(answer.content) if answer.content else {}
        except (requests.RequestException, OSError) as error:
            raise Unreachable(f"{self.url} does not answer: {type(error).__name__}") from None
        except (ValueError, RecursionError):
            raise Unreachable(f"{self.url}: /{path} answered {answer.status_code} without JSON") from None
        if not isinstance(document, dict):
            raise Unreachable(f"{self.url}: /{path} answered with something else than an object")
        if answer.status_code >= 500 or answer.status_code == 429:
            raise Unreachable(f"{self.url}: /{path} answered {answer.status_code}")
        if answer.status_code >= 400:
            raise Problem(answer.status_code, document)
        return document


def running_terms(expiry: dict[str, Any]) -> Terms:
    """The terms that hold for an expiry now: those raised once it has opened."""
    return Terms.from_json(expiry["raised"] or expiry["terms"])


def receipt_problem(domain: Domain, service: str, receipt: Any, signed: str) -> str | None:
    """Why this is no proof by `service` that the act with the digest `signed` was taken; None if it is."""
    try:
        message: Message = parse("Receipt", receipt["message"])
        signer = recover(digest(domain, "Receipt", message), receipt["signature"])
    except (ValueError, TypeError, KeyError) as error:
        return f"the receipt cannot be read: {error}"
    if message["digest"] != signed:
        return "the receipt is for another act"
    if message["code"]:
        return f"the receipt is a refusal: {message['code']}"
    return None if signer == service else f"the receipt is signed by {signer}, not by the service, {service}"
