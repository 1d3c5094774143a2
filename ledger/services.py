"""The only writer of the ledger."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import IntegrityError, connection

from ledger.models import Reason


@dataclass(frozen=True, slots=True)
class Move:
    """A transfer to be: `amount` wei from account `debit` to `credit` (ledger.names), once per `key`."""

    debit: str
    credit: str
    amount: int
    key: str
    reason: Reason

    def __post_init__(self) -> None:
        if type(self.amount) is not int or self.amount < 0:
            raise ValueError(f"an amount is a whole number of wei, not {self.amount!r}")


class LedgerError(Exception):
    """The ledger refused; the transaction around it can only roll back."""


class Overdrawn(LedgerError):  # noqa: N818 (it says what happened)
    """An account would have gone below zero."""


class DuplicateTransfer(LedgerError):  # noqa: N818
    """A transfer with this key was made before."""


ERRORS: dict[str | None, type[LedgerError]] = {
    "ledger_account_not_overdrawn": Overdrawn,
    "ledger_transfer_key": DuplicateTransfer,
}


COLUMNS = ("debit", "credit", "amount", "key", "reason", "at", "entry")


def post(moves: Iterable[Move], *, at: int, entry: int) -> int:
    """Make the transfers that one entry of the book causes, all or none, in one statement; how many they were.

    `at` is the unix second from which they count, `entry` the seq of the entry. Moves of nothing are dropped: a
    share of a pool may well be 0 wei. Only the net change of each account counts, so within one call the order of
    the moves cannot overdraw. Overdrawn, DuplicateTransfer; RuntimeError outside a transaction, because bonds that
    move without their act would be lost.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("post() belongs into the transaction of the entry that causes it")
    rows = [
        (move.debit, move.credit, move.amount, move.key, move.reason, at, entry) for move in moves if move.amount
    ]
    if not rows:
        return 0
    # Written out: it runs with every act under the book's lock (oracle/lookup.py).
    places = ", ".join(["(%s, %s, %s, %s, %s, %s, %s)"] * len(rows))
    insert = f"INSERT INTO ledger_transfer ({', '.join(COLUMNS)}) VALUES {places}"  # noqa: S608  the names are our own
    try:
        with connection.cursor() as cursor:
            cursor.execute(insert, [value for row in rows for value in row])
    except IntegrityError as error:
        diagnostic = getattr(error.__cause__, "diag", None)
        domain_error = ERRORS.get(getattr(diagnostic, "constraint_name", None))
        if domain_error is None:
            raise
        raise domain_error(getattr(diagnostic, "message_detail", "")) from error
    return len(rows)
