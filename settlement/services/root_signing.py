"""What attestors hand in about a root: a signature, or the reason why not (PROTOCOL 7)."""

from __future__ import annotations

from django.db import transaction

from settlement.chain import quorum
from settlement.models import Root, RootRefusal, RootSignature
from settlement.root_stages import RootStage
from settlement.services.roots import message_of, move
from settlement.services.signing import MAX_REFUSAL_CHARACTERS, Code, Problem, signer_of, stranger


def add_root_signature(*, root_id: int, signature: str, now: int) -> Root | Problem:
    """Take an attestor's signature; at the contract's threshold the root is SIGNED. May raise a ChainError.

    One for a root that is further along changes nothing and is no error.
    """
    root = Root.objects.filter(pk=root_id).first()
    if root is None:
        return _unknown(root_id)
    attestor = signer_of("Root", message_of(root), signature)
    if isinstance(attestor, Problem):
        return attestor
    members, threshold = quorum.oracle().attestors()
    if attestor not in members:
        return stranger(attestor)
    with transaction.atomic():
        held = Root.objects.select_for_update().get(pk=root_id)
        if held.stage not in (RootStage.PLANNED, RootStage.SIGNED):
            return held
        RootSignature.objects.get_or_create(
            root=held, attestor=attestor, defaults={"signature": signature, "at": now}
        )
        RootRefusal.objects.filter(root=held, attestor=attestor).delete()
        move_if_enough(held, members, threshold, now=now)
    return held


def move_if_enough(held: Root, members: list[str], threshold: int, *, now: int) -> None:
    """SIGNED once as many members of the set as it wants have signed; the root is held."""
    enough = held.signatures.filter(attestor__in=members).count() >= threshold
    if held.stage == RootStage.PLANNED and enough:
        move(held, RootStage.SIGNED, now=now)


def add_root_refusal(*, root_id: int, attestor: str, text: str, now: int) -> Root | Problem:
    """Keep an attestor's last words about a root. They are unsigned, so they decide nothing."""
    root = Root.objects.filter(pk=root_id).first()
    if root is None:
        return _unknown(root_id)
    if attestor not in quorum.oracle().attestors()[0]:
        return stranger(attestor)
    RootRefusal.objects.update_or_create(
        root=root, attestor=attestor, defaults={"text": text[:MAX_REFUSAL_CHARACTERS], "at": now}
    )
    return root


def _unknown(root_id: int) -> Problem:
    return Problem(Code.UNKNOWN_ROOT, f"There is no root {root_id}.")
