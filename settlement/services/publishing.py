"""Signed publications become transactions; all are followed on the oracle until final (settlement/stages.py)."""

from __future__ import annotations

import structlog
from django.conf import settings
from django.db import transaction

from settlement.alarms import publishing_stops
from settlement.chain import quorum
from settlement.chain.client import Connection, connect
from settlement.chain.errors import Reverted
from settlement.chain.quorum import OracleAt
from settlement.models import Publication
from settlement.services import following, standing, transactions
from settlement.services.calls import call_for
from settlement.services.finals import let_go_of
from settlement.services.publications import hold, move, note
from settlement.services.standing import NOWHERE, Place, Standing
from settlement.signers.policy import Refusal
from settlement.stages import ENDED, PublicationStage, TransactionState

log = structlog.get_logger(__name__)
_S = PublicationStage


def publish(*, now: int) -> int:
    """One round: follow what was sent, look what the oracle has, send what is signed. Returns how many moved."""
    if not _ids(_S.SIGNED, _S.SENT, _S.MINED) and not transactions.any_under_way():
        return 0
    client = connect()
    moved = following.follow(client, now=now)
    moved += sum(follow(client, publication_id, now=now) for publication_id in _ids(_S.SIGNED, _S.SENT, _S.MINED))
    for publication_id in _ids(_S.SIGNED):
        if not transactions.has_room(client):
            break
        moved += _send(client, publication_id, now)
    return moved


def _ids(*stages: PublicationStage) -> list[int]:
    return list(Publication.objects.filter(stage__in=stages).order_by("pk").values_list("pk", flat=True))


def _send(client: Connection, publication_id: int, now: int) -> bool:
    """Sign, store, send. Between any two of these a crash is harmless: the next round goes on from what is stored."""
    if why := publishing_stops():
        note(publication_id, why)
        return False
    rebuilt = call_for(client, f"publication:{publication_id}")
    if len(rebuilt.signed_by) < rebuilt.threshold:
        return _ask_again(publication_id, len(rebuilt.signed_by), rebuilt.threshold, now)
    try:
        drafted = transactions.draft(client, rebuilt, now=now)
    except Reverted as error:
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
        row = transactions.store(drafted, purpose=f"publication:{publication_id}", now=now)
        move(held, _S.SENT, transaction=row, now=now)
    transactions.broadcast(client, row, now=now)
    return True


def _ask_again(publication_id: int, have: int, want: int, now: int) -> bool:
    with transaction.atomic():
        held = hold(publication_id, _S.SIGNED)
        if held is not None:
            reason = f"the attestor set has changed: {have} of {want} signatures count"
            move(held, _S.PLANNED, reason=reason, now=now)
    return held is not None


def follow(client: Connection, publication_id: int, *, now: int) -> bool:
    """Bring a publication to where the oracle has it, by whatever transaction; true where it moved."""
    publication = Publication.objects.select_related("transaction").get(pk=publication_id)
    row = publication.transaction
    if row is not None and row.chain != client.genesis:
        return False
    oracle = quorum.oracle(client.nodes)
    found = standing.look(oracle, publication)
    place = _place(oracle, publication, found)
    deep = _deep(oracle, publication) if place else None
    with transaction.atomic():
        held = hold(publication_id, _S(publication.stage))
        if held is None or held.transaction_id != publication.transaction_id:
            return False
        before = held.stage
        if before in (_S.PLANNED, _S.SIGNED):
            _before_it_was_sent(held, found, place, now)
        elif before == _S.SENT:
            _sent(held, found, place, now)
        if held.stage == _S.MINED:
            _mined(held, found, place, deep, now)
    if held.stage == before:
        _say(held, found, place)
    return held.stage != before


def _place(oracle: OracleAt, publication: Publication, found: Standing) -> Place | str | None:
    """Where it stands; read from the logs once, and again after the block that it stood in has gone."""
    known = Place.known(publication)
    if known and oracle.has(known.block_number, known.block_hash):
        return known
    return standing.place_of(oracle, found.ours) if found.ours else None


