"""Proof of the book of bonds: every figure is worked out again from the transfers (I-1, I-2)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.db import connection

from ledger import selectors
from ledger.models import Account, Transfer

# Each finds the first row that breaks a rule. The names of the rows' columns are what gets printed.
RULES = {
    "every balance is the sum of its transfers": """
        SELECT name, account.balance AS stored, coalesce(moved.balance, 0) AS moved
        FROM ledger_account AS account FULL JOIN (
            SELECT name, sum(change) AS balance
            FROM (SELECT credit AS name, amount AS change FROM ledger_transfer
                  UNION ALL SELECT debit, -amount FROM ledger_transfer) AS side
            GROUP BY name
        ) AS moved USING (name)
        WHERE account.balance IS DISTINCT FROM coalesce(moved.balance, 0) ORDER BY name LIMIT 1""",
    "nothing but the outside is negative": """
        SELECT name, balance FROM ledger_account
        WHERE balance < 0 AND name <> 'outside' ORDER BY name LIMIT 1""",
    "every balance is whole": """
        SELECT name, balance FROM ledger_account
        WHERE balance <> trunc(balance) OR abs(balance) >= 2::numeric ^ 128 ORDER BY name LIMIT 1""",
    "every amount is whole and positive": """
        SELECT id, amount FROM ledger_transfer
        WHERE amount <> trunc(amount) OR amount <= 0 OR amount >= 2::numeric ^ 128 ORDER BY id LIMIT 1""",
    "nobody moved money to themselves": """
        SELECT id, debit, credit FROM ledger_transfer WHERE debit = credit ORDER BY id LIMIT 1""",
    "every guard of the tables stands": """
        SELECT guard AS missing
        FROM unnest(ARRAY['ledger_post', 'ledger_transfer_append_only', 'ledger_account_kept',
                          'ledger_account_starts_empty', 'ledger_account_by_transfer']) AS guard
        WHERE NOT EXISTS (
            SELECT FROM pg_trigger WHERE tgname = guard AND tgenabled IN ('O', 'A')
            AND tgrelid IN ('ledger_account'::regclass, 'ledger_transfer'::regclass))
        ORDER BY guard LIMIT 1""",
}


Tell = Callable[[str, int, int], None]
"""What is being done, how much of it is done, how much there is."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule, and the first row that breaks it ("" when none does)."""

    rule: str
    row: str

    @property
    def holds(self) -> bool:
        return not self.row


def counts() -> dict[str, int]:
    """How much there is to prove: accounts, transfers."""
    return {"accounts": Account.objects.count(), "transfers": Transfer.objects.count()}


def findings(tell: Tell = lambda what, done, total: None) -> Iterator[Finding]:
    """Every rule with what was found, one query each, however many rows there are.

    Each query sees one moment of the database, so the ledger may be written to meanwhile.
    """
    tell("adding up the ledger", 0, 0)
    total = selectors.total()
    yield Finding("all balances sum to zero", f"total={total}" if total else "")
    with connection.cursor() as cursor:
        for number, (rule, query) in enumerate(RULES.items()):
            tell(f"looking whether {rule}", number, len(RULES))
            cursor.execute(query)
            row = cursor.fetchone()
            columns = [column.name for column in cursor.description or []]
            shown = "" if row is None else " ".join(f"{k}={v}" for k, v in zip(columns, row, strict=True))
            yield Finding(rule, shown)
