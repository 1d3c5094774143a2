"""The audit log: every act of staff and every decision of the service, in one hash chain (RELIABILITY 4).

head_0 = keccak256("Assize audit"), head_n = keccak256(head_{n-1}, hash of the canonical JSON of entry n). Attestors
keep its head with every root that they sign: whoever rewrites the log contradicts them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db import connection, transaction

from operators.models import AuditEntry
from protocol.canonical import json_hash
from protocol.hashing import from_hex, hash_words, keccak, to_hex

HEAD_0 = to_hex(keccak(b"Assize audit"))
SERVICE = "service"
LOCK = 0x61756469
"""The log's own lock, the last one that any transaction takes (docs/locking.md)."""


@dataclass(frozen=True, slots=True)
class Head:
    """Where the log ends: its last entry's number and hash."""

    seq: int
    head: str

    def to_json(self) -> dict[str, str]:
        """As files and the API have it."""
        return {"seq": str(self.seq), "head": self.head}


def record(
    what: str, subject: str = "", *, by: str = SERVICE, details: Mapping[str, object] | None = None, now: int
) -> AuditEntry:
    """Append an entry, in the transaction of what it tells of; nothing may be locked after it.

    `what` is `thing.what_happened`, `by` is `service`, `staff:NAME` or `shell:NAME`. Details become strings.
    """
    told = {name: str(value) for name, value in (details or {}).items()}
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        last = head()
        entry = AuditEntry(seq=last.seq + 1, at=now, actor=by, what=what, subject=subject, details=told)
        entry.head = next_head(last.head, entry)
        entry.save(force_insert=True)
    return entry


def staff(name: str) -> str:
    """How the log names an operator."""
    return f"staff:{name}"


def shell(name: str) -> str:
    """How the log names whoever runs a command on a host."""
    return f"shell:{name}"


def head() -> Head:
    """Where the log ends now."""
    last = AuditEntry.objects.order_by("-seq").values_list("seq", "head").first()
    return Head(*last) if last else Head(0, HEAD_0)


def next_head(before: str, entry: AuditEntry) -> str:
    """The hash of the log once `entry` stands behind `before`."""
    told = {
        "seq": entry.seq, "at": entry.at, "actor": entry.actor, "what": entry.what, "subject": entry.subject,
        "details": entry.details,
    }  # fmt: skip
    return hash_words(from_hex(before, 32), from_hex(json_hash(told), 32))


def verify(entries: Iterable[AuditEntry], anchors: Mapping[int, str]) -> str:
    """The first thing that is wrong with the log, read from its start; "" where nothing is.

    `anchors` are heads by number that somebody has kept: each must be the log's own.
    """
    last = Head(0, HEAD_0)
    for entry in entries:
        if entry.seq != last.seq + 1:
            return f"entry {last.seq + 1} is missing"
        if entry.head != (wanted := next_head(last.head, entry)):
            return f"entry {entry.seq} was changed: its head is {entry.head}, its words give {wanted}"
        last = Head(entry.seq, entry.head)
        if (kept := anchors.get(entry.seq, entry.head)) != entry.head:
            return f"entry {entry.seq} has another head than was anchored: {entry.head}, anchored is {kept}"
    if lost := [seq for seq in anchors if seq > last.seq]:
        return f"the log ends at entry {last.seq}, and entry {min(lost)} was anchored"
    return ""
