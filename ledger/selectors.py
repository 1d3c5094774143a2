"""What the ledger says. Whoever acts on a balance reads it under the book's lock (docs/ledger.md)."""

from typing import TypedDict

from django.db import connection
from django.db.models import Q, Sum

from ledger import names
from ledger.models import Account, Transfer


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


# One row per stake account and entry that changed it, with what was held from then on. The row in force at
# `since` is the last one not after it: the next one is later, or there is none.
LEAST_STAKED = """
WITH side AS (
    SELECT credit AS name, entry, at, amount AS change FROM ledger_transfer
    UNION ALL SELECT debit, entry, at, -amount FROM ledger_transfer
), held AS (
    SELECT name, at, sum(sum(change)) OVER account AS amount, lead(at) OVER account AS next_at
    FROM side WHERE name LIKE 'stake:%%' AND entry <= %(entry)s
    GROUP BY name, entry, at
    WINDOW account AS (PARTITION BY name ORDER BY entry)
)
SELECT split_part(name, ':', 2), min(amount) FROM held
WHERE next_at IS NULL OR next_at > %(since)s
GROUP BY name HAVING min(at) <= %(since)s AND min(amount) > 0
ORDER BY name
"""


def least_staked(*, since: int, entry: int) -> dict[str, int]:
    """The least that each address had staked at any time from `since` (unix seconds) to entry `entry`.

    {address: wei}, by address, without those that ever had nothing. It comes from the transfers alone, so
    asking again later gives the same. PROTOCOL 1 (electorate), before what other expiries may still cut.
    """
    with connection.cursor() as cursor:
        cursor.execute(LEAST_STAKED, {"since": since, "entry": entry})
        return {address: int(least) for address, least in cursor.fetchall()}
