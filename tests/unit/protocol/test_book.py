"""The fold of the whole book: balances, electorates and finals come out of the entries alone."""

import copy
import json

import pytest

from protocol.book import Book, Contradiction, PricesNeeded, UnknownExpiry
from protocol.entry import Beat, Entry
from protocol.signing import address_of
from protocol.stages import DecidedBy, Stage
from protocol.terms import ETHER, Terms
from tests.unit.protocol.story import (
    CROWD,
    DAY,
    DOMAIN,
    EXPIRY_AT,
    LIAR,
    PRICE,
    REPORTERS,
    SERVICE,
    TERMS,
    VOTERS,
    WRONG,
)
from tests.unit.protocol.writer import DELAY, Writer, as_json, feed, hidden

SHORT = Terms(
    report_window=50, challenge_window=50, commit_window=50, reveal_window=50, ruling_window=50,
    arbitration_bond=ETHER, service=TERMS.service, guardians=TERMS.guardians, guardian_threshold=2,
)  # fmt: skip
PEOPLE = [*REPORTERS, LIAR, *CROWD, *VOTERS]


def snapshot(book: Book) -> object:
    """Everything that two folds of one book must agree on."""
    accounts = {
        who: (b.free, b.stake, b.unbonding, b.withdrawing, tuple(b.changes))
        for who in map(address_of, PEOPLE)
        for b in [book.accounts.of(who)]
    }
    states = {id_: (repr(e.state), e.head, e.payouts_root, e.outcome) for id_, e in book.expiries.items()}
    return accounts, book.accounts.treasury, dict(book.accounts.locked), states, book.hashes


def funded(terms: tuple[Terms, ...] = (SHORT,)) -> Writer:
    """Everybody has 100 ether, voters stake 30 of it, long before the expiry; the service never fell silent."""
    writer = Writer(terms)
    start = EXPIRY_AT - 60
    for who in PEOPLE:
        writer.deposit(who, 100 * ETHER, start)
    for who in VOTERS:
        writer.move("Stake", who, 30 * ETHER, start + 1)
    return writer


def reported(writer: Writer, expiry: str | None = None, at: int = EXPIRY_AT + 2) -> int:
    writer.open(at, expiry, reward=ETHER)
    for who in REPORTERS:
        writer.report(who, PRICE, ETHER, at + 1, expiry)
    return at + 50  # reporting closes


def disputed(writer: Writer, expiry: str | None = None, at: int = EXPIRY_AT + 2) -> int:
    """A claim at the arbitration bond opens the first ballot at once."""
    at = reported(writer, expiry, at) + 1
    writer.pledge(LIAR, 1, WRONG, ETHER, at, expiry)
    return at


def voted(writer: Writer) -> int:
    at = disputed(writer)
    for who in VOTERS[:2]:
        writer.commit(who, PRICE, at + 1)
    for who in VOTERS[:2]:
        writer.reveal(who, PRICE, at + 50)
    return at + 100  # the ballot closes


def test_silence__three_reports__pays_at_the_deadline() -> None:
    writer = funded()
    closes = reported(writer) + 50
    writer.beats_until(closes)
    expiry = writer.book.expiries[writer.expiry]
    assert (expiry.state.stage, expiry.state.decided_by, expiry.state.final_at) == (
        Stage.FINAL, DecidedBy.SILENCE, closes,
    )  # fmt: skip
    free = [writer.book.accounts.of(address_of(who)).free for who in REPORTERS]
    assert sum(free) == 301 * ETHER
    assert max(free) - min(free) <= 1
    assert writer.book.accounts.locked == {}
    writer.book.accounts.assert_conserved()


def test_vote__dispute_at_the_arbitration_bond__moves_every_wei() -> None:
    writer = funded()
    closes = voted(writer)
    writer.settle(closes)
    book = writer.book
    assert book.expiries[writer.expiry].state.decided_by is DecidedBy.VOTE
    assert book.accounts.of(address_of(LIAR)).free == 99 * ETHER
    absent = SHORT.absent_slash_ppm * 30 * ETHER // 10**6
    assert book.accounts.of(address_of(VOTERS[2])).stake == 30 * ETHER - absent
    assert book.accounts.of(address_of(VOTERS[0])).stake == 30 * ETHER + ETHER // 20  # half of half of the fee
    assert book.accounts.treasury == absent + ETHER // 10
    book.accounts.assert_conserved()


def test_log__followed_by_somebody_else__gives_the_same_book() -> None:
    writer = funded((SHORT, SHORT))
    closes = voted(writer)
    writer.settle(closes)
    writer.beat(closes + 1)
    assert snapshot(writer.replayed()) == snapshot(writer.book)


def test_log__as_json__gives_the_same_book() -> None:
    writer = funded()
    writer.settle(voted(writer))
    book = writer.follower()
    for item in writer.log:
        assert isinstance(item, Entry)
        book.apply(Entry.from_json(json.loads(json.dumps(as_json(item)))))
    assert snapshot(book) == snapshot(writer.book)


