"""What each account is owed in all, worked out of the ledger in one statement (PROTOCOL 8, Escrow)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from django.db import connection

# One statement sees one moment, so nobody has to be kept out meanwhile. Locks of an expiry count until its account is
# empty: FINAL pays everything that is in it. What was claimed is no longer `withdrawing`, so withdrawals are summed.
_SUMS = """
    WITH unfinished AS (
        SELECT name FROM ledger_account WHERE name LIKE 'expiry:%%' AND balance > 0
    ), part AS (
        SELECT name, 0 AS withdrawable, balance AS entitled, 0 AS deposited FROM ledger_account
        WHERE name LIKE 'free:%%' OR name LIKE 'stake:%%' OR name LIKE 'unbonding:%%'
        UNION ALL SELECT credit, 0, 0, amount FROM ledger_transfer WHERE reason = 'deposit'
        UNION ALL SELECT debit, amount, amount, 0 FROM ledger_transfer WHERE reason = 'withdrawal'
        UNION ALL SELECT debit, 0, amount, 0 FROM ledger_transfer
            WHERE credit IN (SELECT name FROM unfinished) AND debit LIKE 'free:%%'
        UNION ALL SELECT credit, 0, -amount, 0 FROM ledger_transfer
            WHERE debit IN (SELECT name FROM unfinished) AND credit LIKE 'free:%%'
        UNION ALL SELECT name, balance, balance, 0 FROM ledger_account WHERE name = 'treasury'
        UNION ALL SELECT debit, amount, amount, 0 FROM ledger_transfer
            WHERE debit = 'treasury' AND credit = 'outside'
    ), owned AS (
        SELECT CASE name WHEN 'treasury' THEN %(treasury)s ELSE split_part(name, ':', 2) END AS account,
               withdrawable, entitled, deposited
        FROM part
    )
    SELECT account, sum(withdrawable), sum(entitled), sum(deposited)
    FROM owned GROUP BY account HAVING sum(entitled) > 0 OR sum(deposited) > 0 OR sum(withdrawable) > 0
    ORDER BY account"""


class Due(NamedTuple):
    """One account in wei, cumulative since the beginning: asked for, owned, deposited."""

    account: str
    withdrawable: int
    entitled: int
    deposited: int


def dues(treasury: str) -> tuple[int, list[Due]]:
    """The seq of the book, 0 before its first entry, and what everybody is owed after it, by address.

    The treasury's income stands with the account `treasury`, and is withdrawable at once.
    """
    head = "SELECT '', coalesce(max(seq), 0), 0, 0 FROM oracle_bookhead"
    with connection.cursor() as cursor:
        cursor.execute(f"({head}) UNION ALL ({_SUMS})", {"treasury": treasury})  # noqa: S608  our own words
        rows = list(_whole(cursor))
    seq = next(row.withdrawable for row in rows if not row.account)
    return seq, [row for row in rows if row.account]


def _whole(rows: Iterator[tuple[str, int, int, int]]) -> Iterator[Due]:
    for account, *amounts in rows:
        yield Due(account, *map(int, amounts))
