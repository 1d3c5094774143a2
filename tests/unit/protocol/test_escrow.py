"""Leaves: what the escrow owes, as the sum of what entries did; and overlapping ballots, which may promise no more."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.accounts import Accounts
from protocol.escrow import Dues, Leaf, Statement
from protocol.merkle import EMPTY_ROOT, leaf
from protocol.payouts import Outcome
from protocol.reward import reward_account
from protocol.signing import address_of
from protocol.terms import ETHER, Terms
from tests.unit.protocol.story import LIAR, REPORTERS, VOTERS
from tests.unit.protocol.test_book import PEOPLE, disputed, funded, reported, voted
from tests.unit.protocol.writer import Writer, feed

TREASURY = "0x" + "7e" * 20
A, B = "0x" + "aa" * 20, "0x" + "bb" * 20


def leaves(writer: Writer, seq: int | None = None) -> dict[str, Leaf]:
    return writer.book.dues.leaves(writer.book.seq if seq is None else seq, TREASURY)


def assert_face_value(writer: Writer) -> None:
    """Everybody is entitled to all balances and all locks; together exactly to what was deposited."""
    book, found = writer.book, leaves(writer)
    accounts = book.accounts
    assert sum(each.entitled for each in found.values()) == accounts.came
    assert all(0 <= each.withdrawable <= each.entitled for each in found.values())
    staked: dict[str, int] = {}
    for expiry in book.expiries.values():
        if expiry.outcome is None:
            for placed in expiry.record._placed:
                staked[placed.stake.account] = staked.get(placed.stake.account, 0) + placed.stake.amount
            for account, amount in expiry.record.released():
                staked[account] -= amount
    for who in map(address_of, PEOPLE):
        entitled = found[who].entitled if who in found else 0
        assert entitled == accounts.of(who).total + staked.get(who, 0), who


def test_leaf__hash__is_the_law_s() -> None:
    found = Leaf(A, 1, 2, 3)
    assert found.hash == leaf(("address", "uint256", "uint256", "uint256"), (A, 1, 2, 3))
    with pytest.raises(ValueError, match="integer from 0"):
        _ = Leaf(A, -1, 2, 3).hash


def test_leaves__bonds_running__locks_count_at_face_value() -> None:
    writer = funded()
    closes = reported(writer)
    assert_face_value(writer)
    reward = leaves(writer)[reward_account(writer.expiry)]
    assert (reward.withdrawable, reward.entitled, reward.deposited) == (0, ETHER, ETHER)
    writer.settle(closes + 50)
    assert_face_value(writer)
    reward = leaves(writer)[reward_account(writer.expiry)]
    assert (reward.entitled, reward.deposited) == (0, ETHER), "paid to the right reports"


def test_leaves__through_a_ballot__stake_and_pledges_too() -> None:
    writer = funded()
    disputed(writer)
    assert_face_value(writer)
    writer = funded()
    writer.settle(voted(writer))
    assert_face_value(writer)
    found = leaves(writer)
    assert found[address_of(LIAR)].entitled < 100 * ETHER
    treasury = found[TREASURY]
    assert treasury.withdrawable == treasury.entitled == writer.book.accounts.treasury > 0


def test_leaves__withdrawal__stays_entitled_and_is_never_taken_back() -> None:
    writer = funded()
    who = address_of(REPORTERS[0])
    for amount in (3, 4):
        writer.move("Withdrawal", REPORTERS[0], amount, writer.book.times[-1])
    assert leaves(writer)[who] == Leaf(who, 7, 100 * ETHER, 100 * ETHER)


def test_leaves__at_every_earlier_entry__what_they_were_then() -> None:
    """An attestor that is past a proposal's entry builds the root of that entry all the same."""
    writer = funded()
    writer.settle(voted(writer))
    again = writer.follower()
    for item in writer.log:
        feed(again, item)
        assert again.dues.leaves(again.seq, TREASURY) == leaves(writer, again.seq)


def test_leaves__treasury_s_own_deposit__one_leaf_for_both() -> None:
    dues = Dues()
    dues.deposit(1, TREASURY, 10)
    dues.deposit(2, A, 5)
    dues.settle(3, Outcome({A: 3}, 2, {}), [(A, 5)])
    assert dues.leaves(3, TREASURY) == {
        TREASURY: Leaf(TREASURY, 2, 12, 10), A: Leaf(A, 0, 3, 5)
    }  # fmt: skip


