"""How a story is told, and what must be true of it at every end."""

from __future__ import annotations

from ledger import names, selectors
from ledger.check import findings
from oracle.models import Act, Beat, BookHead, Elector, Expiry
from oracle.projection import COLUMNS, load_state
from oracle.services.time import beat, pass_time
from protocol import signing
from protocol.messages import TRANSCRIPT_KINDS, to_act
from protocol.record import MemoryRecord
from protocol.resolution import State, judge
from protocol.resolution import pass_time as fold_time
from protocol.terms import Index, Terms

START = 1_790_000_000
OPENS_AT = START + 3_600
WINDOW = 600
ETHER = 10**18
PRICE = 2_500 * ETHER
LIE = 2_000 * ETHER


def tick_along(start: int, until: int, every: int = 120) -> None:
    """Let time pass as it does in life: a beat and a tick every two minutes, and at the end."""
    for now in [*range(start, until, every), until]:
        beat(now=now)
        pass_time(now=now)


def assert_sound(*expiries: Expiry) -> None:
    """Ledger, acts, heads and projections agree, whatever has happened (I-1, I-2, I-15)."""
    broken = [finding for finding in findings() if not finding.holds]
    assert broken == [], "the ledger does not add up"
    _assert_book()
    for expiry in expiries:
        expiry.refresh_from_db()
        _assert_refolds(expiry)
        pot = selectors.balance(names.expiry(expiry.id))
        assert pot == (0 if expiry.stage == "FINAL" else _locked(expiry)), expiry.slug


def _locked(expiry: Expiry) -> int:
    """Reward, reports, and all pledges that were not released."""
    log = Act.objects.filter(expiry=expiry, amount__isnull=False).exclude(claim__status="RELEASED")
    return expiry.reward + sum(log.values_list("amount", flat=True))


def _assert_book() -> None:
    book, last_at = signing.BOOK_0, 0
    books = {0: book}
    for number, act in enumerate(Act.objects.order_by("seq"), start=1):
        assert act.seq == number, "the book has no gaps"
        assert act.at >= last_at, "the book does not go back in time"
        book, last_at = signing.next_book(book, act.seq, act.digest, act.at), act.at
        assert act.book == book
        books[act.seq] = book
    head = BookHead.objects.get()
    assert (head.seq, head.book) == (max(books), book)
    assert all(books[seq] == said for seq, said in Beat.objects.values_list("seq", "book"))


def _assert_refolds(expiry: Expiry) -> None:
    state, record, head = refold(expiry)
    row = load_state(expiry)
    fold_time(state, record, expiry.judged_at)
    differing = [
        name for name in COLUMNS if name != "judged_at" and getattr(state, name) != getattr(row, name)
    ]
    assert differing == [], f"{expiry.slug}: the columns {differing} are not what its acts fold to"
    assert head == expiry.head


def refold(expiry: Expiry) -> tuple[State, MemoryRecord, str]:
    """The state, record and head that the acts alone give, with the time of the book's head passed."""
    electors = dict(Elector.objects.filter(expiry=expiry).values_list("account", "weight"))
    record = MemoryRecord(lambda at: electors)
    state = State(Index.from_json(expiry.index.spec), Terms.from_json(expiry.terms), expiry.expiry_at)
    head = expiry.id
    for act in Act.objects.filter(expiry=expiry, kind__in=TRANSCRIPT_KINDS).order_by("seq"):
        message = signing.parse(act.kind, act.message)
        if act.kind != "Electorate":
            assert judge(state, record, to_act(act.kind, message, act.at)).refusal is None
        head = signing.next_head(head, act.digest, act.at)
    if expiry.stage != "SCHEDULED":
        fold_time(state, record, BookHead.objects.get().clock)
    return state, record, head
