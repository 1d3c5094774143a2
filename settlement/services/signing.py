"""What attestors hand in: signatures over exactly the proposed items, or the reason why not (PROTOCOL 7)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from django.db import transaction

from oracle import signer
from protocol import signing
from settlement.chain import quorum
from settlement.models import AttestorRefusal, AttestorSignature, Publication
from settlement.services.publications import items_of, message_of, move
from settlement.stages import PublicationStage

MAX_REFUSAL_CHARACTERS = 500


class Code(StrEnum):
    """Why a signature or a refusal was not taken."""

    UNKNOWN_PUBLICATION = "unknown_publication"
    UNKNOWN_ROOT = "unknown_root"
    BAD_SIGNATURE = "bad_signature"
    NOT_AN_ATTESTOR = "not_an_attestor"


@dataclass(frozen=True, slots=True)
class Problem:
    """What was wrong, by code and in a sentence."""

    code: Code
    detail: str


def signer_of(kind: str, message: signing.Message, signature: str) -> str | Problem:
    """Whose signature this is under a message."""
    try:
        return signing.recover(signer.digest(kind, message), signature)
    except signing.BadSignature as error:
        return Problem(Code.BAD_SIGNATURE, str(error))


def stranger(attestor: str) -> Problem:
    """A signature by somebody who is not in the oracle's set."""
    detail = (
        f"{attestor} is not in the oracle's attestor set; check key, chain, contract and what was signed."
    )
    return Problem(Code.NOT_AN_ATTESTOR, detail)


def add_signature(*, publication_id: int, signature: str, now: int) -> Publication | Problem:
    """Take an attestor's signature; at the contract's threshold the publication is SIGNED.

    One for a publication that is further along changes nothing and is no error. May raise a ChainError.
    """
    publication = Publication.objects.filter(pk=publication_id).first()
    if publication is None:
        return _unknown(publication_id)
    attestor = signer_of("Attestations", message_of(items_of(publication)), signature)
    if isinstance(attestor, Problem):
        return attestor
    members, threshold = quorum.oracle().attestors()
    if attestor not in members:
        return stranger(attestor)
    with transaction.atomic():
        held = Publication.objects.select_for_update().get(pk=publication_id)
        if held.stage not in (PublicationStage.PLANNED, PublicationStage.SIGNED):
            return held
        AttestorSignature.objects.get_or_create(
            publication=held, attestor=attestor, defaults={"signature": signature, "at": now}
        )
        AttestorRefusal.objects.filter(publication=held, attestor=attestor).delete()
        move_if_enough(held, members, threshold, now=now)
    return held


def move_if_enough(held: Publication, members: list[str], threshold: int, *, now: int) -> None:
    """SIGNED once as many members of the set as it wants have signed; the publication is held."""
    enough = held.signatures.filter(attestor__in=members).count() >= threshold
    if held.stage == PublicationStage.PLANNED and enough:
        move(held, PublicationStage.SIGNED, now=now)


def add_refusal(*, publication_id: int, attestor: str, text: str, now: int) -> Publication | Problem:
    """Keep an attestor's last words about a publication. They are unsigned, so they decide nothing.

    Nobody can fill the table with them: there is one row for each member of the set.
    """
    publication = Publication.objects.filter(pk=publication_id).first()
    if publication is None:
        return _unknown(publication_id)
    if attestor not in quorum.oracle().attestors()[0]:
        return stranger(attestor)
    AttestorRefusal.objects.update_or_create(
        publication=publication,
        attestor=attestor,
        defaults={"text": text[:MAX_REFUSAL_CHARACTERS], "at": now},
    )
    return publication


def _unknown(publication_id: int) -> Problem:
    return Problem(Code.UNKNOWN_PUBLICATION, f"There is no publication {publication_id}.")
