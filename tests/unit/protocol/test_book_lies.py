"""What the service could publish and must not: each is a Contradiction at the entry that does not follow."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from protocol.book import Contradiction
from protocol.entry import Beat, Entry
from protocol.signing import digest, sign
from protocol.terms import ETHER
from tests.unit.protocol.story import DOMAIN, EXPIRY_AT, GUARDIANS, LIAR, PRICE, REPORTERS, SERVICE, WORD
from tests.unit.protocol.test_book import SHORT, disputed, funded, reported, voted
from tests.unit.protocol.writer import Writer, feed

OTHER = LIAR  # some key that is not the one that should sign


def restamped(entry: Entry, **changes: object) -> Entry:
    """The entry with its receipt signed over other words."""
    receipt = entry.receipt | changes
    return replace(entry, receipt=receipt, receipt_signature=sign(SERVICE, digest(DOMAIN, "Receipt", receipt)))


LIES: dict[str, tuple[Callable[[Entry], Entry], str]] = {
    "a number left out": (lambda e: replace(e, seq=e.seq + 1), "must come next"),
    "an earlier time": (lambda e: replace(e, at=e.at - 1_000), "lies before"),
    "another digest": (lambda e: replace(e, digest=WORD), "digest"),
    "another message": (lambda e: replace(e, message=e.message | {"bond": 1}), "digest"),
    "another book hash": (lambda e: replace(e, book=WORD), "does not follow"),
    "another head": (lambda e: replace(e, head=WORD), "says head"),
    "no signature": (lambda e: replace(e, signatures=()), "not signed by"),
    "a stranger's signature": (lambda e: replace(e, signatures=(sign(OTHER, e.digest),)), "not signed by"),
    "a broken signature": (lambda e: replace(e, signatures=("0x00",)), "not valid"),
    "a receipt of another time": (lambda e: restamped(e, at=e.at + 1), "receipt says at"),
    "a receipt of another book": (lambda e: restamped(e, book=WORD), "receipt says book"),
    "a receipt that refuses": (lambda e: restamped(e, code="expired"), "receipt says code"),
    "a receipt by a stranger": (
        lambda e: replace(e, receipt_signature=sign(OTHER, digest(DOMAIN, "Receipt", e.receipt))),
        "receipt is signed by",
    ),
}


@pytest.mark.parametrize("name", LIES)
def test_apply__entry_changed__contradiction(name: str) -> None:
    writer = funded()
    reported(writer)
    *before, last = writer.log
    assert isinstance(last, Entry)
    book = writer.follower()
    for item in before:
        feed(book, item)
    lie, words = LIES[name]
    with pytest.raises(Contradiction, match=words):
        book.apply(lie(last))


def test_apply__same_act_twice__contradiction() -> None:
    writer = funded()
    first = writer.log[0]
    assert isinstance(first, Entry)
    with pytest.raises(Contradiction, match="second time"):
        writer.add(first.kind, first.message, [SERVICE], EXPIRY_AT)


def test_apply__same_log_credited_twice__contradiction() -> None:
    writer = funded()
    first = writer.log[0]
    assert isinstance(first, Entry)
    with pytest.raises(Contradiction, match="credited a second time"):
        writer.add("Deposit", first.message | {"block": 9}, [SERVICE], EXPIRY_AT)


def test_apply__act_the_law_refuses__contradiction() -> None:
    writer = funded()
    reported(writer)
    with pytest.raises(Contradiction, match="already_reported"):
        writer.report(REPORTERS[0], PRICE + 1, ETHER, EXPIRY_AT + 4)


def test_opened__before_its_time__contradiction() -> None:
    writer = funded()
    with pytest.raises(Contradiction, match="wrong_stage"):
        writer.open(EXPIRY_AT - 1)


def test_service_act__signed_by_an_account__contradiction() -> None:
    writer = funded()
    message = {"expiry": writer.expiry, "block": 7, "value_secured": 0, "reward": 0}
    with pytest.raises(Contradiction, match="not signed by"):
        writer.add("Opened", message, [OTHER], EXPIRY_AT + 2)


@pytest.mark.parametrize(
    "keys", [GUARDIANS[:1], [GUARDIANS[0], GUARDIANS[0]], [GUARDIANS[0], OTHER], [*GUARDIANS, OTHER]]
)
def test_ruling__not_k_different_guardians__contradiction(keys: list[str]) -> None:
    writer = funded()
    with pytest.raises(Contradiction, match="different guardians"):
        writer.rule(PRICE, EXPIRY_AT + 1, keys)


@pytest.mark.parametrize(("name", "value"), [("price", PRICE + 1), ("payouts", WORD)])
def test_final__not_what_the_law_gives__contradiction(name: str, value: object) -> None:
    writer = funded()
    closes = voted(writer)
    writer.book.pass_time(closes)
    message = writer.result("Final", writer.expiry) | {name: value}
    with pytest.raises(Contradiction, match=f"says {name}"):
        writer.add("Final", message, [SERVICE], closes)


def test_final__before_the_deadline__contradiction() -> None:
    writer = funded()
    closes = reported(writer) + 50
    message = {"expiry": writer.expiry, "price": PRICE, "payouts": WORD}
    with pytest.raises(Contradiction, match="give no Final"):
        writer.add("Final", message, [SERVICE], closes - 1)


def test_final__left_out__contradiction_at_the_next_act() -> None:
    writer = funded()
    closes = reported(writer) + 50
    with pytest.raises(Contradiction, match="Final of expiry"):
        writer.deposit(LIAR, 1, closes)


def test_final__twice__contradiction() -> None:
    writer = funded()
    closes = reported(writer) + 50
    writer.settle(closes)
    message = writer.result("Final", writer.expiry) | {"price": PRICE + 1}
    with pytest.raises(Contradiction, match="give no Final"):
        writer.add("Final", message, [SERVICE], closes)


def opened_ballot() -> tuple[Writer, int]:
    """A ballot has just opened and its Electorate is not in the book yet."""
    writer = funded()
    at = disputed(writer)
    before = writer.log[:-1]
    writer.log, writer.book = before, writer.follower()
    for item in before:
        feed(writer.book, item)
    writer.heads[writer.expiry] = writer.book.expiries[writer.expiry].head
    return writer, at


@pytest.mark.parametrize(("name", "value"), [("seq", 1), ("root", WORD)])
def test_electorate__not_what_the_book_gives__contradiction(name: str, value: object) -> None:
    writer, at = opened_ballot()
    message = writer.result("Electorate", writer.expiry) | {name: value}
    with pytest.raises(Contradiction, match=f"says {name}"):
        writer.add("Electorate", message, [SERVICE], at)


def test_electorate__left_out__contradiction_at_the_next_act() -> None:
    writer, at = opened_ballot()
    with pytest.raises(Contradiction, match="Electorate of expiry"):
        writer.deposit(LIAR, 1, at)


def test_electorate__without_a_ballot__contradiction() -> None:
    writer = funded()
    reported(writer)
    message = {"expiry": writer.expiry, "seq": writer.book.seq, "root": WORD}
    with pytest.raises(Contradiction, match="give no Electorate"):
        writer.add("Electorate", message, [SERVICE], EXPIRY_AT + 10)


def test_silence_of_the_service__no_outage__contradiction() -> None:
    writer = funded()
    at = reported(writer)
    with pytest.raises(Contradiction, match="has no Outage"):
        writer.deposit(LIAR, 1, at + 500)


def test_silence_of_the_service__one_expiry_left_out__contradiction() -> None:
    writer = funded((SHORT, SHORT))
    for expiry in writer.expiries:
        writer.open(EXPIRY_AT + 2, expiry)
    writer.outage(EXPIRY_AT + 2, EXPIRY_AT + 1_000)
    with pytest.raises(Contradiction, match="has no Outage"):
        writer.deposit(LIAR, 1, EXPIRY_AT + 1_000)


@pytest.mark.parametrize(("start", "end"), [(2, 1_000), (3, 999), (4, 1_000)])
def test_outage__not_the_gap__contradiction(start: int, end: int) -> None:
    writer = funded()
    writer.open(EXPIRY_AT + 1)
    writer.beat(EXPIRY_AT + 3)
    message = {"expiry": writer.expiry, "from": EXPIRY_AT + start, "to": EXPIRY_AT + end}
    with pytest.raises(Contradiction, match="no such outage"):
        writer.add("Outage", message, [SERVICE], EXPIRY_AT + 1_000)


def test_outage__three_minutes_exactly__contradiction() -> None:
    writer = funded()
    writer.open(EXPIRY_AT + 1)
    with pytest.raises(Contradiction, match="no such outage"):
        writer.outage(EXPIRY_AT + 1, EXPIRY_AT + 181)


def test_entry__older_than_a_beat_without_it__contradiction() -> None:
    writer = funded()
    writer.beat(EXPIRY_AT)
    with pytest.raises(Contradiction, match="beat that does not count it"):
        writer.deposit(LIAR, 1, EXPIRY_AT - 1)


@pytest.mark.parametrize("changes", [{"book": WORD}, {"seq": 3}, {"at": EXPIRY_AT - 1_000}])
def test_beat__not_of_this_book__contradiction(changes: dict[str, object]) -> None:
    writer = funded()
    honest = writer.beat(EXPIRY_AT)
    message = honest.message | changes
    lie = Beat(**message, signature=sign(SERVICE, digest(DOMAIN, "Beat", message)))
    with pytest.raises(Contradiction):
        writer.book.hear(lie)


def test_beat__by_a_stranger__contradiction() -> None:
    writer = funded()
    honest = writer.beat(EXPIRY_AT)
    with pytest.raises(Contradiction, match="not by the service"):
        writer.book.hear(replace(honest, signature=sign(OTHER, digest(DOMAIN, "Beat", honest.message))))


def test_beat__heard_late__must_fit_where_it_belongs() -> None:
    writer = funded()
    beat = writer.beat(EXPIRY_AT)
    writer.deposit(LIAR, 1, EXPIRY_AT + 10)
    writer.book.hear(beat)
    message = beat.message | {"at": EXPIRY_AT + 11}
    with pytest.raises(Contradiction, match="last entry then"):
        writer.book.hear(Beat(**message, signature=sign(SERVICE, digest(DOMAIN, "Beat", message))))