def test_settle__a_wei_made__stops() -> None:
    with pytest.raises(AssertionError, match="makes 1 wei"):
        Dues().settle(1, Outcome({A: 6}, 0, {}), [(A, 5)])


def statement(count: int = 5) -> Statement:
    people = [f"0x{number:040x}" for number in range(1, count + 1)]
    return Statement(3, 100, 9, {a: Leaf(a, n, 2 * n, 3 * n) for n, a in enumerate(people)})


@pytest.mark.parametrize("count", [0, 1, 2, 3, 7, 64])
def test_statement__file_and_back__same_root_and_every_proof_holds(count: int) -> None:
    found = Statement.from_json(statement(count).to_json())
    assert found == statement(count)
    assert (found.root == EMPTY_ROOT) == (count == 0)
    for account, each in found.leaves.items():
        assert each.proves(found.root, found.proof(account))
        assert not replace(each, entitled=each.entitled + 1).proves(found.root, found.proof(account))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"root": "0x" + "11" * 32}, "its leaves give the root"),
        ({"epoch": 3}, "decimal string"),
        ({"leaves": [["0x" + "00" * 20, "1", "1", "-1"]]}, "decimal string"),
        ({"leaves": [[A, "1", "1", "1"], [A, "1", "1", "1"]]}, "twice"),
        ({"leaves": None}, "not the file of a root"),
        ({"leaves": [["0x1", "1", "1", "1"]]}, "40 lower-case hex digits"),
    ],
)
def test_statement__file_that_was_changed__is_refused(change: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Statement.from_json(statement().to_json() | change)


# ---------------------------------------------------------------- overlapping ballots

TERMS = [
    Terms(vote_retries=retries, wrong_slash_ppm=wrong, unrevealed_slash_ppm=2 * wrong)
    for retries, wrong in ((0, 50_000), (2, 100_000), (1, 250_000))
]


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2**32))
def test_overlapping_ballots__any_order__weights_promise_no_more_than_all_cuts_leave(seed: int) -> None:
    """Whatever is staked, unstaked, bound and cut in whatever order: no cut ever lacks its stake (PROTOCOL 1, 8)."""
    chance, accounts, people = random.Random(seed), Accounts(10), (A, B)  # noqa: S311
    bound: dict[str, Terms] = {}
    for at in range(60):
        who, amount = chance.choice(people), chance.randint(1, 1_000)
        match chance.randrange(5):
            case 0:
                accounts.deposit(who, amount)
                accounts.stake(who, amount, at)
            case 1:
                accounts.unstake(who, amount, at)
            case 2 | 3 if len(bound) < 5:
                expiry, terms = f"0x{at:064x}", chance.choice(TERMS)
                electorate = accounts.electorate(max(0, at - 5))
                for account, weight in electorate.items():
                    others = sum(duty.worst_cut for duty in accounts.duties(account))
                    assert 0 < weight <= accounts.of(account).stake - others
                accounts.bind(expiry, electorate, terms)
                bound[expiry] = terms
            case 4 if bound:
                _final(accounts, bound, chance, at)
        accounts.assert_conserved()
        for account in people:
            cuts = sum(duty.worst_cut for duty in accounts.duties(account))
            assert cuts <= accounts.of(account).stake, "a cut could lack its stake"


def _final(accounts: Accounts, bound: dict[str, Terms], chance: random.Random, at: int) -> None:
    """Some unfinished expiry ends, and cuts anything from nothing to the worst."""
    expiry = chance.choice(sorted(bound))
    del bound[expiry]
    duties = {who: held[expiry] for who, held in accounts._duties.items() if expiry in held}
    changes = {who: -chance.choice((0, duty.worst_cut // 2, duty.worst_cut)) for who, duty in duties.items()}
    accounts.settle(expiry, Outcome({}, -sum(changes.values()), changes), [], at)


def test_voters__of_the_story__are_in_the_root() -> None:
    assert {address_of(who) for who in VOTERS} <= set(leaves(funded()))
