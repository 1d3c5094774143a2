"""What the ledger says. Whoever acts on a balance reads it under the book's lock (docs/ledger.md)."""

from typing import TypedDict

from django.db.models import Q, Sum

from ledger import names
from ledger.models import STAKE_REASONS, Account, Transfer


class Balances(TypedDict):
    """What an address has, in wei, by what it is for."""

    free: int
    stake: int
    unbonding: int
    withdrawing: int


def balance(name: str) -> int:
    """Wei in the account of this name; 0 for one that nothing was ever moved to."""
    return Account.objects.filter(name=name).values_list("balance", flat=True).first() or 0


def balances(address: str) -> Balances:
    """All that an address has outside of expiries, in wei."""
    found = dict(Account.objects.filter(name__in=names.owned_by(address)).values_list("name", "balance"))
    return Balances(
        free=found.get(names.free(address), 0),
        stake=found.get(names.stake(address), 0),
        unbonding=found.get(names.unbonding(address), 0),
        withdrawing=found.get(names.withdrawing(address), 0),
    )


def total() -> int:
    """The sum of all balances in wei: 0, or the ledger is broken (promise 1)."""
    return int(Account.objects.aggregate(total=Sum("balance", default=0))["total"])


def statement(owner: str, *, before: int | None = None, limit: int = 100) -> list[Transfer]:
    """The newest transfers that touch an address's accounts or an expiry's, newest first.

    The next page is `before` the last id of this one.
    """
    accounts = names.owned_by(owner)
    transfers = Transfer.objects.filter(Q(debit__in=accounts) | Q(credit__in=accounts))
    if before is not None:
        transfers = transfers.filter(id__lt=before)
    return list(transfers.order_by("-id")[:limit])


def staked() -> dict[str, int]:
    """What every account has staked now, {address: wei}, by address, without those that have nothing."""
    rows = Account.objects.filter(name__startswith="stake:", balance__gt=0).order_by("name")
    return {names.parse(name)[1]: balance for name, balance in rows.values_list("name", "balance")}


def stake_changes(*, since: int) -> dict[str, list[int]]:
    """How stakes changed from unix second `since` on, {address: [wei, negative for less]}, in order of entry."""
    moved = Transfer.objects.filter(at__gte=since, reason__in=STAKE_REASONS).order_by("id")
    changes: dict[str, list[int]] = {}
    for debit, credit, amount in moved.values_list("debit_id", "credit_id", "amount"):
        for name, change in ((debit, -amount), (credit, amount)):
            kind, address = names.parse(name)
            if kind is names.Kind.STAKE:
                changes.setdefault(address, []).append(change)
    return changes
