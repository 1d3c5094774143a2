"""The service's HTTP API, as the programs here use it. Integers come as decimal strings and stay so."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import requests

from protocol.canonical import json_hash
from protocol.signing import Domain, Message, digest, expiry_id, parse, recover
from protocol.terms import Terms
from reporter import api
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
        self.api = api.Api(self._ask)

    def about(self) -> api.Service:
        return self.api.service()

    def expiry(self, id_: str) -> api.Expiry:
        """One expiry, as it stands. Stop where what is listed under this id does not hash to it."""
        document = self.api.expiry(id_)
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

    def reporting(self, index: str) -> list[api.ListedExpiry]:
        """The expiries of an index, by its id or slug, that take reports now."""
        found: list[api.ListedExpiry] = []
        cursor: str | None = None
        while True:
            page = self.api.expiries(stage="REPORTING", index=index, limit=100, cursor=cursor)
            found += page["results"]
            if (cursor := page["next"]) is None:
                return found

    def simulate(self, id_: str, price: int, amount: int) -> api.Simulated:
        """What a pledge of `amount` wei at `price` would cost, gain and change."""
        return self.api.simulate(id_, price=price, amount=amount)

    def transcript(self, id_: str) -> Any:
        return self.api.transcript(id_)

    def account(self, address: str) -> api.Account:
        return self.api.account(address)

    def book(self, after: int, beats_after: int, limit: int) -> api.Book:
        return self.api.book(after=after, beats_after=beats_after, limit=limit)

    def publications(self) -> list[api.Publication]:
        """All that are proposed, the oldest first."""
        found: list[api.Publication] = []
        cursor: str | None = None
        while True:
            page = self.api.publications(stage="PLANNED", cursor=cursor)
            found += page["results"]
            if (cursor := page["next"]) is None:
                return found

    def roots(self) -> list[api.Root]:
        """All roots that are proposed; there is one at most."""
        return self.api.roots(stage="PLANNED")["results"]

    def leaf(self, address: str, epoch: int) -> api.ProvenLeaf:
        """An account's leaf in the root of an epoch, with its proof."""
        return self.api.leaf(address, epoch=epoch)

    def root_file(self, epoch: int) -> api.RootFile:
        """The public file of a root: all leaves."""
        return self.api.root_file(epoch)

    def send_act(self, kind: api.SignedActKindEnum, message: dict[str, Any], signatures: list[str]) -> api.Taken:
        """Post a signed act; the answer holds its receipt. Problem where it is refused."""
        return self.api.send_act({"kind": kind, "message": message, "signatures": signatures})

    def send_evidence(self, document: dict[str, Any], files: list[str]) -> str:
        """Hand in the document behind an act's `evidence`, with base64 of its files; answers with its hash."""
        return self.api.send_evidence({"document": document, "files": files})["evidence"]

    def send_signature(self, of: str, signature: str) -> None:
        """Hand in a signature of a proposal such as `publications/12` or `roots/3`."""
        self._attest(of, {"signature": signature})

    def send_refusal(self, of: str, attestor: str, reason: str) -> None:
        self._attest(of, {"attestor": attestor, "refusal": reason})

    def _attest(self, of: str, body: api.Attested) -> None:
        what, _, number = of.partition("/")
        if what == "roots":
            self.api.attest_root(number, body)
        else:
            self.api.attest(number, body)

    def domain(self) -> Domain:
        about = self.about()
        return Domain(int(about["chain_id"]), about["oracle"])

    def _ask(self, method: str, path: str, query: Mapping[str, Any], body: Any) -> dict[str, Any]:
        """What `Api` asks through; None in the query is left out."""
        given: dict[str, Any] = {} if body is None else {"json": body}
        try:
            answer = self.session.request(
                method, f"{self.url}/api/v1/{path}", timeout=TIMEOUT, params=query or None, **given
            )
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


def running_terms(expiry: Mapping[str, Any]) -> Terms:
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
