"""The only writers of evidence. No act waits for any of this, and no outcome depends on it."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.db.models import Sum

from evidence.models import Document, File
from evidence.selectors import CARRIED
from operators.services import audit
from oracle.models import Expiry
from protocol.canonical import canonical_json
from protocol.evidence import check, evidence_hash
from protocol.evidence_files import MAX_FILE_BYTES, check_content

WAIT_SECONDS = 3600
"""How long a document is kept without an act that carries it."""
AT_ONCE = 200
LOOK_AGAIN_SECONDS = 60


class UnknownExpiry(ValueError):
    """No expiry with the document's id is listed here."""


class Full(Exception):
    """EVIDENCE_MIB is used up."""


def keep(*, document: object, files: object, now: int) -> str:
    """Keep a document with all of its files; returns its hash. ValueError where they are not in form.

    What is answered, and what is written, is the same whether it was known before or not: a report's evidence is
    sealed, and whoever guesses it must not learn here that they guessed right.
    """
    check(document)
    assert isinstance(document, dict)
    contents = _contents(document.get("files", []), files)
    if not Expiry.objects.filter(id=document["expiry"]).exists():
        raise UnknownExpiry("no expiry with the document's id is listed here")
    if _bytes_kept() >= settings.EVIDENCE_MIB * 2**20:
        raise Full
    canonical = canonical_json(document)
    row = Document(
        hash=evidence_hash(document),
        expiry_id=document["expiry"],
        canonical=canonical.decode(),
        size=len(canonical) + sum(map(len, contents)),
        kept_at=now,
    )
    with transaction.atomic():
        Document.objects.bulk_create(
            [row], update_conflicts=True, unique_fields=["hash"], update_fields=["kept_at"]
        )
        rows = [File(document=row, n=n, content=content) for n, content in enumerate(contents)]
        File.objects.bulk_create(rows, ignore_conflicts=True)
    return row.hash


def _contents(entries: Sequence[dict[str, Any]], files: object) -> list[bytes]:
    if not isinstance(files, list) or len(files) != len(entries):
        raise ValueError(
            f"files: must be a list of the {len(entries)} files that the document names, in its order"
        )
    contents = []
    for said, text in zip(entries, files, strict=True):
        if not isinstance(text, str) or len(text) > MAX_FILE_BYTES * 4 // 3 + 4:
            raise ValueError(f"files: {said['name']} must be base64 of at most {MAX_FILE_BYTES} bytes")
        try:
            contents.append(base64.b64decode(text, validate=True))
        except (binascii.Error, ValueError):
            raise ValueError(f"files: {said['name']} is no base64") from None
        check_content(said, contents[-1])
    return contents


def _bytes_kept() -> int:
    """As of the last minute, which also hides what one more document adds."""
    known: int | None = cache.get("evidence:bytes")
    if known is None:
        known = int(Document.objects.aggregate(total=Sum("size"))["total"] or 0)
        cache.set("evidence:bytes", known, LOOK_AGAIN_SECONDS)
    return known


@transaction.atomic
def forget(*, now: int) -> int:
    """Delete documents that no act has carried within WAIT_SECONDS; returns how many."""
    Document.objects.filter(CARRIED, waits=True).update(waits=False)
    old = Document.objects.filter(waits=True, kept_at__lte=now - WAIT_SECONDS)
    rows = (
        old.select_for_update(skip_locked=True).order_by("kept_at").values_list("hash", flat=True)[:AT_ONCE]
    )
    gone = list(rows)
    deleted = Document.objects.filter(~CARRIED, hash__in=gone).delete()[1].get("evidence.Document", 0)
    if deleted:
        audit.record("evidence.dropped", details={"documents": deleted}, now=now)
    return len(gone)
