"""What of evidence may be shown: documents whose hash stands in a public act on the document's own expiry.

On its own expiry: else anybody could put a guessed hash into a pledge on another one, and see whether it was kept here
under the seal of a report (PROTOCOL 7).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef

from evidence.models import Document, File
from oracle.models import Act, Expiry
from oracle.sealing import SEALED_STAGES

_HASH = re.compile(r"0x[0-9a-f]{64}")

CARRIED = Exists(Act.objects.filter(expiry=OuterRef("expiry"), evidence=OuterRef("hash")))
"""Of a document: an act on its expiry carries it."""


@dataclass(frozen=True, slots=True)
class Shown:
    """The evidence of one or more acts on an expiry; `document` is None where nobody has handed it in.

    `weight` is wei that its acts have bonded, `accounts` some of their authors, `prices` some that they name.
    """

    hash: str
    weight: int
    first: int
    acts: int
    accounts: list[str]
    prices: list[int]
    document: dict[str, Any] | None


def public(hash_: str) -> Document | None:
    """A document that may be shown, with its expiry; None for one that is not known and for one that is not public."""
    if not _HASH.fullmatch(hash_):
        return None
    found = Document.objects.filter(CARRIED, hash=hash_).exclude(expiry__stage__in=SEALED_STAGES)
    return found.select_related("expiry__index").first()


def file_of(document: Document, n: int) -> bytes | None:
    """The bytes of the n-th file of a document that is public."""
    content = File.objects.filter(document=document, n=n).values_list("content", flat=True).first()
    return None if content is None else bytes(content)


def carriers(document: Document, *, limit: int) -> list[Act]:
    """Acts on the document's expiry that carry it, in their order."""
    return list(Act.objects.filter(expiry=document.expiry_id, evidence=document.hash).order_by("seq")[:limit])


def of_expiry(expiry: Expiry, *, limit: int) -> tuple[list[Shown], int]:
    """Evidence on an expiry, what was handed in before what was not, the most bonded first; and how many there are."""
    if expiry.stage in SEALED_STAGES:
        return [], 0
    with connection.cursor() as cursor:
        cursor.execute(_OF_EXPIRY, {"expiry": expiry.id, "limit": limit})
        rows = cursor.fetchall()
    shown = [
        Shown(
            hash_,
            int(weight),
            first,
            acts,
            accounts,
            [int(price) for price in prices],
            canonical and json.loads(canonical),
        )
        for hash_, weight, first, acts, accounts, prices, canonical, _ in rows
    ]
    return shown, rows[0][-1] if rows else 0


# DISTINCT only of what is shown: in the grouping it would sort all acts of the expiry.
_OF_EXPIRY = """
SELECT found.hash, found.weight, found.first, found.acts,
       ARRAY(SELECT DISTINCT unnest(found.accounts) ORDER BY 1 LIMIT 3),
       ARRAY(SELECT DISTINCT unnest(found.prices) ORDER BY 1 LIMIT 3),
       document.canonical, found.total
FROM (
    SELECT said.*, kept.hash IS NULL AS missing, count(*) OVER () AS total
    FROM (
        SELECT evidence AS hash, sum(amount) AS weight, min(seq) AS first, count(*) AS acts,
               array_agg(account) AS accounts, array_agg(price) AS prices
        FROM oracle_act
        WHERE expiry_id = %(expiry)s AND evidence IS NOT NULL
        GROUP BY 1
    ) AS said
    LEFT JOIN evidence_document AS kept ON kept.hash = said.hash AND kept.expiry_id = %(expiry)s
    ORDER BY missing, weight DESC, first LIMIT %(limit)s
) AS found
LEFT JOIN evidence_document AS document ON document.hash = found.hash AND NOT found.missing
ORDER BY found.missing, found.weight DESC, found.first
"""
