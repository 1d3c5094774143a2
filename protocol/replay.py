"""One expiry run again from its transcript (PROTOCOL 7): the fold, its head and its electorate, entry by entry.

It trusts nobody about the rules and does not look at signatures; transcript.py does that around it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from protocol.acts import Refusal
from protocol.canonical import json_hash
from protocol.merkle import electorate_root, payouts_root
from protocol.messages import to_act
from protocol.payouts import final_json
from protocol.record import MemoryRecord, SealedReports
from protocol.resolution import State, judge, pass_time
from protocol.signing import Message, expiry_id, next_head
from protocol.stages import Stage
from protocol.terms import Index, InvalidTerms, Terms

MIN_OUTAGE_SECONDS = 180  # what PROTOCOL 2 calls an outage is longer than this


class Difference(Exception):
    """Here a transcript says something else than the law gives; the text is a sentence for people."""


class Replay:
    """The fold of one expiry over the entries of its transcript, in order.

    `index` and `terms` are the documents that are hashed into the expiry's id, `expiry_at` is in unix seconds,
    `electorate` maps addresses to wei and is empty where no ballot was opened. Raises Difference where index or terms
    are invalid or not in canonical form.
    """

    def __init__(
        self,
        index: Mapping[str, Any],
        expiry_at: int,
        terms: Mapping[str, Any],
        electorate: Mapping[str, int],
    ) -> None:
        self.listed = _read_terms(terms)
        self.expiry = _identify(index, expiry_at, terms)
        self.state = State(_read_index(index), self.listed, expiry_at)
        self.record = MemoryRecord(self._take_electorate)
        self.head = self.expiry
        self.electorate = electorate
        self.electorate_taken_at: int | None = None
        self._electorate_signed = False
        self._last_at = 0
        self._digests: set[str] = set()

    def take(self, kind: str, message: Message, *, digest: str, at: int, seq: int) -> None:
        """Fold one entry (kind of TRANSCRIPT_KINDS) and chain it into the head.

        Difference where the law would not have taken it here.
        """
        if message["expiry"] != self.expiry:
            raise Difference(f"it is meant for another expiry, {message['expiry']}")
        if digest in self._digests:
            raise Difference("it stands here a second time, and an act is taken once")
        if at < self._last_at:
            raise Difference(f"it was received at {at}, before the act ahead of it at {self._last_at}")
        if kind == "Electorate":
            self._take_electorate_act(message, at, seq)
        else:
            self._judge(kind, message, at)
        self._digests.add(digest)
        self._last_at = at
        self.head = next_head(self.head, digest, at)

    def pass_time(self, now: int) -> None:
        """Process every deadline <= now (unix seconds). Difference where `now` lies before the last act."""
        if now < self._last_at:
            raise Difference(f"the outcome is of {now}, before the last act at {self._last_at}")
        try:
            pass_time(self.state, self.record, now)
        except SealedReports:
            raise Difference(f"reports are still sealed at {now}, when reporting has closed") from None

    def outcome(self, now: int) -> dict[str, Any]:
        """What the law gives at `now`, as the transcript document writes it: all of it once FINAL, else the stage."""
        self.pass_time(now)
        if self._owes_electorate:
            raise Difference("a first ballot would open, and no Electorate act stands behind it")
        outcome: dict[str, Any] = {"stage": self.state.stage.value, "head": self.head}
        if self.state.stage is not Stage.FINAL:
            return outcome | {"at": str(now)}
        final = final_json(self.state, self.record)
        try:
            root = payouts_root({who: int(amount) for who, amount in final["payouts"].items()})
        except ValueError as error:
            raise Difference(f"the payouts have no root: {error}") from None
        return outcome | final | {"payouts_root": root}

    @property
    def raised(self) -> dict[str, Any] | None:
        """The terms as `Opened` raised them; None before."""
        return None if self.state.stage is Stage.SCHEDULED else self.state.terms.to_json()

    @property
    def _owes_electorate(self) -> bool:
        return self.electorate_taken_at is not None and not self._electorate_signed

    def _take_electorate(self, at: int) -> Mapping[str, int]:
        self.electorate_taken_at = at
        return self.electorate

    def _judge(self, kind: str, message: Message, at: int) -> None:
        act = to_act(kind, message, at)
        if kind == "Outage":
            length = message["to"] - message["from"]
            if length <= MIN_OUTAGE_SECONDS:
                raise Difference(f"{length} s are no outage, which is longer than {MIN_OUTAGE_SECONDS} s")
            if at < message["to"]:
                raise Difference(f"it was recorded at {at}, before the outage ended at {message['to']}")
        else:
            self.pass_time(at)
            if self._owes_electorate:
                raise Difference("the first ballot is open, but the Electorate act does not stand before it")
        try:
            refusal = judge(self.state, self.record, act).refusal
        except SealedReports:
            raise Difference("it needs the prices of reports that are still sealed here") from None
        if refusal is not None:
            raise Difference(_refused(refusal, self.state))

    def _take_electorate_act(self, message: Message, at: int, seq: int) -> None:
        self.pass_time(at)
        if self.electorate_taken_at is None:
            raise Difference("an Electorate act stands before the first ballot opens")
        if self._electorate_signed:
            raise Difference("an expiry has one electorate, and this is a second Electorate act")
        if message["seq"] != seq - 1:
            raise Difference(f"it names {message['seq']} as the book's last entry before it, and it is {seq - 1}")
        try:
            root = electorate_root(self.electorate)
        except ValueError as error:
            raise Difference(f"the electorate of this document: {error}") from None
        if message["root"] != root:
            raise Difference(f"its root is not that of this document's electorate, {root}")
        self._electorate_signed = True


def _refused(refusal: Refusal, state: State) -> str:
    where = f"stage {state.stage.value}, round {state.round}, ballot {state.ballot}"
    return f"the law refuses it as {refusal.value} ({where})"


def _read_terms(document: Mapping[str, Any]) -> Terms:
    try:
        terms = Terms.from_json(document)
        canonical = terms.to_json()
        problems = terms.problems()
    except (InvalidTerms, TypeError, AttributeError) as error:
        raise Difference(f"the terms cannot be read: {error}") from None
    for name, value in canonical.items():
        if document.get(name) != value:
            raise Difference(f"the terms are not in canonical form: {name} is missing or spelled in another way")
    if problems:
        raise Difference(f"the terms are invalid: {'; '.join(problems)}")
    return terms


def _read_index(spec: Mapping[str, Any]) -> Index:
    try:
        index = Index.from_json(spec)
    except InvalidTerms as error:
        raise Difference(f"the index cannot be read: {error}") from None
    if problems := index.problems():
        raise Difference(f"the index is invalid: {'; '.join(problems)}")
    return index


def _identify(index: Mapping[str, Any], expiry_at: int, terms: Mapping[str, Any]) -> str:
    try:
        return expiry_id(json_hash(index), expiry_at, json_hash(terms))
    except ValueError as error:
        raise Difference(f"index, instant and terms have no id: {error}") from None
