"""Guardians sign a ruling one by one; the k-th signature sends it (PROTOCOL 2, edge l)."""

from __future__ import annotations

from dataclasses import dataclass

from disputes.models import RulingSignature
from oracle import signer
from oracle.models import Act, Expiry
from oracle.projection import load_state
from oracle.receipts import receipt_of
from oracle.record import DatabaseRecord
from oracle.services.acts import take_act
from oracle.services.answer import REASONS, Answer
from oracle.services.time import pass_time
from protocol import signing
from protocol.acts import Refusal
from protocol.resolution import State, candidates, price_refusal
from protocol.stages import Stage
from protocol.terms import Terms


@dataclass(frozen=True, slots=True)
class Signed:
    """How far a ruling has come. `answer` is None while signatures are missing, else what became of the act.

    Where `refusal` is set nothing was kept; `detail` says why.
    """

    digest: str = ""
    collected: int = 0
    needed: int = 0
    answer: Answer | None = None
    refusal: Refusal | None = None
    detail: str = ""


def sign_ruling(*, expiry_id: str, price: object, reason: object, signature: object, now: int) -> Signed:
    """Keep one guardian's signature over Ruling(expiry, price, reason); with the k-th the ruling is taken.

    Each signature is stored before they are counted, in a transaction of its own: of two that come at once the
    later one sees both. The same one sent again counts again, so a ruling that failed to go out can be woken; once
    the ruling was taken, everybody who signs it gets its receipt.
    """
    pass_time(now=now)
    expiry = Expiry.objects.select_related("index").filter(id=expiry_id).first()
    if expiry is None:
        return _refused(Refusal.UNKNOWN_EXPIRY)
    try:
        message = signing.parse("Ruling", {"expiry": expiry_id, "price": price, "reason": reason})
    except ValueError as error:
        return _refused(Refusal.MALFORMED, str(error))
    state = load_state(expiry)
    digest = signer.digest("Ruling", message)
    try:
        guardian = signing.recover(digest, str(signature))
    except signing.BadSignature as error:
        return _refused(Refusal.BAD_SIGNATURE, str(error))
    if guardian not in state.terms.guardians:
        return _refused(Refusal.BAD_SIGNATURE, f"{guardian} is no guardian of this expiry.")
    first = Act.objects.filter(digest=digest).first()
    if first is not None:
        answer = Answer(receipt_of(first), repeated=True)
        return Signed(digest, len(first.signatures), max(1, state.terms.guardian_threshold), answer)
    if refusal := _refusal(state, DatabaseRecord(expiry), message["price"]):
        return _refused(refusal)
    RulingSignature.objects.get_or_create(
        digest=digest,
        guardian=guardian,
        defaults={
            "expiry": expiry,
            "price": message["price"],
            "reason": message["reason"],
            "signature": str(signature),
            "at": now,
        },
    )
    return _send_when_enough(message, digest, state.terms, now)


def _send_when_enough(message: signing.Message, digest: str, terms: Terms, now: int) -> Signed:
    rows = RulingSignature.objects.filter(digest=digest).order_by("id")
    signatures = list(rows.values_list("signature", flat=True))
    needed = max(1, terms.guardian_threshold)
    if len(signatures) < needed:
        return Signed(digest, len(signatures), needed)
    document = signing.to_json("Ruling", message)
    answer = take_act(kind="Ruling", message=document, signatures=signatures, now=now)
    return Signed(digest, len(signatures), needed, answer)


def _refusal(state: State, record: DatabaseRecord, price: int) -> Refusal | None:
    """What the fold would refuse anyway, told to the first guardian and not to the last."""
    if state.stage is not Stage.RULING:
        return Refusal.WRONG_STAGE
    if bad_price := price_refusal(state, price):
        return bad_price
    allowed = candidates(state, record)
    return Refusal.NOT_A_CANDIDATE if allowed and price not in allowed else None


def _refused(refusal: Refusal, detail: str = "") -> Signed:
    return Signed(refusal=refusal, detail=detail or REASONS[refusal])