def _deep(oracle: OracleAt, publication: Publication) -> Standing | None:
    """What the oracle has of it in a block at confirmation depth; None on a chain that is not so long."""
    if oracle.block.number < settings.CONFIRMATION_DEPTH:
        return None
    return standing.look(quorum.oracle(oracle.nodes, settings.CONFIRMATION_DEPTH), publication)


def _before_it_was_sent(held: Publication, found: Standing, place: Place | str | None, now: int) -> None:
    """Somebody else may have submitted it; or part of it has moved on, and this batch can never be submitted."""
    if found.complete and isinstance(place, Place):
        move(held, _S.MINED, now=now, **place.columns)
    elif (moved := found.past + found.early) and not found.ours:
        item = moved[0]
        attempt = found.records[item.expiry_id].attempt
        move(held, _S.FAILED, reason=f"{item.expiry_id} is at attempt {attempt}, not {item.attempt}", now=now)
    elif moved and isinstance(place, Place):
        _keep_what_stands(held, found, place, now)


def _sent(held: Publication, found: Standing, place: Place | str | None, now: int) -> None:
    """Its own transaction counts only where it has not brought the prices there."""
    row = held.transaction
    assert row is not None
    if found.complete:
        if isinstance(place, Place):
            move(held, _S.MINED, now=now, **place.columns)
    elif row.state == TransactionState.CONFIRMED:
        if found.ours and isinstance(place, Place) and not (row.succeeded and found.missing):
            _keep_what_stands(held, found, place, now)
        elif not found.ours and not row.succeeded:
            move(held, _S.FAILED, reason=f"it reverted in block {row.block_number}", now=now)
        elif not found.ours and not found.missing and not found.wrong:
            move(held, _S.FAILED, reason="the guardians cancelled all of it", now=now)
    elif row.state in ENDED:
        reason = "its nonce was cancelled" if row.state == TransactionState.CANCELLED else "its nonce was taken"
        move(held, _S.SIGNED, transaction=None, reason=f"{reason}: it is signed anew", now=now)


def _keep_what_stands(held: Publication, found: Standing, place: Place, now: int) -> None:
    """What the oracle has stays here and is followed; the rest is planned again."""
    let_go_of(found.rest)
    move(held, _S.MINED, now=now, **place.columns)


def _mined(held: Publication, found: Standing, place: Place | str | None, deep: Standing | None, now: int) -> None:
    """FINAL once the oracle answered every price as ours in a block that no reorganisation reaches."""
    if not isinstance(place, Place):
        if found.missing or found.early:
            _back(held, now)
        return
    if place.block_hash != held.block_hash:
        for name, value in place.columns.items():
            setattr(held, name, value)
        held.save(update_fields=list(place.columns))
    if deep is None:
        return
    left = [item for item in deep.items if item.live and item not in deep.past]
    let_go_of(deep.past)
    if not left:
        move(held, _S.FAILED, reason="the guardians cancelled all of it", now=now, **NOWHERE)
    elif all(item in deep.ours and deep.records[item.expiry_id].is_final for item in left):
        move(held, _S.FINAL, final_at=now, now=now)


def _back(held: Publication, now: int) -> None:
    """A reorganisation took the block that it stood in."""
    row = held.transaction
    if row is not None and row.state not in ENDED:
        move(held, _S.SENT, reason="a reorganisation took its block; it is sent again", now=now, **NOWHERE)
    else:
        reason = "a reorganisation took the block that had it; it is signed anew"
        move(held, _S.SIGNED, transaction=None, reason=reason, now=now, **NOWHERE)


def _say(held: Publication, found: Standing, place: Place | str | None) -> None:
    """Why it waits, where that is not the way of things."""
    if isinstance(place, str):
        note(held.pk, place)
    elif found.wrong and held.stage != _S.SIGNED:
        item = found.wrong[0]
        has = found.records[item.expiry_id].price
        note(held.pk, f"the oracle has {has} for {item.expiry_id}, not our price")
    elif held.stage == _S.SENT and held.transaction is not None and held.transaction.reason:
        note(held.pk, held.transaction.reason)
