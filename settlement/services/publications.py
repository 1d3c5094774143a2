"""How a publication is held and moved; the table of moves is in settlement/stages.py."""

from __future__ import annotations

from typing import Any

import structlog

from operators.services import audit
from settlement.models import Publication, PublicationItem
from settlement.services.finals import let_go
from settlement.stages import PublicationStage, may_follow

log = structlog.get_logger(__name__)


def hold(publication_id: int, *stages: PublicationStage) -> Publication | None:
    """Lock it until the transaction ends, if it is in one of these stages and nobody else holds it."""
    rows = Publication.objects.select_for_update(skip_locked=True).filter(pk=publication_id, stage__in=stages)
    return rows.first()


def move(
    publication: Publication, stage: PublicationStage, *, reason: str = "", now: int, **columns: Any
) -> None:
    """Move a held publication; a failed one lets go of its expiries, which are proposed again."""
    before = PublicationStage(publication.stage)
    if stage not in may_follow(before):
        raise ValueError(f"{publication} cannot go from {before} to {stage}")
    publication.stage, publication.reason = stage, reason
    for name, value in columns.items():
        setattr(publication, name, value)
    publication.save(update_fields=["stage", "reason", *columns])
    if stage is PublicationStage.FAILED:
        let_go(PublicationItem.objects.filter(publication=publication))
    told = {"before": before, "stage": stage, "reason": reason}
    audit.record("publication.moved", str(publication.pk), details=told, now=now)
    log.info("publication.moved", publication=publication.pk, **told)


def note(publication_id: int, reason: str) -> None:
    """Say why it waits, for the operator; nothing moves."""
    changed = Publication.objects.filter(pk=publication_id).exclude(reason=reason).update(reason=reason)
    if changed and reason:
        log.error("publication.waits", publication=publication_id, reason=reason)


def items_of(publication: Publication) -> list[PublicationItem]:
    """Its items in the order in which they are signed."""
    return list(publication.items.order_by("position"))


def message_of(items: list[PublicationItem]) -> dict[str, Any]:
    """The Attestations message (PROTOCOL 7) over exactly these items."""
    fields = ("attempt", "price", "transcript", "payouts")
    return {"items": [{"expiry": i.expiry_id, **{f: getattr(i, f) for f in fields}} for i in items]}
