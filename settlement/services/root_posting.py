"""Signed roots become transactions, are followed on the contract, and become final (settlement/root_stages.py)."""

from __future__ import annotations

from django.conf import settings
from django.db import transaction

from settlement.chain import quorum
from settlement.chain.client import Connection, connect
from settlement.chain.errors import Reverted
from settlement.chain.escrow import Roots, is_used_up, roots_at
from settlement.chain.providers import Providers
from settlement.models import ChainTransaction, Root
from settlement.root_stages import UNDER_WAY, RootStage
from settlement.services import following, transactions
from settlement.services.calls import call_for
from settlement.services.root_signing import move_if_enough
from settlement.services.roots import hold, move, note
from settlement.signers.policy import Rebuilt, Refusal
from settlement.stages import ENDED

_S = RootStage


def post_roots(*, now: int) -> int:
    """One round: follow what was sent, look what the contract says, send what is signed. Returns how many moved."""
    ids = list(Root.objects.filter(stage__in=UNDER_WAY).order_by("epoch").values_list("pk", flat=True))
    if not ids:
        return 0
    client = connect()
    if transactions.any_under_way():
        following.follow(client, now=now)
    return sum(_follow(client.nodes, pk, now) + _send(client, pk, now) for pk in ids)


def _follow(nodes: Providers, root_id: int, now: int) -> bool:
    """Bring one root to where the contract has it, by a quorum of nodes."""
    root = Root.objects.get(pk=root_id)
    head = quorum.newest_block(nodes)
    roots, depth = roots_at(nodes, head), settings.CONFIRMATION_DEPTH
    deep = quorum.block(nodes, head.number - depth) if head.number >= depth else None
    used_up = (
        deep is not None
        and deep.number > root.block
        and is_used_up(nodes, root.epoch, root.root, root.block + 1, deep.number)
    )
    with transaction.atomic():
        held = hold(root_id, *UNDER_WAY)
        if held is None:
            return False
        before = held.stage
        if used_up:
            reason = f"epoch {held.epoch} is used up: guardians cancelled it, or it went to another root"
            move(held, _S.FAILED, reason=reason, now=now)
        elif here := roots.holds(held.epoch, held.root):
            if before in (_S.SIGNED, _S.SENT):
                move(held, _S.POSTED, now=now)
            if held.stage == _S.POSTED and _is_final(roots, held, deep.timestamp if deep else 0, here.final_at):
                move(held, _S.FINAL, final_at=now, now=now)
        else:
            _not_on_chain(held, now)
            if held.stage == _S.SENT and held.transaction is not None and held.transaction.reason:
                note(root_id, held.transaction.reason)
    return held.stage != before


def _is_final(roots: Roots, root: Root, deep_at: int, final_at: int) -> bool:
    """A cancel would have had to come before `final_at`, so before a block that no reorganisation reaches."""
    return roots.final.epoch == root.epoch and final_at <= deep_at


def _not_on_chain(held: Root, now: int) -> None:
    """What a root without a place in the contract waits for."""
    row: ChainTransaction | None = held.transaction
    ended = row is not None and row.state in ENDED
    if held.stage == _S.POSTED:
        reason = "a reorganisation took its block"
        move(held, _S.SIGNED if row is None else _S.SENT, reason=reason, now=now)
    elif held.stage == _S.SENT and ended:
        move(held, _S.SIGNED, transaction=None, reason="its transaction has failed; it is signed anew", now=now)


def _send(client: Connection, root_id: int, now: int) -> bool:
    """Sign, store, send. Between any two of these a crash is harmless: the next round goes on from what is stored."""
    root = Root.objects.get(pk=root_id)
    if root.stage not in (_S.PLANNED, _S.SIGNED):
        return False
    rebuilt = call_for(client, f"root:{root_id}")
    if root.stage == _S.PLANNED or len(rebuilt.signed_by) < rebuilt.threshold:
        return _count_again(root_id, rebuilt, now)
    try:
        drafted = transactions.draft(client, rebuilt, now=now)
    except Reverted as error:
        note(root_id, f"the escrow would refuse it: {error}")
        return False
    except transactions.CannotSend as error:
        note(root_id, str(error))
        return False
    if isinstance(drafted, Refusal):
        note(root_id, str(drafted))
        return False
    with transaction.atomic():
        held = hold(root_id, _S.SIGNED)
        if held is None:
            return False
        row = transactions.store(drafted, purpose=rebuilt.purpose, now=now)
        move(held, _S.SENT, transaction=row, now=now)
    transactions.broadcast(client, row, now=now)
    return True


def _count_again(root_id: int, rebuilt: Rebuilt, now: int) -> bool:
    """The set or its threshold may have changed since the signatures came."""
    have, threshold = len(rebuilt.signed_by), rebuilt.threshold
    with transaction.atomic():
        held = hold(root_id, _S.PLANNED, _S.SIGNED)
        if held is None:
            return False
        before = held.stage
        if before == _S.SIGNED and have < threshold:
            reason = f"the attestor set has changed: {have} of {threshold} signatures count"
            move(held, _S.PLANNED, reason=reason, now=now)
        else:
            move_if_enough(held, list(rebuilt.members), threshold, now=now)
    return held.stage != before
