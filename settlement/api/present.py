"""How rows are spelled in the API: integers as decimal strings. No queries beyond what was selected with the rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from oracle.models import Expiry
from settlement import selectors
from settlement.models import Publication, PublicationItem, Series
from settlement.selectors import Published


def series(row: Series) -> dict[str, str]:
    return {
        "address": row.address,
        "expiry": row.expiry_id,
        "strike": str(row.strike),
        "collateral": row.collateral,
        "decimals": str(row.decimals),
        "p": row.p,
        "n": row.n,
    }


def item(row: PublicationItem) -> dict[str, str]:
    """Exactly the fields of an Attestation (PROTOCOL 7), in the form that `protocol.signing.parse` takes."""
    return {
        "expiry": row.expiry_id,
        "attempt": str(row.attempt),
        "price": str(row.price),
        "transcript": row.transcript,
        "payouts": row.payouts,
    }


def publication(row: Publication) -> dict[str, Any]:
    items = sorted(row.items.all(), key=lambda each: each.position)
    return {
        "id": str(row.pk),
        "stage": row.stage,
        "reason": row.reason,
        "tx_hash": row.transaction.hash if row.transaction else None,
        "final_on_chain_at": None if row.final_at is None else str(row.final_at),
        "items": [item(each) for each in items],
        "signatures": [{"attestor": s.attestor, "signature": s.signature} for s in row.signatures.all()],
        "refusals": [{"attestor": r.attestor, "text": r.text, "at": str(r.at)} for r in row.refusals.all()],
    }


def published(found: Published | None) -> dict[str, Any] | None:
    if found is None:
        return None
    at = found.final_on_chain_at
    return {
        "id": str(found.id),
        "stage": found.stage,
        "tx_hash": found.tx_hash,
        "final_on_chain_at": None if at is None else str(at),
    }


def of_expiries(expiries: Sequence[Expiry]) -> dict[str, dict[str, Any]]:
    """What settlement adds to expiries in the API, by id: `series` and `publication`; constant queries."""
    ids = [expiry.id for expiry in expiries]
    found = selectors.publications_of(ids)
    added: dict[str, dict[str, Any]] = {
        id_: {"series": [], "publication": published(found.get(id_))} for id_ in ids
    }
    for row in Series.objects.filter(expiry__in=ids).order_by("collateral", "strike"):
        added[row.expiry_id]["series"].append(series(row))
    return added
