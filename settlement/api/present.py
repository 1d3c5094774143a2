"""How rows are spelled in the API: integers as decimal strings. No queries beyond what was selected with the rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from oracle.models import Expiry
from settlement import selectors
from settlement.models import Publication, PublicationItem, Root, Series
from settlement.reserves import Proven, Reserves
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


def root(row: Root) -> dict[str, Any]:
    """With exactly the fields of a Root (PROTOCOL 7), in the form that `protocol.signing.parse` takes."""
    return {
        "id": str(row.pk),
        "epoch": str(row.epoch),
        "root": row.root,
        "block": str(row.block),
        "seq": str(row.seq),
        "accounts": str(row.accounts),
        "debt": str(row.debt),
        "stage": row.stage,
        "reason": row.reason,
        "tx_hash": row.transaction.hash if row.transaction else None,
        "final_at": None if row.final_at is None else str(row.final_at),
        "signatures": [{"attestor": s.attestor, "signature": s.signature} for s in row.signatures.all()],
        "refusals": [{"attestor": r.attestor, "text": r.text, "at": str(r.at)} for r in row.refusals.all()],
    }


def proven(found: Proven) -> dict[str, Any]:
    row, leaf = found.root, found.leaf
    numbers = {name: str(getattr(row, name)) for name in ("epoch", "block", "seq")}
    amounts = {name: str(getattr(leaf, name)) for name in ("withdrawable", "entitled", "deposited")}
    return {**numbers, "root": row.root, "account": leaf.account, **amounts, "proof": found.proof}


def reserves(found: Reserves) -> dict[str, Any]:
    amounts = ("deposited", "paid", "balance", "owed", "difference")
    return {
        "escrow": found.escrow,
        **{name: str(getattr(found, name)) for name in amounts},
        "problem": found.problem,
        "block": None if found.block is None else str(found.block),
        "root": root(found.root) if found.root else None,
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
