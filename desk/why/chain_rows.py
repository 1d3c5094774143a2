"""Rows about the chain that several pages show."""

from __future__ import annotations

from collections.abc import Iterable

from desk import addresses
from desk.why.page import ROWS, Ask, Link, Moment, Table
from oracle.models import Expiry
from pages.series import lines_of
from protocol.show import cut, decimal, utc
from settlement.models import ETH, ChainTransaction, OracleRecord, Publication, PublicationItem, Root, Series
from settlement.selectors import transactions_about
from settlement.services.proposed import CANCEL
from settlement.stages import TransactionState


def of_expiry(row: Expiry, now: int) -> list[Table]:
    """Its publications, transactions, record of the oracle and series."""
    items = PublicationItem.objects.filter(expiry=row).select_related("publication").order_by("-pk")[:ROWS]
    publications = [item.publication for item in items]
    return [
        publications_table(publications),
        transactions_table(transactions_about(row)[:ROWS]),
        _record(row),
        _series(row, now),
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


def signed_life(row: Publication | Root, final: str) -> list[Moment]:
    """What attestors sign and a transaction carries: planned, signed by each, stored, final. One query."""
    moments = [Moment(row.created_at, "Planned")]
    moments += [Moment(each.at, f"Signed by {each.attestor}") for each in row.signatures.order_by("at")]
    if row.transaction is not None:
        words = f"Transaction stored under nonce {row.transaction.nonce}"
        moments.append(Moment(row.transaction.created_at, words))
    if row.final_at is not None:
        moments.append(Moment(row.final_at, final))
    return sorted(moments, key=lambda moment: moment.at or 0)


def ask_to_cancel(row: ChainTransaction | None) -> list[Ask]:
    """Where no block has it."""
    if row is None or row.state != TransactionState.SENT:
        return []
    return [Ask(CANCEL, "Propose to cancel its transaction", {"transaction": row.pk})]


def _record(row: Expiry) -> Table:
    found = [
        (each.state, utc(each.since), decimal(each.price), str(each.attempt), str(each.block))
        for each in OracleRecord.objects.filter(expiry=row)
    ]
    return Table(
        "What the oracle has", ("state", "since", "price", "attempt", "block"), found, "nobody has looked yet"
    )


def _series(row: Expiry, now: int) -> Table:
    rows = list(Series.objects.filter(expiry=row).order_by("strike", "address")[:ROWS])
    for each in rows:
        each.expiry = row  # its state asks the stage and the price
    found = [
        (
            Link(line.row.address, addresses.page(line.row)),
            line.row.origin,
            decimal(line.row.strike),
            "ETH" if line.row.collateral == ETH else line.row.collateral or "–",
            line.state,
            cut(line.p, line.row.decimals),
            cut(line.n, line.row.decimals),
        )
        for line in lines_of(rows, now)
    ]
    head = ("address", "origin", "strike", "collateral", "state", "a P pays", "an N pays")
    return Table("Series", head, found, "none is listed", Link("all", addresses.listing(Series, q=row.slug)))
