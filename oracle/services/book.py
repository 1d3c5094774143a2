"""The book: one sequence of entries, appended under one lock (PROTOCOL 7).

Lock order, everywhere: the book's head, then expiries, then ledger accounts (by name, by the ledger's trigger).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import structlog
from django.conf import settings
from django.db import InterfaceError, InternalError, OperationalError, connection

from oracle import signer
from oracle.clock import utc
from oracle.models import Act, Beat, BookHead, Expiry
from oracle.receipts import Receipt, receipt_message
from protocol import signing
from protocol.messages import TRANSCRIPT_KINDS

log = structlog.get_logger(__name__)


DATABASE_GONE = (OperationalError, InterfaceError, InternalError)
"""The database went away, or gave up: on a lock, on a transaction in which nothing happened. Nothing has changed."""


class BookHalted(Exception):
    """Nothing can be written into the book now, and nothing has changed; the text says why and what to do."""


class BookPaused(BookHalted):
    """Two operators have paused intake (oracle/services/pausing.py): nothing is written until they resume."""

    def __init__(self, since: int) -> None:
        super().__init__(
            f"Intake is paused by the operators since {utc(since)}, so nothing was done. Send it again once it is"
            " resumed: no window runs meanwhile, and every open deadline moves by the length of the pause."
        )
        self.since = since


class ClockAhead(BookHalted):
    """This host's clock runs ahead of the database's. Time that was acted on cannot be taken back (decision 12)."""


@dataclass(slots=True)
class SignedAct:
    """An act with its digest, before it has a place in the book."""

    kind: str
    message: signing.Message
    digest: str
    signatures: list[str]
    columns: dict[str, Any] = field(default_factory=dict)


def lock() -> BookHead:
    """Take the book's lock until the transaction ends; whatever is read afterwards cannot change meanwhile.

    BookPaused where intake is paused: every writer of the book comes through here.
    """
    head = lock_paused_or_not()
    if head.paused_at is not None:
        raise BookPaused(head.paused_at)
    return head


def lock_paused_or_not() -> BookHead:
    """For who pauses and resumes, and for who appends nothing; everybody else takes `lock`."""
    head = _locked()
    if head is None:
        BookHead.objects.bulk_create([BookHead(id=1, book=signing.BOOK_0)], ignore_conflicts=True)
        head = _locked()
    assert head is not None
    return head


def _locked() -> BookHead | None:
    """The head with the database's clock in one statement: the hot path pays no round trip for it."""
    clock = "extract(epoch FROM clock_timestamp())::bigint AS database_clock"
    query = f"SELECT *, {clock} FROM oracle_bookhead WHERE id = 1 FOR UPDATE"  # noqa: S608  our own words
    return next(iter(BookHead.objects.raw(query)), None)


def save(head: BookHead) -> None:
    """Store the head; the lock is held until the transaction ends.

    Every way out of the lock but an error leads through here, refusals too: what was due may have become entries.
    Time that was acted on without an entry gets its sign of life (see `show_life`).
    """
    if head.life_at < head.clock:
        show_life(head)
    values: list[Any] = [head.seq, head.book, head.at, head.clock, head.life_at, head.due_at]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE oracle_bookhead SET (seq, book, at, clock, life_at, due_at) = (%s, %s, %s, %s, %s, %s)",
            values,
        )


def advance_clock(head: BookHead, now: int) -> int:
    """The time to act on: `now`, or what was acted on before where the host's clock has gone back (C-18).

    ClockAhead where `now` is more than CLOCK_TOLERANCE_SECONDS above the database's clock (C-17): windows would close
    early for everybody, and attestors take entries from the future for a lie.
    """
    ahead = now - head.database_clock
    if 0 < settings.CLOCK_TOLERANCE_SECONDS < ahead:
        log.error("clock.ahead", seconds=ahead)
        raise ClockAhead(
            f"The clock here is {ahead} s ahead of the database's, so nothing was done. Send it again: other processes"
            " may be right. The operator has to set the clocks."
        )
    head.clock = max(head.clock, head.at, now)
    return head.clock


def sign_as_service(kind: str, message: signing.Message) -> SignedAct:
    """An act of the service itself."""
    digest = signer.digest(kind, message)
    return SignedAct(kind, message, digest, [signer.sign(digest)])


def append(head: BookHead, act: SignedAct, expiry: Expiry | None) -> Receipt:
    """Add an entry at the head's clock and sign its receipt. The caller saves `head` and `expiry`.

    Written out in SQL, as is `save`: see oracle/lookup.py.
    """
    head.seq += 1
    head.at = head.life_at = head.clock
    head.book = signing.next_book(head.book, head.seq, act.digest, head.at)
    if expiry is not None and act.kind in TRANSCRIPT_KINDS:
        expiry.head = signing.next_head(expiry.head, act.digest, head.at)
        expiry.acts += 1
    message = receipt_message(act.digest, expiry, head.seq, head.book, head.at)
    receipt = Receipt(message, signer.sign(signer.digest("Receipt", message)))
    columns = dict.fromkeys(_PROJECTED) | act.columns
    values = {
        "seq": head.seq,
        "at": head.at,
        "kind": act.kind,
        "digest": act.digest,
        "account": act.message.get("account"),
        "expiry_id": expiry.id if expiry else None,
        "message": json.dumps(signing.to_json(act.kind, act.message)),
        "signatures": json.dumps(act.signatures),
        "head": expiry.head if expiry else None,
        "book": head.book,
        "receipt_signature": receipt.signature,
        **columns,
    }
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, values)
    return receipt


_PROJECTED = ("price", "amount", "ballot", "commitment", "claim_id")
_COLUMNS = [str(field.column) for field in Act._meta.concrete_fields if not field.generated]
_PLACES = ", ".join(f"%({name})s" for name in _COLUMNS)
_INSERT = f"INSERT INTO oracle_act ({', '.join(_COLUMNS)}) VALUES ({_PLACES})"  # noqa: S608  our own names


def refuse(head: BookHead, digest: str, expiry: Expiry | None, code: str) -> Receipt:
    """A signed refusal: it names the last entry, and why (PROTOCOL 7, Receipt)."""
    message = receipt_message(digest, expiry, head.seq, head.book, head.clock, code)
    return Receipt(message, signer.sign(signer.digest("Receipt", message)))


def show_life(head: BookHead) -> Beat | None:
    """Sign the head as it is at `head.clock`, a sign of life; None where this second has had one.

    Whatever was decided without leaving an entry (a deadline that passed, a refusal) needs one: else a crash
    afterwards would make a gap of the book that reaches back over it, and an outage that undoes it.
    """
    head.life_at = head.clock
    if Beat.objects.filter(at=head.clock).exists():
        return None
    digest = signer.digest("Beat", {"seq": head.seq, "book": head.book, "at": head.clock})
    return Beat.objects.create(at=head.clock, seq=head.seq, book=head.book, signature=signer.sign(digest))
