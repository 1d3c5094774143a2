"""Final prices become publications (DESIGN 3.5)."""

from __future__ import annotations

from django.db import IntegrityError, transaction

from oracle.models import Act
from settlement.chain import quorum
from settlement.chain.quorum import OracleAt
from settlement.models import Publication, PublicationItem
from settlement.services import finals
from settlement.services.publications import hold, items_of, move
from settlement.services.signing import move_if_enough
from settlement.stages import PublicationStage

BATCH = 100
"""The most items of one publication (PROTOCOL 8)."""
STALE_SECONDS = 60
"""Attestors are quick; a proposal that waits longer is compared with the chain."""


def propose(*, now: int) -> int:
    """Propose everything final that nobody has proposed, up to a batch; returns how many expiries.

    Attempts are a quorum's word: StaleReads without one.
    """
    finals.note_new()
    waiting = list(finals.waiting().values_list("expiry_id", flat=True)[:BATCH])
    stale = list(
        Publication.objects.filter(stage=PublicationStage.PROPOSED, created_at__lte=now - STALE_SECONDS)
    )
    if not waiting and not stale:
        return 0
    oracle = quorum.oracle()
    for publication in stale:
        if not fail_if_overtaken(oracle, publication):
            _count_again(oracle, publication)
    attempts = {expiry: record.attempt for expiry, record in oracle.records_of(waiting).items()}
    try:
        return _create(attempts, now) if attempts else 0
    except IntegrityError:
        return 0  # somebody else proposed the same at the same moment


def fail_if_overtaken(oracle: OracleAt, publication: Publication) -> bool:
    """Fail a publication that can no longer be submitted because an item's attempt has moved on."""
    items = items_of(publication)
    records = oracle.records_of([item.expiry_id for item in items])
    past = [item for item in items if records[item.expiry_id].attempt != item.attempt]
    if not past:
        return False
    item = past[0]
    now_at = records[item.expiry_id].attempt
    with transaction.atomic():
        held = hold(publication.pk, PublicationStage.PROPOSED, PublicationStage.SIGNED)
        if held is not None:
            reason = f"{item.expiry_id} is at attempt {now_at}, not {item.attempt}"
            move(held, PublicationStage.FAILED, reason=reason)
    return True


def _count_again(oracle: OracleAt, publication: Publication) -> None:
    """The set or its threshold may have changed since the last signature came."""
    members, threshold = oracle.attestors()
    with transaction.atomic():
        held = hold(publication.pk, PublicationStage.PROPOSED)
        if held is not None:
            move_if_enough(held, members, threshold)


def _create(attempts: dict[str, int], now: int) -> int:
    with transaction.atomic():
        rows = finals.waiting().filter(expiry__in=attempts).select_related("expiry")
        held = list(rows.select_for_update(skip_locked=True, of=("self",)))
        if not held:
            return 0
        messages = dict(
            Act.objects.filter(seq__in=[final.seq for final in held]).values_list("seq", "message")
        )
        publication = Publication.objects.create(created_at=now)
        PublicationItem.objects.bulk_create(
            PublicationItem(
                publication=publication,
                position=position,
                expiry=final.expiry,
                attempt=attempts[final.expiry_id],
                price=final.expiry.price,
                transcript=final.expiry.head,
                payouts=messages[final.seq]["payouts"],
            )
            for position, final in enumerate(held)
        )
        finals.take(held)
    return len(held)
