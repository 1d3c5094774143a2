"""Seasoned stake, read from the ledger (PROTOCOL 1, `electorate`). Amounts in wei.

Use under the book's lock: a stake that moves meanwhile would be counted twice or not at all.
"""

from collections import defaultdict

from django.db import connection

from ledger import selectors
from ledger.models import STAKE_REASONS
from oracle.models import Elector
from protocol.electorate import Duty, least_held, locked, weigh
from protocol.stages import Stage


def electorate(*, expiry_at: int) -> dict[str, int]:
    """Who may vote on an expiry whose first ballot opens now, and with what weight, in order of address."""
    held = selectors.staked()
    changes = selectors.stake_changes(since=expiry_at)
    least = {account: least_held(stake, changes.get(account, ())) for account, stake in held.items()}
    return weigh(least, _duties())


def weight(*, expiry_at: int) -> int:
    """The sum of `electorate`, for a page: one query, whose many rows stay in the database. It decides nothing; that it
    says the same as protocol/electorate.py is held by tests/db/test_stakes.py."""
    with connection.cursor() as cursor:
        cursor.execute(_WEIGHT, {"since": expiry_at, "reasons": list(STAKE_REASONS), "final": Stage.FINAL})
        return int(cursor.fetchone()[0])


# `later` is what a stake has grown by, from one change to now: the least held is the balance less the most of these.
_WEIGHT = """
WITH change AS (
    SELECT side.name, transfer.id, side.wei
    FROM ledger_transfer AS transfer,
         LATERAL (VALUES (debit, -amount), (credit, amount)) AS side (name, wei)
    WHERE transfer.at >= %(since)s AND transfer.reason = ANY(%(reasons)s) AND side.name LIKE 'stake:%%'
), grown AS (
    SELECT name, max(later) AS wei
    FROM (SELECT name, sum(wei) OVER (PARTITION BY name ORDER BY id DESC) AS later FROM change) AS each
    GROUP BY name
), cut AS (
    SELECT 'stake:' || elector.account AS name, sum(elector.worst_cut) AS wei
    FROM oracle_elector AS elector JOIN oracle_expiry AS expiry ON expiry.id = elector.expiry_id
    WHERE expiry.stage <> %(final)s GROUP BY 1
)
SELECT coalesce(sum(greatest(held.balance - greatest(grown.wei, 0) - coalesce(cut.wei, 0), 0)), 0)
FROM ledger_account AS held LEFT JOIN grown USING (name) LEFT JOIN cut USING (name)
WHERE held.name LIKE 'stake:%%' AND held.balance > 0
"""


def locked_stake(account: str) -> int:
    """How much of an account's stake unfinished expiries still count on."""
    return locked(_duties(account).get(account, ()))


def _duties(account: str | None = None) -> dict[str, list[Duty]]:
    rows = Elector.objects.exclude(expiry__stage=Stage.FINAL).order_by("id")
    if account is not None:
        rows = rows.filter(account=account)
    duties: dict[str, list[Duty]] = defaultdict(list)
    for name, weight, cut in rows.values_list("account", "weight", "worst_cut"):
        duties[name].append(Duty(weight, cut))
    return duties
