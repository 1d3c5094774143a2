"""The transcript of one expiry (PROTOCOL 7): everything that anybody needs to run it again, offline.

    {"version", "domain": {"chainId", "verifyingContract"}, "expiry": id, "index": spec, "expiry_at",
     "terms": as listed, "raised": as `Opened` raised them, null before,
     "electorate": {account: wei}, {} before a ballot,
     "sealed": whether reports stand here without price, evidence and salt, as they do until reporting closes,
     "acts": [{"kind", "message", "signatures": [..], "at", "digest", "seq",
               "receipt": {"message", "signature"}}, ..],
     "outcome": {"stage", "head", "at"} before FINAL; at is the time until which deadlines were processed
                {"stage", "head", "price", "decided_by", "final_at", "payouts", "treasury", "stake_changes",
                 "payouts_root"} once FINAL}

Integers are decimal strings. `Final` stands in no transcript: it says what came out of one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from protocol.hashing import UINT256_END
from protocol.messages import GUARDIAN_ACTS, SEALED_FIELDS, SERVICE_ACTS, TRANSCRIPT_KINDS, sealed
from protocol.replay import Difference, Replay
from protocol.resolution import State
from protocol.signing import BadSignature, Domain, Message, digest, next_book, parse, recover
from protocol.stages import Stage
from protocol.terms import Terms

VERSION = "1"
KEYS = {
    "version", "domain", "expiry", "index", "expiry_at", "terms", "raised", "electorate", "sealed", "acts", "outcome",
}
ENTRY_KEYS = ("kind", "message", "signatures", "at", "digest", "seq", "receipt")
_ANY_WORD = "0x" + "00" * 32
_UNSEALED = {"price": "1", "evidence": _ANY_WORD, "salt": _ANY_WORD}  # only to read the rest of a sealed report


@dataclass(frozen=True, slots=True)
class Verdict:
    """PASS, or the first place at which a transcript differs from the law.

    `act_index` counts from 0 and `seq` is that act's number in the book, both None where no single act differs;
    `reason` is "" on PASS. `head`, `state` and `outcome` are as run again here, never copied; None where it did not
    come so far. `outcome` has the document's form.
    """

    passed: bool
    acts: int = 0
    act_index: int | None = None
    seq: str | None = None
    reason: str = ""
    head: str | None = None
    state: State | None = None
    outcome: dict[str, Any] | None = None

    def __str__(self) -> str:
        if not self.passed:
            place = "" if self.act_index is None else f"act {self.act_index} (entry {self.seq} of the book): "
            return f"FAIL {place}{self.reason}"
        outcome = self.outcome or {}
        price = f"price {outcome['price']}" if "price" in outcome else f"no price yet, {outcome.get('stage')}"
        return f"PASS head {self.head}, {price}, {self.acts} acts"


def build(
    *,
    domain: Domain,
    index: Mapping[str, Any],
    expiry_at: int,
    terms: Mapping[str, Any],
    acts: Sequence[Mapping[str, Any]],
    electorate: Mapping[str, int],
    now: int,
) -> dict[str, Any]:
    """The transcript document of an expiry as it is at `now` (unix seconds); the outcome is folded here.

    `index` is the spec, `terms` those listed, in the form of Terms.to_json; `acts` are all that were taken, in order,
    each with the keys of ENTRY_KEYS and integers as decimal strings; a Report may be cut to its public fields.
    `electorate` (wei) is empty before the first ballot. Signatures and receipts are passed on, not checked.
    Raises Difference where these pieces contradict each other, as where a ballot was opened by `now` and its Electorate
    act is not among the acts: process due deadlines first.
    """
    replay = Replay(index, expiry_at, terms, electorate)
    for place, act in enumerate(acts):
        try:
            message = _read_message(act["kind"], act["message"])
            replay.take(act["kind"], message, digest=act["digest"], at=int(act["at"]), seq=int(act["seq"]))
        except Difference as difference:
            raise Difference(f"act {place}: {difference}") from None
    outcome = replay.outcome(now)
    return {
        "version": VERSION,
        "domain": {"chainId": str(domain.chain_id), "verifyingContract": domain.contract},
        "expiry": replay.expiry,
        "index": dict(index),
        "expiry_at": str(expiry_at),
        "terms": dict(terms),
        "raised": replay.raised,
        "electorate": {account: str(stake) for account, stake in sorted(electorate.items())},
        "sealed": any(_is_sealed(act["kind"], act["message"]) for act in acts),
        "acts": [{key: act[key] for key in ENTRY_KEYS} for act in acts],
        "outcome": outcome,
    }


def verify(document: object) -> Verdict:
    """Run a transcript again, offline: form, ids, signatures, receipts, order, rules, head and outcome (PROTOCOL 7).

    Takes whatever JSON gives and never raises for what is in it. It cannot see what only the book and the chain show:
    balances, the value secured, that the electorate is the one which held stake, beats.
    """
    verifier: _Verifier | None = None
    try:
        verifier = _Verifier(document)
        verifier.run()
    except Difference as difference:
        if verifier is None:
            return Verdict(False, reason=str(difference))
        return verifier.verdict(False, str(difference))
    return verifier.verdict(True)


class _Verifier:
    """One run over one document. `place` is the act it is at, None outside the acts."""

    def __init__(self, document: object) -> None:
        self.document = _object(document, "the document", KEYS)
        self.place: int | None = None
        self.outcome: dict[str, Any] | None = None
        if self.document["version"] != VERSION:
            raise Difference(f"the version must be {VERSION!r}")
        self.domain = _read_domain(self.document["domain"])
        index = _object(self.document["index"], "the index")
        terms = _object(self.document["terms"], "the terms")
        electorate = _read_electorate(self.document["electorate"])
        self.replay = Replay(index, _integer(self.document["expiry_at"], "expiry_at"), terms, electorate)
        self.terms: Terms = self.replay.listed
        self.acts = _list(self.document["acts"], "acts")
        self.seq, self.book = 0, ""
        if self.document["expiry"] != self.replay.expiry:
            raise Difference(f"index, instant and terms as listed give another expiry id, {self.replay.expiry}")

    def run(self) -> None:
        for place, entry in enumerate(self.acts):
            self.place = place
            self.check_entry(entry)
        self.place = None
        self.check_outcome()

    def check_entry(self, entry: object) -> None:
        act = _object(entry, "an act", set(ENTRY_KEYS))
        kind, at, seq = act["kind"], _integer(act["at"], "at"), _integer(act["seq"], "seq")
        if seq <= self.seq:
            raise Difference(f"its seq is {seq}, not above that of the act ahead of it, {self.seq}")
        message = _read_message(kind, act["message"])
        if not _is_sealed(kind, message) and act["digest"] != digest(self.domain, kind, message):
            raise Difference("its digest is not that of its message")
        self.check_signatures(kind, message, act)
        self.replay.take(kind, message, digest=act["digest"], at=at, seq=seq)
        self.check_receipt(act, at, seq)

    def check_signatures(self, kind: str, message: Message, act: dict[str, Any]) -> None:
        signatures = _list(act["signatures"], "signatures")
        signers = [_recover(act["digest"], each) for each in signatures]
        if kind in GUARDIAN_ACTS:
            self.check_guardians(signers)
            return
        author = self.terms.service if kind in SERVICE_ACTS else message["account"]
        if signers != [author]:
            raise Difference(f"it must have one signature, by {author}, and has {', '.join(signers) or 'none'}")

    def check_guardians(self, signers: list[str]) -> None:
        foreign = [signer for signer in signers if signer not in self.terms.guardians]
        if foreign:
            raise Difference(f"{foreign[0]} signed the ruling and is no guardian of these terms")
        needed = max(1, self.terms.guardian_threshold)
        if len(set(signers)) != len(signers) or len(signers) < needed:
            raise Difference(f"{len(set(signers))} guardians signed the ruling, each to sign once, {needed} needed")

    def check_receipt(self, act: dict[str, Any], at: int, seq: int) -> None:
        receipt = _object(act["receipt"], "its receipt", {"message", "signature"})
        try:
            message = parse("Receipt", receipt["message"])
        except ValueError as error:
            raise Difference(f"its receipt is malformed: {error}") from None
        book = message["book"]
        expected = {
            "digest": act["digest"], "expiry": self.replay.expiry, "head": self.replay.head,
            "seq": seq, "at": at, "code": "",
        }
        if self.book and seq == self.seq + 1:
            expected["book"] = next_book(self.book, seq, act["digest"], at)
        for name, value in expected.items():
            if message[name] != value:
                raise Difference(f"its receipt says {name} {message[name]!r}, and it is {value!r}")
        signer = _recover(digest(self.domain, "Receipt", message), receipt["signature"])
        if signer != self.terms.service:
            raise Difference(f"its receipt is signed by {signer}, not by the service, {self.terms.service}")
        self.seq, self.book = seq, book

    def check_outcome(self) -> None:
        said = _object(self.document["outcome"], "the outcome")
        name = "final_at" if said.get("stage") == Stage.FINAL.value else "at"
        self.outcome = self.replay.outcome(_integer(said.get(name), f"the outcome's {name}"))
        if self.document["raised"] != self.replay.raised:
            raise Difference("the raised terms are not those that `Opened` gives")
        if self.replay.electorate and self.replay.electorate_taken_at is None:
            raise Difference("there is an electorate, and no ballot was opened")
        if self.document["sealed"] is not any(_is_sealed(act["kind"], act["message"]) for act in self.acts):
            raise Difference("`sealed` does not say whether reports are sealed here")
        for key, value in self.outcome.items():
            if said.get(key) != value:
                raise Difference(f"the outcome's {key} is said to be {_short(said.get(key))}, and is {_short(value)}")
        if set(said) != set(self.outcome):
            raise Difference(f"the outcome has other keys than {', '.join(self.outcome)}")

    def verdict(self, passed: bool, reason: str = "") -> Verdict:
        act = self.acts[self.place] if self.place is not None else None
        seq = str(act.get("seq")) if isinstance(act, dict) else None
        return Verdict(
            passed, len(self.acts), self.place, seq, reason, self.replay.head, self.replay.state, self.outcome
        )


def _read_message(kind: Any, message: object) -> Message:
    """A message as `parse` gives it, also a Report that is cut to its public fields."""
    if kind not in TRANSCRIPT_KINDS:
        raise Difference(f"only these stand in a transcript: {', '.join(TRANSCRIPT_KINDS)}")
    try:
        if isinstance(message, dict) and _is_sealed(kind, message):
            return sealed(kind, parse(kind, {**message, **_UNSEALED}))
        return parse(kind, message)
    except ValueError as error:
        raise Difference(f"it is malformed: {error}") from None


def _is_sealed(kind: str, message: Mapping[str, Any]) -> bool:
    hidden = SEALED_FIELDS.get(kind, ())
    return bool(hidden) and not any(name in message for name in hidden)


def _recover(signed: Any, signature: Any) -> str:
    try:
        return recover(signed, signature)
    except BadSignature as error:
        raise Difference(f"a signature is not valid: {error}") from None
    except ValueError as error:
        raise Difference(f"its digest {error}") from None


def _read_domain(value: object) -> Domain:
    domain = _object(value, "the domain", {"chainId", "verifyingContract"})
    try:
        return Domain(_integer(domain["chainId"], "chainId"), domain["verifyingContract"])
    except ValueError as error:
        raise Difference(str(error)) from None


def _read_electorate(value: object) -> dict[str, int]:
    return {account: _integer(stake, "a stake") for account, stake in _object(value, "the electorate").items()}


def _object(value: object, name: str, keys: set[str] | None = None) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Difference(f"{name} must be an object")
    if keys is not None and set(value) != keys:
        _refuse_keys(name, keys, set(value))
    return value


def _refuse_keys(name: str, keys: set[str], found: set[str]) -> NoReturn:
    if missing := sorted(keys - found):
        raise Difference(f"{name} lacks {', '.join(missing)}")
    raise Difference(f"{name} has unknown keys: {', '.join(sorted(found - keys))}")


def _list(value: object, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise Difference(f"{name} must be a list")
    return value


def _integer(value: object, name: str) -> int:
    """One spelling of each unsigned integer below 2^256, as in messages."""
    digits = value if isinstance(value, str) and len(value) <= 78 and value.isascii() else ""
    if digits.isdigit() and (digits == "0" or digits[0] != "0") and int(digits) < UINT256_END:
        return int(digits)
    raise Difference(f"{name} must be a decimal string without sign, point or leading zero, below 2^256")


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 100 else f"{text[:97]}..."
