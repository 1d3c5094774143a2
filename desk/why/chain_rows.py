"""Rows about the chain that several pages show."""

from __future__ import annotations

from collections.abc import Iterable

from desk import addresses
from desk.why.page import ROWS, Link, Table
from oracle.models import Expiry
from protocol.show import decimal, utc
from settlement.models import ChainTransaction, OracleRecord, Publication, PublicationItem, Series


def of_expiry(row: Expiry) -> list[Table]:
    """Its publications, transactions, record of the oracle and series."""
    items = list(
        PublicationItem.objects.filter(expiry=row)
        .select_related("publication__transaction")
        .order_by("-pk")[:ROWS]
    )
    publications = [item.publication for item in items]
    return [
        publications_table(publications),
        transactions_table([each.transaction for each in publications if each.transaction]),
        _record(row),
        _series(row),
    ]


def publications_table(publications: Iterable[Publication]) -> Table:
    """Batches of prices."""
    found = [
        (
            Link(str(each), addresses.page(each)),
            each.stage,
            each.reason or "–",
            utc(each.created_at),
            utc(each.final_at),
        )
        for each in publications
    ]
    return Table(
        "Publications", ("publication", "stage", "reason", "made", "final"), found, "its price is in none"
    )


def transactions_table(rows: Iterable[ChainTransaction]) -> Table:
    """Transactions of ours."""
    found = [
        (
            Link(row.purpose, addresses.page(row)),
            row.state,
            str(row.nonce),
            row.hash,
            "–" if row.block_number is None else str(row.block_number),
            row.reason or "–",
        )
        for row in rows
    ]
    head = ("for", "state", "nonce", "hash", "block", "reason")
    return Table("Chain transactions", head, found, "none of ours")


def _record(row: Expiry) -> Table:
    found = [
        (each.state, utc(each.since), decimal(each.price), str(each.attempt), str(each.block))
        for each in OracleRecord.objects.filter(expiry=row)
    ]
    return Table(
        "What the oracle has", ("state", "since", "price", "attempt", "block"), found, "nobody has looked yet"
    )


def _series(row: Expiry) -> Table:
    rows = Series.objects.filter(expiry=row).order_by("strike", "address")[:ROWS]
    found = [
        (Link(each.address, addresses.page(each)), each.origin, decimal(each.strike), each.collateral or "–")
        for each in rows
    ]
    more = Link("all", addresses.listing(Series, q=row.slug))
    return Table("Series", ("address", "origin", "strike", "collateral"), found, "none is listed", more)
