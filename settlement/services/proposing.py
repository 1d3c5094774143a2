"""Final prices become publications (DESIGN 3.5)."""

from __future__ import annotations

from django.db import IntegrityError, transaction

from operators.services import audit
from oracle.models import Act
from settlement.chain import quorum
from settlement.chain.client import GAS_MARGIN_PPM, MOST_GAS, connect
from settlement.chain.quorum import OracleAt
from settlement.models import Publication, PublicationItem
from settlement.services import finals, publishing
from settlement.services.publications import hold
from settlement.services.signing import move_if_enough
from settlement.stages import PublicationStage

BATCH = 100
"""The most items of one publication (PROTOCOL 8)."""
GAS_PER_BATCH, GAS_PER_ITEM = 350_000, 30_000
"""Measured (bench/gas.py, tests/contracts), rounded up; the first with the signatures of 32 attestors."""
STALE_SECONDS = 60
"""Attestors are quick; a proposal that waits longer is compared with the chain."""


def propose(*, now: int) -> int:
    """Propose everything final that nobody has proposed, in as many batches as it takes; returns how many expiries.

    Attempts are a quorum's word: StaleReads without one. Each batch is stored by itself, so a killed task has got
    somewhere.
    """
    finals.note_new()
    waiting = list(finals.waiting().values_list("expiry_id", flat=True))
    stale = list(
        Publication.objects.filter(stage=PublicationStage.PLANNED, created_at__lte=now - STALE_SECONDS)
    )
    if not waiting and not stale:
        return 0
    client = connect()
    oracle = quorum.oracle(client.nodes)
    for publication in stale:
        if not publishing.follow(client, publication.pk, now=now):
            _count_again(oracle, publication, now)
    size = batch_size(client.block_gas())
    batches = (waiting[start : start + size] for start in range(0, len(waiting), size))
    return sum(_propose_batch(oracle, batch, now) for batch in batches)


def _propose_batch(oracle: OracleAt, expiries: list[str], now: int) -> int:
    attempts = {expiry: record.attempt for expiry, record in oracle.records_of(expiries).items()}
    try:
        return _create(attempts, now)
    except IntegrityError:
        return 0  # somebody else proposed the same at the same moment


def batch_size(block_gas: int) -> int:
    """Items in one transaction: with its margin it stays below half a block, and half of EIP-7825's limit."""
    gas = min(block_gas, MOST_GAS) // 2 * 10**6 // (10**6 + GAS_MARGIN_PPM)
    return max(1, min(BATCH, (gas - GAS_PER_BATCH) // GAS_PER_ITEM))


def _count_again(oracle: OracleAt, publication: Publication, now: int) -> None:
    """The set or its threshold may have changed since the last signature came."""
    members, threshold = oracle.attestors()
    with transaction.atomic():
        held = hold(publication.pk, PublicationStage.PLANNED)
        if held is not None:
            move_if_enough(held, members, threshold, now=now)


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
        audit.record("publication.planned", str(publication.pk), details={"prices": len(held)}, now=now)
    return len(held)
