"""Signed answers to acts (PROTOCOL 7, Receipt)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from oracle.models import Act, Expiry
from protocol import signing

NOTHING = "0x" + "0" * 64
"""Stands in a receipt for an expiry and a head that the act does not have."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """Proof that an act was taken at this place and time, or refused with `code`."""

    message: signing.Message
    signature: str

    @property
    def code(self) -> str:
        """The protocol's word for the refusal, "" where the act was taken."""
        return str(self.message["code"])

    def to_json(self) -> dict[str, Any]:
        """The receipt as it is handed out."""
        return {"message": signing.to_json("Receipt", self.message), "signature": self.signature}


def receipt_message(
    digest: str, expiry: Expiry | None, seq: int, book: str, at: int, code: str = ""
) -> signing.Message:
    """The fields of a receipt, with the expiry's head as it is after the act."""
    return {
        "digest": digest,
        "expiry": expiry.id if expiry else NOTHING,
        "head": expiry.head if expiry else NOTHING,
        "seq": seq,
        "book": book,
        "at": at,
        "code": code,
    }


def receipt_of(act: Act) -> Receipt:
    """The receipt of an entry, put together again from its row."""
    message = {
        "digest": act.digest,
        "expiry": act.expiry_id or NOTHING,
        "head": act.head or NOTHING,
        "seq": act.seq,
        "book": act.book,
        "at": act.at,
        "code": "",
    }
    return Receipt(message, act.receipt_signature)
