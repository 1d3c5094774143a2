"""Who may attest and who may stop them, by the oracle itself, and what each attestor last said (PROTOCOL 8)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db.models import Max, QuerySet

from settlement.chain import quorum
from settlement.chain.contracts import Signers
from settlement.models import AttestorRefusal, AttestorSignature, RootRefusal, RootSignature

FRESH_SECONDS = 5
"""So long one answer of the chain serves all who ask: a page must not be a way to wear a node out."""


@dataclass(frozen=True, slots=True)
class Refused:
    """An attestor's words at unix second `at`."""

    text: str
    at: int


@dataclass(frozen=True, slots=True)
class Attestor:
    """A member of the running or the waiting set; None where it never signed or refused anything."""

    address: str
    running: bool
    waiting: bool
    signed_at: int | None
    refused: Refused | None


def signers() -> Signers:
    """The oracle's sets as of a few seconds ago, by a quorum of nodes. May raise a ChainError."""
    key = f"signers:{settings.CHAIN_ID}:{settings.ORACLE_ADDRESS}"
    found: Signers | None = cache.get(key)
    if found is None:
        found = quorum.oracle().signers()
        cache.set(key, found, FRESH_SECONDS)
    return found


def attestors(found: Signers) -> list[Attestor]:
    """All members of both sets, by address, each with its last word; four queries."""
    waiting = found.waiting.members if found.waiting else ()
    everybody = sorted({*found.running, *waiting})
    signed: dict[str, int] = {}
    for rows in (AttestorSignature.objects.all(), RootSignature.objects.all()):
        for row in _of(rows, everybody).order_by().values("attestor").annotate(last=Max("at")):
            signed[row["attestor"]] = max(row["last"], signed.get(row["attestor"], 0))
    refused: dict[str, Refused] = {}
    for said in (AttestorRefusal.objects.all(), RootRefusal.objects.all()):
        newest = _of(said, everybody).order_by("attestor", "-at", "-id").distinct("attestor")
        for each in newest:
            if each.attestor not in refused or refused[each.attestor].at < each.at:
                refused[each.attestor] = Refused(each.text, each.at)
    return [
        Attestor(each, each in found.running, each in waiting, signed.get(each), refused.get(each))
        for each in everybody
    ]


def _of(rows: QuerySet[Any], attestors: Sequence[str]) -> QuerySet[Any]:
    return rows.filter(attestor__in=attestors)
