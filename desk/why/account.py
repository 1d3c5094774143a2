"""An account of the ledger: whose money it is, what else they have, what locks it."""

from __future__ import annotations

from django.db.models import Q

from desk import addresses
from desk.why.expiry import acts_table, ledger_table
from desk.why.page import ROWS, Link, Table, Why
from ledger import names
from ledger.models import Account, Transfer
from ledger.names import Kind
from oracle import selectors
from oracle.models import Act, Expiry
from protocol.show import ether

_MEANS = {
    Kind.FREE: "It may be bonded, staked or withdrawn by whoever has the key",
    Kind.STAKE: "It votes; unstaking it takes a delay",
    Kind.UNBONDING: "It votes no more, and is free once its delay is over",
    Kind.WITHDRAWING: "It was asked for, and is paid by the escrow once a root says so",
    Kind.EXPIRY: "Bonds, reward and cuts of one expiry, paid out when that is final",
    Kind.TREASURY: "Fees go here, and rewards come from here",
    Kind.OUTSIDE: "The world beyond the book: as much as everybody inside has, with a minus before it",
}


def explain(row: Account, now: int) -> Why:
    """Only acts move money: nobody does it here."""
    kind, owner = names.parse(row.name)
    personal = kind in names.PERSONAL
    return Why(
        sentence=f"{ether(row.balance)}. {_MEANS[kind]}.",
        next="An act of its owner, or of the expiry that holds it; no operator can move it",
        tables=[*(_person(owner) if personal else []), _lines(row.name)],
        links=_links(kind, owner),
    )


def _person(address: str) -> list[Table]:
    found = selectors.account(address)
    has = found.balances
    balances = [
        ("free", ether(has["free"])),
        ("stake", ether(has["stake"])),
        ("unbonding", ether(has["unbonding"])),
    ]
    balances.append(("withdrawing", ether(has["withdrawing"])))
    locks = found.heaviest(ROWS)
    rows = {
        row.id: row
        for row in Expiry.objects.filter(id__in=[id_ for id_, _ in locks]).defer("terms", "raised")
    }
    locked = [(Link(rows[id_].slug, addresses.page(rows[id_])), ether(amount)) for id_, amount in locks]
    return [
        Table(
            "All that this address has",
            ("for", "amount"),
            [*balances, ("locked stake", ether(found.locked_stake))],
        ),
        Table("Locked on", ("expiry", "amount"), locked, "nothing is locked"),
        acts_table(selectors.acts_of(address, limit=ROWS), addresses.listing(Act, q=address)),
    ]


def _lines(name: str) -> Table:
    lines = Transfer.objects.filter(Q(debit=name) | Q(credit=name)).order_by("-id")[:ROWS]
    return ledger_table(list(lines), name)


def _links(kind: Kind, owner: str) -> list[Link]:
    if kind in names.PERSONAL:
        return [Link("Public page", f"/accounts/{owner}/"), Link("API", f"/api/v1/accounts/{owner}")]
    if kind is Kind.EXPIRY:
        return [Link("Its expiry", addresses.page(Expiry, owner))]
    return []
