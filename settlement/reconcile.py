"""Is what the chain says what the database says? (I-16: an on-chain price is unset or the database's.)"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from oracle.models import Expiry
from settlement.chain.quorum import OracleAt
from settlement.models import EscrowIndex, PublicationItem
from settlement.stages import PublicationStage

ASKED_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Difference:
    """An expiry of which chain and database say different things."""

    expiry: str
    text: str


def differences(oracle: OracleAt) -> Iterator[Difference]:
    """Every expiry, opened or not, against the oracle's record of it. May raise a ChainError."""
    published = set(
        PublicationItem.objects.filter(live=True, publication__stage=PublicationStage.FINAL).values_list(
            "expiry_id", flat=True
        )
    )
    rows = list(Expiry.objects.order_by("expiry_at", "id").values_list("id", "slug", "price"))
    for start in range(0, len(rows), ASKED_AT_ONCE):
        some = rows[start : start + ASKED_AT_ONCE]
        records = oracle.records_of([id_ for id_, _, _ in some])
        for id_, slug, price in some:
            found = records[id_].price
            if found and found != price:
                yield Difference(id_, f"{slug}: the oracle has {found}, the book {price or 'no price yet'}")
            elif id_ in published and not records[id_].is_final:
                yield Difference(id_, f"{slug}: published as final, but the oracle has no final price")


def escrow_problem() -> str | None:
    """Why no root may be built: the index has stopped, or what it read does not add up. None where all is well."""
    index = EscrowIndex.objects.filter(id=1).first()
    return (index.stopped or index.problem or None) if index else None
