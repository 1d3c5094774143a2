"""Roots of what the escrow owes are built, held and moved (PROTOCOL 8; the moves are in settlement/root_stages.py)."""

from __future__ import annotations

import json
import zlib
from typing import Any

import structlog
from django.conf import settings
from django.db import IntegrityError, transaction

from ledger.dues import dues
from operators.services import audit
from oracle.models import Act
from protocol.escrow import Leaf, Statement
from protocol.signing import BOOK_0
from settlement import reconcile
from settlement.chain import providers, quorum
from settlement.chain.escrow import roots_at
from settlement.models import EscrowIndex, Root
from settlement.root_stages import UNDER_WAY, RootStage, may_follow

log = structlog.get_logger(__name__)

STALE_SECONDS = 600
"""A proposal that nobody has signed for so long is withdrawn, and another one built for its epoch."""
KEPT = 3
"""Public files of final roots that are kept; nobody can claim by older ones."""


def propose_root(*, now: int) -> Root | None:
    """Build and propose the next root where one is due at unix second `now`; None where it is not, or must not be."""
    if not settings.ESCROW_ADDRESS or not _is_due(now):
        return None
    if reconcile.escrow_problem() is not None:
        return None
    # The block first: whatever was credited up to it is then in the ledger that is read after.
    block = EscrowIndex.objects.filter(credited_to__gte=0).values_list("credited_to", flat=True).first()
    if block is None:
        return None
    nodes = providers.connect()
    roots = roots_at(nodes, quorum.newest_block(nodes))
    if roots.ended:
        return None
    statement = build(epoch=roots.next_epoch, block=block)
    if statement is None:
        return None
    try:
        return store(statement, now=now)
    except IntegrityError:
        return None  # somebody else proposed it at the same moment


def build(*, epoch: int, block: int) -> Statement | None:
    """All leaves as the ledger has them now; None while the book is ahead of `block`.

    A root over nobody is one too: it says that we are alive, or the first depositor could end all roots by the exit.
    """
    seq, rows = dues(settings.TREASURY_ADDRESS)
    last = Act.objects.filter(kind="Deposit", seq__lte=seq).order_by("-seq").values_list("message", flat=True)
    newest = last.first()
    if newest and int(newest["block"]) > block:
        return None
    return Statement(epoch, block, seq, {row.account: Leaf(*row) for row in rows})


def store(statement: Statement, *, now: int) -> Root:
    """Keep a root with its public file, as a proposal. IntegrityError where its epoch has one already.

    The head of the audit log stands in both: attestors who sign the root keep it (decision 43).
    """
    anchor = audit.head()
    told = {**statement.to_json(), "audit": anchor.to_json()}
    document = json.dumps(told, separators=(",", ":")).encode()
    with transaction.atomic():
        root = Root.objects.create(
            **statement.message,
            seq=statement.seq,
            accounts=len(statement.leaves),
            debt=statement.debt,
            document=zlib.compress(document),
            audit_seq=anchor.seq,
            audit_head=anchor.head,
            created_at=now,
        )
        audit.record(
            "root.proposed",
            str(root.epoch),
            details={"root": root.root, "block": root.block, "seq": root.seq, "book": _book_at(root.seq)},
            now=now,
        )
    log.info("root.proposed", epoch=root.epoch, root=root.root, seq=root.seq, accounts=root.accounts)
    return root


def _book_at(seq: int) -> str:
    """The head of the book after entry `seq`: from here on neither chain can be rewritten without the other."""
    return Act.objects.filter(seq=seq).values_list("book", flat=True).first() or BOOK_0


def statement_of(root: Root) -> Statement:
    """The public file of a root whose document is kept."""
    return Statement.from_json(json.loads(document_of(root)))


def document_of(root: Root) -> bytes:
    """The bytes of its public file; ValueError where it is not kept any more."""
    if root.document is None:
        raise ValueError(f"the file of the {root} is not kept any more")
    return zlib.decompress(bytes(root.document))


def message_of(root: Root) -> dict[str, Any]:
    """The Root message that attestors sign (PROTOCOL 7)."""
    return {"epoch": root.epoch, "root": root.root, "block": root.block}


def hold(root_id: int, *stages: RootStage) -> Root | None:
    """Lock it until the transaction ends, if it is in one of these stages and nobody else holds it."""
    rows = Root.objects.select_for_update(skip_locked=True).filter(pk=root_id, stage__in=stages)
    return rows.first()


def move(root: Root, stage: RootStage, *, reason: str = "", now: int, **columns: Any) -> None:
    """Move a held root; once one is final, files that nobody needs any more are dropped."""
    before = RootStage(root.stage)
    if stage not in may_follow(before):
        raise ValueError(f"{root} cannot go from {before} to {stage}")
    root.stage, root.reason = stage, reason
    for name, value in columns.items():
        setattr(root, name, value)
    root.save(update_fields=["stage", "reason", *columns])
    if stage is RootStage.FINAL:
        Root.objects.filter(epoch__lte=root.epoch - KEPT).update(document=None)
    told = {"before": before, "stage": stage, "reason": reason}
    audit.record("root.moved", str(root.epoch), details=told, now=now)
    log.info("root.moved", epoch=root.epoch, **told)


def note(root_id: int, reason: str) -> None:
    """Say why it waits, for the operator; nothing moves."""
    changed = Root.objects.filter(pk=root_id).exclude(reason=reason).update(reason=reason)
    if changed and reason:
        log.error("root.waits", root=root_id, reason=reason)


def _is_due(now: int) -> bool:
    """One root at a time, ROOT_SECONDS after the one before; one that failed is followed at once."""
    last = Root.objects.order_by("-id").first()
    if last is None or last.stage == RootStage.FAILED:
        return True
    if last.stage in UNDER_WAY:
        return _withdraw_stale(last, now)
    return last.created_at + settings.ROOT_SECONDS <= now


def _withdraw_stale(root: Root, now: int) -> bool:
    """Give up a proposal that nobody signs. Once somebody has, it must stay: an attestor signs an epoch once."""
    if root.stage != RootStage.PLANNED or root.created_at + STALE_SECONDS > now:
        return False
    with transaction.atomic():
        held = hold(root.pk, RootStage.PLANNED)
        if held is None or held.signatures.exists():
            return False
        move(held, RootStage.FAILED, reason=f"no attestor has signed it for {STALE_SECONDS} s", now=now)
    return True
