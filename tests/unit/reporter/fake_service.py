"""The service of unit tests: answers the HTTP API out of a writer's book, and keeps what was posted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from protocol.arithmetic import piles_of
from protocol.canonical import json_hash
from protocol.dispute import quote
from protocol.entry import Entry
from protocol.messages import sealed
from protocol.signing import address_of, digest, parse, sign, to_json
from reporter.service import Problem, Service
from tests.unit.protocol.story import DOMAIN, SERVICE
from tests.unit.protocol.writer import DELAY, Writer, as_json

FACTORY = "0x" + "fa" * 20


class FakeService(Service):
    """`hide` keeps reports sealed; `published` is what is proposed; `expiry_documents` can be changed by tests."""

    def __init__(self, writer: Writer) -> None:
        super().__init__("http://service.test")
        self.writer = writer
        self.hide = False
        self.page = 1000
        self.published: list[dict[str, Any]] = []
        self.proposed_roots: list[dict[str, Any]] = []
        self.posts: list[tuple[str, dict[str, Any]]] = []
        self.asked: list[str] = []
        self.accounts: dict[str, dict[str, str]] = {}
        self.refuse_with: str | None = None
        self.receipt_key = SERVICE
        self.receipt_code = ""
        self.shown: dict[str, Any] = {}
        self.simulated: dict[str, Any] = {}
        self.entries: list[dict[str, Any]] | None = None

    def _ask(self, method: str, path: str, query: Mapping[str, Any], body: Any) -> dict[str, Any]:
        kind, _, rest = path.partition("/")
        self.asked.append(path)
        if method == "POST":
            self.posts.append((path, body))
            if kind == "evidence":
                return {"evidence": json_hash(body["document"])}
            return self._receipt(body) if kind == "acts" else {}
        given = {name: value for name, value in query.items() if value is not None}
        answer: dict[str, Any] = getattr(self, f"_{kind}")(rest, given)
        return answer

    def _service(self, rest: str, query: dict[str, Any]) -> dict[str, Any]:
        return {
            "chain_id": str(DOMAIN.chain_id), "oracle": DOMAIN.contract, "factory": FACTORY,
            "service": address_of(SERVICE), "treasury": FACTORY, "unbonding_delay": str(DELAY),
        }

    def _expiries(self, rest: str, query: dict[str, Any]) -> dict[str, Any]:
        if not rest:
            shown = [self._expiries(each, {}) for each in self.writer.expiries]
            found = [each for each in shown if query.get("stage") in (None, each["stage"])]
            if query.get("index") != "btc":
                found = []
            place = int(query.get("cursor", 0))
            return {"results": found[place : place + 1], "next": str(place + 1) if found[place + 1 :] else None}
        if rest.endswith("/simulate"):
            return self._simulated(rest.removesuffix("/simulate"), int(query["price"]), int(query["amount"]))
        known = self.writer.book.expiries[rest]
        spec, expiry_at, terms = self.writer.listings[self.writer.expiries.index(rest)]
        state = known.state
        return {
            "id": rest, "slug": "btc", "index": {"id": rest, "slug": "btc", "version": 1, "spec": spec},
            "expiry_at": str(expiry_at), "terms": terms, "raised": state.terms.to_json() if known.opened else None,
            "stage": state.stage.value, "deadline": state.deadline and str(state.deadline),
            "round": str(state.round), "ballot": str(state.ballot),
            "standing": state.standing and str(state.standing), **self.shown,
        }

    def _simulated(self, expiry: str, price: int, amount: int) -> dict[str, Any]:
        """Of a claim that nobody has pledged to; no series is listed."""
        known = self.writer.book.expiries[expiry]
        found = quote(known.state, piles_of(known.record.stakes()), price, amount=amount)
        amounts = {name: str(getattr(found, name)) for name in ("required", "left", "at_risk", "gain")}
        dispute = amounts | {"break_even": {"ppm": str(found.break_even.ppm)}}
        nothing = {"moved_value": "0", "moved_rated": "0", "moved_unrated": []}
        return {"dispute": dispute, "refusal": None, "refusal_means": None} | nothing | self.simulated

    def _accounts(self, rest: str, query: dict[str, Any]) -> dict[str, Any]:
        held = self.writer.book.accounts.of(rest)
        locks: dict[str, int] = {}
        for entry in (each for each in self.writer.log if isinstance(each, Entry)):
            if entry.kind in ("Report", "Pledge") and entry.message["account"] == rest:
                amount = entry.message.get("bond") or entry.message["amount"]
                locks[entry.message["expiry"]] = locks.get(entry.message["expiry"], 0) + amount
        running = {id_: amount for id_, amount in locks.items() if self.writer.book.expiries[id_].state.price is None}
        return {name: str(getattr(held, name)) for name in ("free", "stake", "unbonding", "withdrawing")} | {
            "locks": [{"expiry": id_, "amount": str(amount)} for id_, amount in running.items()]
        }

    def _book(self, rest: str, query: dict[str, Any]) -> dict[str, Any]:
        log = self.writer.log
        entries = self.entries or [self._shown(item) for item in log if isinstance(item, Entry)]
        entries = [entry for entry in entries if int(entry["seq"]) > query["after"]]
        beats = [
            {**to_json("Beat", item.message), "signature": item.signature}
            for item in log
            if not isinstance(item, Entry) and item.at > query["beats_after"]
        ]
        more = len(entries) > self.page or len(beats) > self.page
        return {"entries": entries[: self.page], "beats": beats[: self.page], "more": more}

    def _shown(self, entry: Entry) -> dict[str, Any]:
        document = as_json(entry)
        if self.hide:
            document["message"] = sealed(entry.kind, document["message"])
        return document

    def _publications(self, rest: str, query: dict[str, Any]) -> dict[str, Any]:
        place = int(query.get("cursor", 0))
        more = len(self.published) > place + 1
        return {"results": self.published[place : place + 1], "next": str(place + 1) if more else None}

    def _roots(self, rest: str, query: dict[str, Any]) -> dict[str, Any]:
        return {"results": self.proposed_roots, "next": None}

    def _receipt(self, act: dict[str, Any]) -> dict[str, Any]:
        if self.refuse_with:
            raise Problem(409, {"code": self.refuse_with, "detail": "no", "receipt": {"some": "receipt"}})
        signed = digest(DOMAIN, act["kind"], parse(act["kind"], act["message"]))
        book = self.writer.book
        receipt = {
            "digest": signed, "expiry": act["message"].get("expiry", signed), "head": signed, "seq": book.seq + 1,
            "book": book.hashes[-1], "at": book.times[-1], "code": self.receipt_code,
        }
        signature = sign(self.receipt_key, digest(DOMAIN, "Receipt", receipt))
        return {"receipt": {"message": to_json("Receipt", receipt), "signature": signature}, "taken": True}
