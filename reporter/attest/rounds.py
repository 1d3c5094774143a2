"""One round: look at what is proposed, catch up with the book, compare receipts, check, sign or refuse."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from typing import Any

from protocol.signing import Domain, Message, digest, parse
from reporter.attest import roots
from reporter.attest.grounds import Context, refusal
from reporter.attest.metrics import PRICES, ROOTS, Metrics
from reporter.attest.pricing import Doubts
from reporter.attest.receipts import Receipts
from reporter.attest.roots import Proposal, RootContext
from reporter.keys import Key
from reporter.service import Problem, Service
from reporter.units import show_price, show_time

HELD, NOT_CHECKED = "held", "not_checked"


class Attestor:
    """One attestor's rounds over prices, and over roots where there is an escrow.

    `told` keeps it from saying the same refusal again and again.
    """

    def __init__(
        self,
        service: Service,
        key: Key,
        domain: Domain,
        context: Context,
        escrow: RootContext | None = None,
        *,
        receipts: Receipts | None = None,
        doubts: Doubts | None = None,
        metrics: Metrics | None = None,
    ) -> None:
        self.service, self.key, self.domain, self.context, self.escrow = service, key, domain, context, escrow
        self.receipts = receipts or Receipts(context.follower)
        self.doubts = doubts or Doubts(context.follower.store.folder, None)
        self.metrics = metrics or Metrics()
        self.told: dict[str, str] = {}

    def round(self, now: int) -> None:
        """One round. Proposals are read first: what they rest on is then in the book that is read after."""
        prices = self.service.publications()
        proposals = self.service.roots() if self.escrow else []
        self._follow(now)
        self.doubts.begin_round()
        waiting: list[tuple[str, list[Mapping[str, Any]]]] = [("publications", [*prices]), ("roots", [*proposals])]
        for name, rows in waiting:
            for row in rows:
                if self.key.address in {each["attestor"] for each in row["signatures"]}:
                    continue
                place = f"{name}/{row['id']}"
                try:
                    if name == "roots":
                        self._answer_root(place, row)
                    else:
                        self._answer(place, row, now)
                except Problem as problem:  # of this proposal alone: another one may be taken
                    say(f"{place}: {problem}")

    def _follow(self, now: int) -> None:
        follower, receipts, metrics = self.context.follower, self.receipts, self.metrics
        before, honoured = follower.book.seq, receipts.honoured
        try:
            follower.poll(now)
            receipts.compare(now)
        finally:
            metrics.folded.inc(follower.book.seq - before)
            metrics.receipts_honoured.inc(receipts.honoured - honoured)
        for words in receipts.refused_files:
            say(f"not taken: {words}")

    def _answer(self, name: str, publication: Mapping[str, Any], now: int) -> None:
        try:
            message = parse("Attestations", {"items": publication["items"]})
        except ValueError as error:
            self._refuse(name, f"malformed: {error}")
            return
        for item in message["items"]:
            if reason := refusal(item, self.context):
                self._refuse(name, reason)
                return
        if self._held(name, message["items"], now):
            return
        self.context.memory.remember(message["items"])
        self._sign(name, "Attestations", message)
        self.metrics.signed.labels(PRICES).inc()
        for item in message["items"]:
            say(f"signed {show_price(item['price'])} for expiry {item['expiry']}, attempt {item['attempt']}")

    def _held(self, name: str, items: list[Message], now: int) -> bool:
        """Whether our own check, or a person, keeps us from signing. All items are looked at, the first is told."""
        found = []
        for item in items:
            expiry = self.context.expiry(item)
            if expiry and (reason := self.doubts.about(item, expiry, now)):
                found.append((reason, expiry.id))
        for reason, expiry_id in found:
            if _code(reason) == HELD and self.doubts.was_told(name, expiry_id):
                continue
            if _code(reason) != NOT_CHECKED:
                self._refuse(name, reason)
                if _code(reason) == HELD:
                    self.doubts.tell(name, expiry_id)
                break
        return bool(found)

    def _answer_root(self, name: str, row: Mapping[str, Any]) -> None:
        assert self.escrow is not None
        try:
            proposal = Proposal.from_json(row)
        except ValueError as error:
            self._refuse(name, f"malformed: {error}")
            return
        if reason := roots.refusal(proposal, self.escrow):
            self._refuse(name, reason)
            return
        roots.keep_file(self.context.follower.store.folder, self.escrow.statement(proposal), proposal.audit)
        self.escrow.memory.remember(proposal)
        self._sign(name, "Root", proposal.message)
        self.metrics.signed.labels(ROOTS).inc()
        say(f"signed the root of epoch {proposal.epoch}, after entry {proposal.seq}, block {proposal.block}")

    def _sign(self, name: str, kind: str, message: Message) -> None:
        self.service.send_signature(name, self.key.sign(digest(self.domain, kind, message)))
        self.told.pop(name, None)

    def _refuse(self, name: str, reason: str) -> None:
        if self.told.get(name) == reason:
            return
        say(f"refused {name}: {reason}")
        self.told[name] = reason
        self.metrics.refused.labels(ROOTS if name.startswith("roots/") else PRICES, _code(reason)).inc()
        self.service.send_refusal(name, self.key.address, reason)


def _code(reason: str) -> str:
    return reason.partition(":")[0]


def say(words: str) -> None:
    """One line with the time."""
    print(f"{show_time(int(time.time()))}  {words}", file=sys.stdout, flush=True)
