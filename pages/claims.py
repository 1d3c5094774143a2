"""What an account can claim, and what the rest of what it asked for waits for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, Subquery

from oracle.models import Act
from settlement import reserves
from settlement.models import EscrowLog, Root
from settlement.root_stages import RootStage
from settlement.selectors import payments_to


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest root. `at`: when its delay ends, or when the next one is due, where that is known. `misses`: whether
    the account asked for something that it does not count."""

    root: Root
    at: int | None
    misses: bool


@dataclass(frozen=True, slots=True)
class Claimable:
    """Wei that can be claimed now by the last final root; `paying` are in claims that are not final yet; `waiting` of
    what was asked for is in no final root yet."""

    now: int
    paying: int
    waiting: int
    newest: Newest | None


def claimable(account: str, withdrawing: int) -> Claimable:
    """What of the `withdrawing` wei can be claimed. Claims that are not final yet count as made. Two queries."""
    rows = _roots(account)
    kept: Root | None = next((row for row in rows if row.kept), None)
    found = reserves.proven(kept, account) if kept else None
    paid, pending = payments_to(account)
    left = max(0, found.leaf.withdrawable - paid) if found else 0
    newest = Newest(rows[0], _at(rows[0], rows[0].posted or {}), rows[0].misses) if rows else None
    return Claimable(left, pending, max(0, withdrawing - left - pending), newest)


def _roots(account: str) -> list[Any]:
    """The newest root, and behind it, where it is another one, the last final one whose file is `kept`."""
    logs = EscrowLog.objects.filter(account=None, kind=EscrowLog.Kind.ROOT_POSTED)  # nobody's: the index is by account
    posted = logs.exclude(state=EscrowLog.State.GONE).order_by("-block", "-log_index").values("message")[:1]
    later = Act.objects.filter(account=account, kind="Withdrawal", seq__gt=OuterRef("seq")).order_by()
    final, newest = reserves.kept_roots().values("pk")[:1], Root.objects.order_by("-id").values("pk")[:1]
    rows = Root.objects.filter(Q(pk__in=newest) | Q(pk__in=final)).order_by("-id")
    kept = Q(stage=RootStage.FINAL, document__isnull=False)
    return list(rows.annotate(posted=Subquery(posted), misses=Exists(later), kept=kept))


def _at(root: Root, posted: dict[str, str]) -> int | None:
    if root.stage == RootStage.POSTED and posted.get("epoch") == str(root.epoch):
        return int(posted["final_at"])
    return root.created_at + settings.ROOT_SECONDS if root.stage == RootStage.FINAL else None
