"""What is on its way and does not arrive: publications, transactions, roots, webhooks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import BigIntegerField, Count, F, Q, QuerySet, TextField, Value, Window
from django.db.models.functions import Cast, Coalesce

from alerts.models import Hook
from desk import addresses
from desk.queue.rows import SHOWN, Act, Row, Section, Urgency
from settlement.models import ChainTransaction, Publication, Root
from settlement.root_stages import UNDER_WAY as ROOT_UNDER_WAY
from settlement.root_stages import RootStage
from settlement.services.bumping import STUCK_BUMPS
from settlement.services.proposed import CANCEL
from settlement.stages import PublicationStage, TransactionState

PUBLICATION_SECONDS = 900
"""Signatures come within seconds and a block within minutes; what takes longer is looked at."""
ROOT_LATE = 3
"""So many halves of ROOT_SECONDS after a root was made the next one should be, and its own delay be over."""
DISABLED_SECONDS = 7 * 86_400
"""For which a webhook that was given up stays in the queue."""

PUBLICATIONS, TRANSACTIONS, ROOTS, LAST_ROOT, HOOKS = (
    "publications",
    "transactions",
    "roots",
    "last_root",
    "hooks",
)


@dataclass(frozen=True, slots=True)
class Waits:
    """A row of any of these tables. `name` is how people know it."""

    sort: str
    pk: int
    name: str
    state: str
    reason: str
    at: int
    total: int


def sections(now: int) -> Sequence[Section]:
    """One query for all of them."""
    parts = [_publications(now), _transactions(now), _roots(now), _last_root(), _hooks(now)]
    found: dict[str, list[Waits]] = {}
    for values in parts[0].union(*parts[1:], all=True):
        found.setdefault(values[0], []).append(Waits(*values))
    return [
        _section("Publications stuck", "no publication is stuck", Publication, found.get(PUBLICATIONS, [])),
        _section(
            "Transactions stuck", "no transaction is stuck", ChainTransaction, found.get(TRANSACTIONS, [])
        ),
        _late_roots(found.get(ROOTS, []), found.get(LAST_ROOT, []), now),
        _section("Webhooks failing", "no webhook fails", Hook, found.get(HOOKS, [])),
    ]


def _publications(now: int) -> Any:
    ended = (PublicationStage.FINAL, PublicationStage.FAILED)
    old = Q(created_at__lte=now - PUBLICATION_SECONDS)
    rows = Publication.objects.exclude(stage__in=ended).filter(old | ~Q(reason=""))
    return _values(rows, PUBLICATIONS, Value("publication"), "stage", "reason", "created_at")


def _transactions(now: int) -> Any:
    old = Q(created_at__lte=now - STUCK_BUMPS * settings.BUMP_SECONDS)
    rows = ChainTransaction.objects.filter(state=TransactionState.SENT).filter(old | ~Q(reason=""))
    return _values(rows, TRANSACTIONS, F("purpose"), "state", "reason", "created_at")


def _roots(now: int) -> Any:
    """Once the contract has it, the delay in which guardians may cancel is no lateness."""
    old = Q(created_at__lte=now - settings.ROOT_SECONDS // 2) & ~Q(stage=RootStage.POSTED)
    old |= Q(created_at__lte=now - settings.ROOT_SECONDS * ROOT_LATE // 2)
    rows = Root.objects.filter(stage__in=ROOT_UNDER_WAY).filter(old | ~Q(reason=""))
    return _values(rows, ROOTS, Cast("epoch", TextField()), "stage", "reason", "created_at")


def _last_root() -> Any:
    """So that one sees where none is made any more."""
    newest = Root.objects.order_by("-id").values("id")[:1]
    rows = Root.objects.filter(id__in=newest)
    return _values(rows, LAST_ROOT, Cast("epoch", TextField()), "stage", "reason", "created_at")


def _hooks(now: int) -> Any:
    failing = Q(failing_since__isnull=False, disabled_at=None) | Q(disabled_at__gt=now - DISABLED_SECONDS)
    rows = Hook.objects.filter(failing).annotate(bad_at=Coalesce("failing_since", "disabled_at"))
    return _values(rows, HOOKS, F("url"), "account", Value(""), "bad_at")


def _values(rows: QuerySet[Any], sort: str, name: Any, state: Any, reason: Any, at: str) -> Any:
    """The oldest few, in the columns of Waits."""
    told = rows.annotate(
        q_sort=Value(sort, output_field=TextField()),
        q_pk=Cast("pk", BigIntegerField()),
        q_name=Cast(name, TextField()),
        q_state=Cast(state, TextField()),
        q_reason=Cast(reason, TextField()),
        q_at=F(at),
        q_total=Window(Count("pk")),
    )
    columns = ("q_sort", "q_pk", "q_name", "q_state", "q_reason", "q_at", "q_total")
    return told.order_by(at, "pk").values_list(*columns)[:SHOWN]


def _section(title: str, quiet: str, model: Any, waits: Sequence[Waits]) -> Section:
    full = addresses.listing(model, **_FULL.get(model, {}))
    return Section(
        title, quiet, full, [_ROWS[each.sort](each) for each in waits], waits[0].total if waits else 0
    )


_FULL = {ChainTransaction: {"state__exact": TransactionState.SENT}}


def _late_roots(waits: Sequence[Waits], last: Sequence[Waits], now: int) -> Section:
    late = settings.ROOT_SECONDS * ROOT_LATE // 2
    if not waits and last and last[0].at + late <= now:
        waits = last
    return _section("Roots late", "no root is late", Root, waits)


_SLOW = {
    "PLANNED": "too few attestors have signed it: are they up, and do they refuse it?",
    "SIGNED": "the publisher has not sent it: is the worker up?",
    "SENT": "its transaction is in no block",
    "MINED": "the oracle's delay, in which guardians may cancel, or the depth is not over",
    "POSTED": "the escrow's delay, in which guardians may cancel, or the depth is not over",
}
"""By the stage of a publication or a root; what is not in it has ended."""


def _slow(model: Any, name: str, waits: Waits) -> Row:
    why = waits.reason or _SLOW[waits.state]
    return Row(f"{name}, {waits.state}", why, addresses.page(model, waits.pk), Urgency.NOW, waits.at)


def _publication(waits: Waits) -> Row:
    return _slow(Publication, f"publication {waits.pk}", waits)


def _transaction(waits: Waits) -> Row:
    link = addresses.page(ChainTransaction, waits.pk)
    cancel = Act("propose to cancel", addresses.new_proposal(CANCEL, transaction=waits.pk))
    return Row(
        waits.name, waits.reason or "no block has taken it", link, Urgency.NOW, waits.at, "since", cancel
    )


def _root(waits: Waits) -> Row:
    return _slow(Root, f"root of epoch {waits.name}", waits)


def _last(waits: Waits) -> Row:
    link = addresses.page(Root, waits.pk)
    why = f"no root has been made since; one is due every {settings.ROOT_SECONDS // 3600} h"
    return Row(f"after the root of epoch {waits.name}", why, link, Urgency.NOW, waits.at)


def _hook(waits: Waits) -> Row:
    link = addresses.page(Hook, waits.pk)
    return Row(waits.name, f"of {waits.state}: it does not take what we send", link, Urgency.SOON, waits.at)


_ROWS = {
    PUBLICATIONS: _publication, TRANSACTIONS: _transaction, ROOTS: _root, LAST_ROOT: _last, HOOKS: _hook,
}  # fmt: skip
