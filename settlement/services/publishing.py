"""Signed publications become transactions, are followed, and become final (settlement/stages.py)."""

from __future__ import annotations

import structlog
from django.conf import settings
from django.db import transaction

from settlement.alarms import publishing_stops
from settlement.chain import quorum
from settlement.chain.client import Client, connect
from settlement.chain.contracts import Record
from settlement.chain.errors import Reverted
from settlement.chain.quorum import OracleAt
from settlement.models import Publication, PublicationItem
from settlement.services import transactions
from settlement.services.calls import call_for
from settlement.services.finals import let_go
from settlement.services.proposing import fail_if_overtaken
from settlement.services.publications import hold, items_of, move, note
from settlement.signers.policy import Refusal
from settlement.stages import PublicationStage, TransactionState

log = structlog.get_logger(__name__)
_S = PublicationStage


def publish(*, now: int) -> int:
    """One round: follow what was sent, send what is signed, finish what is final. Returns how many moved."""
    if not _ids(_S.SIGNED, _S.SENT, _S.MINED) and not transactions.any_under_way():
        return 0
    client = connect()
    moved = transactions.follow(client, now=now)
    moved += sum(_follow(client, publication_id, now) for publication_id in _ids(_S.SENT, _S.MINED))
    moved += sum(_send(client, publication_id, now) for publication_id in _ids(_S.SIGNED))
    return moved


def _ids(*stages: PublicationStage) -> list[int]:
    return list(Publication.objects.filter(stage__in=stages).order_by("pk").values_list("pk", flat=True))


def _send(client: Client, publication_id: int, now: int) -> bool:
    """Sign, store, send. Between any two of these a crash is harmless: the next round goes on from what is stored."""
    publication = Publication.objects.get(pk=publication_id)
    if why := publishing_stops():
        note(publication_id, why)
        return False
    rebuilt = call_for(client, f"publication:{publication_id}")
    if len(rebuilt.signed_by) < rebuilt.threshold:
        return _ask_again(publication_id, len(rebuilt.signed_by), rebuilt.threshold)
    try:
        drafted = transactions.draft(client, rebuilt, now=now)
    except Reverted as error:
        if fail_if_overtaken(quorum.oracle(), publication):
            return True
        note(publication_id, f"the oracle would refuse it: {error}")
        return False
    except transactions.CannotSend as error:
        note(publication_id, str(error))
        return False
    if isinstance(drafted, Refusal):
        note(publication_id, str(drafted))
        return False
    with transaction.atomic():
        held = hold(publication_id, _S.SIGNED)
        if held is None:
            return False
        row = transactions.store(drafted, purpose=rebuilt.purpose, now=now)
        move(held, _S.SENT, transaction=row)
    transactions.broadcast(client, row, now=now)
    return True


def _ask_again(publication_id: int, have: int, want: int) -> bool:
    with transaction.atomic():
        held = hold(publication_id, _S.SIGNED)
        if held is not None:
            move(held, _S.PROPOSED, reason=f"the attestor set has changed: {have} of {want} signatures count")
    return held is not None


def _follow(client: Client, publication_id: int, now: int) -> bool:
    """Let a publication follow its transaction, and look whether it has become final."""
    publication = Publication.objects.select_related("transaction").get(pk=publication_id)
    row = publication.transaction
    if row is None or row.chain != client.genesis:
        return False
    mined = row.state == TransactionState.CONFIRMED and row.succeeded
    deep = quorum.oracle(settings.CONFIRMATION_DEPTH) if mined else None
    records = _records(deep, publication) if deep else {}
    with transaction.atomic():
        held = hold(publication_id, _S.SENT, _S.MINED)
        if held is None or held.transaction_id != row.pk:
            return False
        before = held.stage
        if row.state == TransactionState.DROPPED:
            move(held, _S.SIGNED, transaction=None)
        elif row.state == TransactionState.SENT and before == _S.MINED:
            move(held, _S.SENT, reason="a reorganisation took its block; it is sent again")
        elif row.state == TransactionState.CONFIRMED and not row.succeeded:
            move(held, _S.FAILED, reason=f"it reverted in block {row.block_number}")
        elif row.state != TransactionState.SENT and before == _S.SENT:
            move(held, _S.MINED)
        if records and deep is not None and held.stage == _S.MINED:
            _finish(held, records, deep.block.timestamp, now)
    return held.stage != before


def _records(oracle: OracleAt, publication: Publication) -> dict[str, Record]:
    live = publication.items.filter(live=True).values_list("expiry_id", flat=True)
    return oracle.records_of(list(live))


def _finish(held: Publication, records: dict[str, Record], deep_at: int, now: int) -> None:
    """FINAL once the oracle answers every price as ours, at a time that a reorganisation cannot take back.

    `records` are of a block at confirmation depth, and `deep_at` is its time: a cancel would have had to come before.
    A quorum may come to that block later than the node that we send by: no price yet is no other price.
    """
    live = [item for item in items_of(held) if item.live]
    cancelled = [item for item in live if records[item.expiry_id].attempt > item.attempt]
    let_go(PublicationItem.objects.filter(pk__in=[item.pk for item in cancelled]))
    left = [item for item in live if item not in cancelled]
    wrong = [item for item in left if records[item.expiry_id].price not in (0, item.price)]
    if not left:
        move(held, _S.FAILED, reason="the guardians cancelled all of it")
    elif wrong:
        note(
            held.pk,
            f"the oracle has {records[wrong[0].expiry_id].price} for {wrong[0].expiry_id}, not our price",
        )
    elif all(records[i.expiry_id].is_final and records[i.expiry_id].final_at <= deep_at for i in left):
        move(held, _S.FINAL, final_at=now)
