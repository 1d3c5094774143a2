"""Proof of the book: it is read from its first entry, and every expiry is folded again from its acts (I-15).

With the ledger's own (ledger/check.py) it says whether a database is whole, as after a restore.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Exists, OuterRef

from ledger import names, selectors
from ledger.check import Finding, Tell
from oracle import signer
from oracle.models import Act, Beat, BookHead, Elector, Expiry
from oracle.projection import COLUMNS, load_state
from protocol import signing
from protocol.messages import TRANSCRIPT_KINDS, to_act
from protocol.record import MemoryRecord
from protocol.resolution import State, judge, pass_time
from protocol.terms import Index, Terms


def findings(tell: Tell = lambda what, done, total: None) -> Iterator[Finding]:
    """Every rule with the first row that breaks it. Nobody may write meanwhile, or the head runs away.

    It takes about a millisecond for each act.
    """
    yield Finding("every entry is what its author signed, and follows from the one before", book_problem(tell))
    total, problem = Expiry.objects.count(), ""
    for number, expiry in enumerate(Expiry.objects.select_related("index").order_by("expiry_at", "id").iterator(), 1):
        problem = problem or expiry_problem(expiry)
        tell("folding expiries again", number, total)
    yield Finding("every expiry is what its acts fold to, and holds what they locked", problem)


def book_problem(tell: Tell = lambda what, done, total: None) -> str:
    """The first entry, head or beat that is not as the entries before it say; "" where all are."""
    head = BookHead.objects.filter(id=1).first() or BookHead(id=1, book=signing.BOOK_0)
    last = Act(seq=0, book=signing.BOOK_0, at=0)
    heads: dict[str, str] = {}
    for act in Act.objects.order_by("seq").iterator():
        tell("reading the book", act.seq, head.seq)
        if problem := _entry_problem(act, last):
            return problem
        if act.kind in TRANSCRIPT_KINDS and act.expiry_id:
            heads[act.expiry_id] = signing.next_head(heads.get(act.expiry_id, act.expiry_id), act.digest, act.at)
        last = act
    if (head.seq, head.book) != (last.seq, last.book):
        return f"the head says entry {head.seq}, {head.book}; the entries end with {last.seq}, {last.book}"
    entry = Act.objects.filter(seq=OuterRef("seq"), book=OuterRef("book"))
    if beat := Beat.objects.exclude(seq=0, book=signing.BOOK_0).exclude(Exists(entry)).first():
        return f"the beat at {beat.at} names another hash for entry {beat.seq}"
    for id_, stored in Expiry.objects.values_list("id", "head"):
        if heads.get(id_, id_) != stored:
            return f"expiry {id_}: its head is not that of its acts"
    return ""


def _entry_problem(act: Act, last: Act) -> str:
    """What is wrong with an entry behind the one ahead of it."""
    if act.seq != last.seq + 1:
        return f"entry {last.seq + 1} is missing"
    if act.at < last.at:
        return f"entry {act.seq} lies before the one ahead of it"
    if signer.digest(act.kind, signing.parse(act.kind, act.message)) != act.digest:
        return f"entry {act.seq} ({act.kind}): its message is not what was signed"
    if act.book != signing.next_book(last.book, act.seq, act.digest, act.at):
        return f"entry {act.seq}: its hash does not follow from the entry ahead"
    return ""


def expiry_problem(expiry: Expiry) -> str:
    """What an expiry's row or account has otherwise than its acts say; "" where nothing."""
    try:
        state, record, _ = refold(expiry)
    except ValueError as error:
        return f"expiry {expiry.slug}: {error}"
    row = load_state(expiry)
    pass_time(state, record, expiry.judged_at)
    unlike = [name for name in COLUMNS if name != "judged_at" and getattr(state, name) != getattr(row, name)]
    if unlike:
        return f"expiry {expiry.slug}: {', '.join(unlike)} is not what its acts fold to"
    pot = selectors.balance(names.expiry(expiry.id))
    due = 0 if expiry.stage == "FINAL" else locked(expiry)
    return "" if pot == due else f"expiry {expiry.slug}: its account has {pot} wei, its acts locked {due}"


def locked(expiry: Expiry) -> int:
    """Wei of the reward, the reports, and all pledges that were not released."""
    log = Act.objects.filter(expiry=expiry, amount__isnull=False).exclude(claim__status="RELEASED")
    return expiry.reward + sum(log.values_list("amount", flat=True))


def refold(expiry: Expiry) -> tuple[State, MemoryRecord, str]:
    """The state, record and head that the acts alone give, with the time of the book's head passed.

    ValueError where the law would not take one of them.
    """
    electors = dict(Elector.objects.filter(expiry=expiry).values_list("account", "weight"))
    record = MemoryRecord(lambda at: electors)
    state = State(Index.from_json(expiry.index.spec), Terms.from_json(expiry.terms), expiry.expiry_at)
    head = expiry.id
    for act in Act.objects.filter(expiry=expiry, kind__in=TRANSCRIPT_KINDS).order_by("seq").iterator():
        message = signing.parse(act.kind, act.message)
        if act.kind != "Electorate":
            refusal = judge(state, record, to_act(act.kind, message, act.at)).refusal
            if refusal is not None:
                raise ValueError(f"entry {act.seq} of the book would be refused as {refusal.value}")
        head = signing.next_head(head, act.digest, act.at)
    if expiry.stage != "SCHEDULED":
        pass_time(state, record, BookHead.objects.get().clock)
    return state, record, head