def test_log__reports_sealed__asks_for_prices_and_goes_on() -> None:
    writer = funded()
    writer.settle(voted(writer))
    book, asked = writer.follower(), 0
    reports = [item for item in writer.log if isinstance(item, Entry) and item.kind == "Report"]
    for item in writer.log:
        try:
            feed(book, hidden(item))
        except PricesNeeded as needed:
            asked += 1
            for report in reports:
                book.unseal(needed.expiry, report.message)
            feed(book, hidden(item))
    assert asked == 1
    assert snapshot(book) == snapshot(writer.book)


def test_unseal__another_price_than_was_signed__contradiction() -> None:
    writer = funded()
    reported(writer)
    book = writer.replayed(hide_reports=True)
    report = next(item for item in writer.log if isinstance(item, Entry) and item.kind == "Report")
    with pytest.raises(Contradiction, match="was never taken"):
        book.unseal(writer.expiry, report.message | {"price": PRICE + 1})


def test_unseal__price_beyond_the_bounds__contradiction() -> None:
    writer = funded()
    writer.open(EXPIRY_AT + 2)
    good = writer.report(REPORTERS[0], PRICE, ETHER, EXPIRY_AT + 3)
    lie = Writer((SHORT,))
    lie.log = writer.log[:-1]
    lie.book = lie.replayed()
    lie.heads[lie.expiry] = lie.book.expiries[lie.expiry].head
    report = lie.entry("Report", good.message | {"price": 10**30}, [REPORTERS[0]], EXPIRY_AT + 3)
    lie.book.apply(hidden(report))  # type: ignore[arg-type]
    with pytest.raises(Contradiction, match="price_out_of_bounds"):
        lie.book.unseal(lie.expiry, report.message)


def test_unknown_expiry__listed_then__applies() -> None:
    writer = funded()
    writer.open(EXPIRY_AT + 2)
    book = Book(DOMAIN, address_of(SERVICE), DELAY)
    for item in writer.log[:-1]:
        feed(book, item)
    with pytest.raises(UnknownExpiry) as unknown:
        feed(book, writer.log[-1])
    assert unknown.value.expiry == writer.expiry
    assert book.list_expiry(*writer.listings[0]) == writer.expiry
    feed(book, writer.log[-1])
    assert snapshot(book) == snapshot(writer.book)


def test_order__two_expiries_due_between_entries__earlier_deadline_pays_first() -> None:
    """The first final cuts stake, so the second electorate, taken later, is smaller by it."""
    writer = funded((SHORT, SHORT))
    first, second = writer.expiries
    at = disputed(writer, first)
    writer.commit(VOTERS[0], PRICE, at + 1, first)
    writer.open(at + 2, second)
    writer.report(REPORTERS[0], PRICE, ETHER, at + 3, second)  # too few: extended twice, then a ballot
    writer.reveal(VOTERS[0], PRICE, at + 50, first)
    writer.beats_until(at + 152)
    assert writer.book.expiries[first].state.final_at == at + 100
    weights = writer.book.expiries[second].record.electorate()
    held = writer.book.accounts.of(address_of(VOTERS[2])).stake
    assert weights[address_of(VOTERS[2])] == held < 30 * ETHER
    assert snapshot(writer.replayed()) == snapshot(writer.book)


def test_electorate__another_unfinished_expiry__takes_its_worst_cut_off() -> None:
    writer = funded((SHORT, SHORT))
    first, second = writer.expiries
    disputed(writer, first)
    disputed(writer, second, EXPIRY_AT + 60)
    weights = [writer.book.expiries[each].record.electorate()[address_of(VOTERS[0])] for each in (first, second)]
    assert weights == [30 * ETHER, 30 * ETHER - 3 * 3 * ETHER]


def test_electorate__staked_after_the_expiry_instant__has_no_weight() -> None:
    writer = funded()
    writer.move("Stake", CROWD[0], 10 * ETHER, EXPIRY_AT)
    disputed(writer)
    assert address_of(CROWD[0]) not in writer.book.expiries[writer.expiry].record.electorate()


def test_unstake__locked_by_a_ballot__contradiction() -> None:
    writer = funded()
    at = disputed(writer)
    with pytest.raises(Contradiction, match="stake_locked"):
        writer.move("Unstake", VOTERS[0], 1, at + 1)


def test_unstake__delay_over__is_free_in_the_second_it_is_due() -> None:
    writer = funded()
    writer.move("Unstake", VOTERS[0], 30 * ETHER, EXPIRY_AT - 50)
    due, account = EXPIRY_AT - 50 + DELAY, address_of(VOTERS[0])
    writer.book.pass_time(due - 1)
    assert (writer.book.accounts.of(account).free, writer.book.accounts.of(account).unbonding) == (
        70 * ETHER, 30 * ETHER,
    )  # fmt: skip
    writer.book.pass_time(due)
    assert writer.book.accounts.of(account).free == 100 * ETHER
    writer.book.accounts.assert_conserved()


