"""One function takes any signed act (PROTOCOL 5 to 7).

1. Form: parse strictly, hash; no lock is held for what anybody can send.
2. Author: recover the signers.
3. Under the book's lock, in one transaction: what was taken before is answered again; everything due is processed;
   the fold (or the account's balance) takes or refuses; bonds move; the act is appended with its new head.
4. The answer is a signed receipt, or a signed refusal that changed nothing.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from structlog.contextvars import bind_contextvars, unbind_contextvars

from oracle import signer
from oracle.lookup import find
from oracle.models import Act, BookHead, Expiry
from oracle.projection import load_state
from oracle.receipts import receipt_of
from oracle.record import DatabaseRecord
from oracle.services import accounts, book
from oracle.services.answer import Answer, refused
from oracle.services.book import SignedAct
from oracle.services.due import expect, process_due
from oracle.services.effects import carry_out
from protocol import signing
from protocol.acts import Refusal
from protocol.messages import ACCOUNT_ACTS, GUARDIAN_ACTS, to_act
from protocol.resolution import judge
from protocol.terms import Terms

MAX_SIGNATURES = 100


def take_act(*, kind: str, message: object, signatures: object, now: int) -> Answer:
    """Take or refuse one act as it came over the wire, at unix second `now`."""
    if kind not in ACCOUNT_ACTS + GUARDIAN_ACTS:
        kinds = ", ".join(ACCOUNT_ACTS + GUARDIAN_ACTS)
        return Answer(None, Refusal.MALFORMED, f"kind: send one of {kinds}")
    try:
        parsed = signing.parse(kind, message)
        act = SignedAct(kind, parsed, signer.digest(kind, parsed), _signatures(signatures))
    except ValueError as error:
        return Answer(None, Refusal.MALFORMED, str(error))
    _name_in_log(act)
    try:
        signers = [signing.recover(act.digest, signature) for signature in act.signatures]
    except signing.BadSignature as error:
        return _answer_unjudged(act, Refusal.BAD_SIGNATURE, str(error))
    if kind in ACCOUNT_ACTS and signers != [parsed["account"]]:
        detail = f"signed by {', '.join(signers)}, not once by {parsed['account']}: check key, chain and contract"
        return _answer_unjudged(act, Refusal.BAD_SIGNATURE, detail)
    with transaction.atomic():
        return _take(act, signers, now)


def _name_in_log(act: SignedAct) -> None:
    """Until the next act, request or task: what is said once this has failed is about the act, too."""
    unbind_contextvars("expiry")
    bind_contextvars(act=act.digest, **({"expiry": act.message["expiry"]} if "expiry" in act.message else {}))


def _take(act: SignedAct, signers: list[str], now: int) -> Answer:
    head = book.lock()
    first = next(iter(Act.objects.raw("SELECT * FROM oracle_act WHERE digest = %s", [act.digest])), None)
    if first is not None:
        return Answer(receipt_of(first), repeated=True)
    book.advance_clock(head, now)
    process_due(head)
    if "expiry" not in act.message:
        answer = accounts.take_account_act(head, act)
    else:
        answer = _take_on_expiry(head, act, signers)
    book.save(head)
    return answer


def _take_on_expiry(head: BookHead, act: SignedAct, signers: list[str]) -> Answer:
    found = find(act.kind, act.message)
    if found is None:
        return refused(head, act, None, Refusal.UNKNOWN_EXPIRY)
    expiry, known = found
    state, record = load_state(expiry), DatabaseRecord(expiry, known)
    if act.kind in GUARDIAN_ACTS and (wrong := _guardians_problem(state.terms, signers)):
        return refused(head, act, expiry, Refusal.BAD_SIGNATURE, wrong)
    verdict = judge(state, record, to_act(act.kind, act.message, head.clock))
    if verdict.refusal is not None:
        Expiry.objects.filter(id=expiry.id).update(judged_at=state.judged_at)
        return refused(head, act, expiry, verdict.refusal)
    act.columns = record.columns
    receipt = book.append(head, act, expiry)
    carry_out(head, expiry, state, record, verdict.events, cause=f"act:{head.seq}")
    expect(head, expiry.deadline)
    return Answer(receipt)


def _guardians_problem(terms: Terms, signers: list[str]) -> str:
    """Why these signers cannot rule; empty when k guardians of the expiry's terms are among them, and nobody else.

    One key can sign one digest in many valid ways, so signers are counted, not signatures.
    """
    if len(set(signers)) < len(signers):
        return "a guardian signed twice"
    strangers = set(signers) - set(terms.guardians)
    if strangers:
        return f"{', '.join(sorted(strangers))} is no guardian of this expiry"
    if not terms.guardians or len(signers) < max(1, terms.guardian_threshold):
        return f"{len(signers)} of the {terms.guardian_threshold} guardians' signatures that a ruling needs"
    return ""


def _answer_unjudged(act: SignedAct, refusal: Refusal, detail: str) -> Answer:
    """Sign a refusal without asking anything of an expiry: not even its clock moves for who has not signed.

    It bears the last time that the book acted on, not now: no lock is held, so an entry of an earlier second may
    still be on its way, and then the book would contradict a receipt that says where it ended now.
    """
    head = BookHead.objects.filter(id=1).first() or BookHead(book=signing.BOOK_0)
    return refused(head, act, None, refusal, detail)


def _signatures(value: Any) -> list[str]:
    if (
        not isinstance(value, list)
        or not 1 <= len(value) <= MAX_SIGNATURES
        or len(set(map(str, value))) != len(value)
    ):
        raise ValueError(f"signatures: must be a list of 1 to {MAX_SIGNATURES} different signatures")
    return [str(signature) for signature in value]
