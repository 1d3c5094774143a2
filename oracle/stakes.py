"""Seasoned stake, read from the ledger (PROTOCOL 1, `electorate`). Amounts in wei.

Use under the book's lock: a stake that moves meanwhile would be counted twice or not at all.
"""

from collections import defaultdict

from ledger import selectors
from oracle.models import Elector
from protocol.electorate import Duty, least_held, locked, weigh
from protocol.stages import Stage


def electorate(*, expiry_at: int) -> dict[str, int]:
    """Who may vote on an expiry whose first ballot opens now, and with what weight, in order of address."""
    held = selectors.staked()
    changes = selectors.stake_changes(since=expiry_at)
    least = {account: least_held(stake, changes.get(account, ())) for account, stake in held.items()}
    return weigh(least, _duties())


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