@pytest.mark.parametrize(
    ("kind", "amount", "code"),
    [
        ("Stake", 101 * ETHER, "insufficient_balance"),
        ("Withdrawal", 101 * ETHER, "insufficient_balance"),
        ("Unstake", 1, "insufficient_stake"),
        ("Stake", 0, "malformed"),
        ("Unstake", 0, "malformed"),
        ("Withdrawal", 0, "malformed"),
    ],
)
def test_account_act__not_covered__contradiction(kind: str, amount: int, code: str) -> None:
    writer = funded()
    with pytest.raises(Contradiction, match=code):
        writer.move(kind, LIAR, amount, EXPIRY_AT)


def test_report__bond_not_covered__contradiction() -> None:
    writer = Writer((SHORT,))
    writer.deposit(LIAR, ETHER - 1, EXPIRY_AT)
    writer.open(EXPIRY_AT + 2)
    with pytest.raises(Contradiction, match="insufficient_balance"):
        writer.report(LIAR, PRICE, ETHER, EXPIRY_AT + 3)


def test_pledge__released_by_a_fill__is_free_again() -> None:
    writer = funded((TERMS,))
    at = reported(writer) - 50 + DAY
    writer.beats_until(at)
    other = 2_100 * 10**18
    writer.pledge(CROWD[0], 1, other, ETHER, at + 1)
    writer.pledge(LIAR, 1, WRONG, 99 * ETHER, at + 2)  # fills
    assert writer.book.accounts.of(address_of(CROWD[0])).free == 99 * ETHER  # open still
    writer.beats_until(at + 2 + DAY)
    assert writer.book.accounts.of(address_of(CROWD[0])).free == 100 * ETHER
    writer.book.accounts.assert_conserved()


def test_ruling__empty_electorate__pays_by_the_guardians() -> None:
    writer = Writer((SHORT,))
    for who in REPORTERS:
        writer.deposit(who, 2 * ETHER, EXPIRY_AT)
    at = reported(writer)
    writer.deposit(LIAR, ETHER, at)
    writer.pledge(LIAR, 1, WRONG, ETHER, at + 1)
    assert writer.book.expiries[writer.expiry].state.stage is Stage.RULING
    writer.rule(PRICE, at + 2)
    writer.settle(at + 2)
    assert writer.book.expiries[writer.expiry].state.decided_by is DecidedBy.RULING
    assert snapshot(writer.replayed()) == snapshot(writer.book)
    writer.book.accounts.assert_conserved()


def test_outage__every_open_expiry_gets_one__moves_deadlines() -> None:
    writer = funded((SHORT, SHORT))
    closes = reported(writer)
    writer.book.pass_time(closes)
    writer.beat(closes + 10)
    writer.outage(closes + 10, closes + 1_010)
    assert writer.book.expiries[writer.expiry].state.deadline == closes + 50 + 1_000
    writer.deposit(LIAR, 1, closes + 1_011)
    assert snapshot(writer.replayed()) == snapshot(writer.book)


def test_outage__due_before_the_silence__is_final_without_one() -> None:
    """Nobody noticed the deadline before the service went away: it had passed all the same."""
    writer = funded()
    closes = reported(writer) + 50
    writer.beats_until(closes - 1)
    writer.beat(closes)
    back = closes + 5_000
    final = writer.book.expiries[writer.expiry]
    writer.book.pass_time(closes)
    writer.add("Final", writer.result("Final", writer.expiry), [SERVICE], back)
    assert final.state.final_at == closes
    writer.deposit(LIAR, 1, back)
    assert snapshot(writer.replayed()) == snapshot(writer.book)


def test_outage__electorate_owed_from_before__may_stand_ahead_of_it() -> None:
    terms = Terms(**{name: getattr(SHORT, name) for name in SHORT.__dataclass_fields__} | {"report_extensions": 0})
    writer = funded((terms,))
    writer.open(EXPIRY_AT + 2)
    closes = EXPIRY_AT + 52  # too few reports: a ballot
    writer.beat(closes)
    back = closes + 5_000
    book = writer.follower()
    writer.book.pass_time(closes)
    writer.add("Electorate", writer.result("Electorate", writer.expiry), [SERVICE], back)
    writer.outage(closes, back)
    writer.deposit(LIAR, 1, back)
    for item in writer.log:
        feed(book, item)
    assert book.expiries[writer.expiry].state.deadline == closes + 50 + 5_000
    assert snapshot(book) == snapshot(writer.book)


def test_pass_time__called_at_any_time_it_was_heard__changes_nothing() -> None:
    writer = funded()
    writer.settle(voted(writer))
    book = writer.follower()
    for item in writer.log:
        feed(book, item)
        book.pass_time(item.at)
    assert snapshot(book) == snapshot(writer.book)


def test_beats__between_entries__are_heard() -> None:
    writer = funded()
    closes = reported(writer) + 50
    writer.beats_until(closes)
    assert any(isinstance(item, Beat) for item in writer.log)
    again = copy.copy(writer.replayed())
    assert again.last_sign == closes
