"""Proof of reserves, and the leaf and proof of any account (PROTOCOL 8, Escrow). No chain is asked here."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from django.conf import settings
from django.db.models import QuerySet

from protocol.escrow import Leaf, Statement
from settlement.models import EscrowIndex, Root
from settlement.reconcile import escrow_problem
from settlement.reconcile_escrow import held_until
from settlement.root_stages import RootStage
from settlement.services.roots import statement_of


@dataclass(frozen=True, slots=True)
class Reserves:
    """What the escrow holds and owes in wei, up to `block`, which is None before anything was counted."""

    escrow: str
    deposited: int
    paid: int
    owed: int
    problem: str | None
    block: int | None
    root: Root | None

    @property
    def balance(self) -> int:
        return self.deposited - self.paid

    @property
    def difference(self) -> int:
        return self.balance - self.owed


def reserves() -> Reserves:
    """Deposits and payments by the escrow's final logs, against what the ledger owes beyond operators' deposits."""
    block = EscrowIndex.objects.filter(credited_to__gte=0).values_list("credited_to", flat=True).first()
    held = held_until(-1 if block is None else block)
    return Reserves(
        settings.ESCROW_ADDRESS, held.deposits, held.paid, -held.outside - held.by_word,
        escrow_problem(), block, last_final(),
    )  # fmt: skip


def roots(*, stage: RootStage | None = None) -> QuerySet[Root]:
    """With everything that belongs to them but the files, the oldest first."""
    rows = Root.objects.select_related("transaction").prefetch_related("signatures", "refusals")
    return (rows if stage is None else rows.filter(stage=stage)).order_by("pk")


def last_final() -> Root | None:
    """The last root that is final, as far as we have seen."""
    return roots(stage=RootStage.FINAL).order_by("-epoch").first()


def kept_root(epoch: int | None) -> Root | None:
    """The root of an epoch, or the last final one, where its file is kept."""
    if epoch is None:
        return kept_roots().first()
    rows = Root.objects.filter(document__isnull=False, epoch=epoch)
    return rows.exclude(stage=RootStage.FAILED).first()


def kept_roots() -> QuerySet[Root]:
    """The final ones whose files are kept, the last first."""
    return Root.objects.filter(document__isnull=False, stage=RootStage.FINAL).order_by("-epoch")


@dataclass(frozen=True, slots=True)
class Proven:
    """An account's leaf in a root, and the proof that leads there."""

    root: Root
    leaf: Leaf
    proof: list[str]


def proven(root: Root, account: str) -> Proven | None:
    """Where the account has a leaf in this root, whose file is kept."""
    statement = _statement(root.pk, root.root)
    leaf = statement.leaves.get(account)
    return None if leaf is None else Proven(root, leaf, statement.proof(account))


@lru_cache(maxsize=2)
def _statement(root_id: int, root: str) -> Statement:
    """Kept: a tree over 100,000 accounts takes a second to build, and what a root is over never changes."""
    return statement_of(Root.objects.get(pk=root_id))
