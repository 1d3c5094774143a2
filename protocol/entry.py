"""One entry of the book and one beat, as `GET /api/v1/book` gives them, and what each says alone (PROTOCOL 7).

Whether an entry follows from those before it is the business of book.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from protocol.messages import BOOK_KINDS, GUARDIAN_ACTS, SEALED_FIELDS, SERVICE_ACTS, sealed
from protocol.signing import Domain, Message, digest, parse, recover

ZERO_WORD = "0x" + "00" * 32
"""Stands in a receipt for the expiry and the head that an entry about an account alone does not have."""

_HIDDEN = {"price": "1", "evidence": ZERO_WORD, "salt": ZERO_WORD}  # only to read the rest of a sealed report


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry. `message` as `parse` gives it, a sealed Report's without its hidden fields; `receipt` likewise."""

    seq: int
    at: int
    kind: str
    digest: str
    message: Message
    signatures: tuple[str, ...]
    book: str
    head: str | None
    receipt: Message
    receipt_signature: str

    @property
    def expiry(self) -> str | None:
        """The expiry that it names, None where it is about an account alone."""
        return self.message.get("expiry")

    @property
    def is_sealed(self) -> bool:
        return any(name not in self.message for name in SEALED_FIELDS.get(self.kind, ()))

    @classmethod
    def from_json(cls, document: Any) -> Entry:
        """Read an entry strictly; ValueError says what is wrong with it."""
        try:
            kind, receipt = document["kind"], document["receipt"]
            if kind not in BOOK_KINDS:
                raise ValueError(f"{kind} is no kind of entry")
            return cls(
                read_integer(document["seq"]),
                read_integer(document["at"]),
                kind,
                document["digest"],
                read_message(kind, document["message"]),
                tuple(document["signatures"]),
                document["book"],
                document["head"],
                parse("Receipt", receipt["message"]),
                receipt["signature"],
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"not an entry of the book: {type(error).__name__} at {error}") from None


@dataclass(frozen=True, slots=True)
class Beat:
    """The service's word that at unix second `at` the book ended with entry `seq` and the hash `book`."""

    seq: int
    book: str
    at: int
    signature: str

    @property
    def message(self) -> Message:
        return {"seq": self.seq, "book": self.book, "at": self.at}

    @classmethod
    def from_json(cls, document: Any) -> Beat:
        """Read a beat strictly; ValueError says what is wrong with it."""
        try:
            message = parse("Beat", {name: document[name] for name in ("seq", "book", "at")})
            return cls(**message, signature=document["signature"])
        except (KeyError, TypeError) as error:
            raise ValueError(f"not a beat: {type(error).__name__} at {error}") from None


def read_message(kind: str, message: Any) -> Message:
    """A message as `parse` gives it, also one that is cut to its public fields (PROTOCOL 7, Sealing)."""
    hidden = SEALED_FIELDS.get(kind, ())
    if hidden and isinstance(message, Mapping) and not any(name in message for name in hidden):
        return sealed(kind, parse(kind, {**message, **_HIDDEN}))
    return parse(kind, message)


def read_integer(value: object) -> int:
    """An unsigned integer in its one spelling; ValueError otherwise."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and str(int(value)) == value:
        return int(value)
    raise ValueError(f"must be an integer as a decimal string, not {str(value)[:40]!r}")


def author_problem(
    entry: Entry, service: str, guardians: Sequence[str] = (), threshold: int = 0
) -> str | None:
    """Why an entry is not signed by whom it must be: its account, the service, or k guardians; None if it is."""
    try:
        signers = [recover(entry.digest, signature) for signature in entry.signatures]
    except ValueError as error:
        return f"a signature is not valid: {error}"
    if entry.kind in GUARDIAN_ACTS:
        needed = max(1, threshold)
        valid = len(set(signers)) == len(signers) >= needed and set(signers) <= set(guardians)
        return None if valid else f"it needs {needed} different guardians, and these signed: {', '.join(signers)}"
    author = service if entry.kind in SERVICE_ACTS else entry.message["account"]
    return None if signers == [author] else f"it is not signed by {author} alone"


def receipt_problem(domain: Domain, entry: Entry, head: str | None, service: str) -> str | None:
    """Where an entry's receipt says something else than the entry, or somebody else signed it; None if it is right."""
    expected = {
        "digest": entry.digest, "expiry": entry.expiry or ZERO_WORD, "head": head or ZERO_WORD,
        "seq": entry.seq, "book": entry.book, "at": entry.at, "code": "",
    }
    for name, value in expected.items():
        if entry.receipt[name] != value:
            return f"its receipt says {name} {entry.receipt[name]!r}, and it is {value!r}"
    return signer_problem(domain, "Receipt", entry.receipt, entry.receipt_signature, service)


def signer_problem(domain: Domain, kind: str, message: Message, signature: str, signer: str) -> str | None:
    """Why `signature` is not the one of `signer` under this message; None if it is."""
    try:
        found = recover(digest(domain, kind, message), signature)
    except ValueError as error:
        return f"the {kind.lower()}'s signature is not valid: {error}"
    return None if found == signer else f"the {kind.lower()} is signed by {found}, not by the service, {signer}"
