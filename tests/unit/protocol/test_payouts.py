"""Who gets what (PROTOCOL 6), with the peers' rules where ours can mirror them (peers.md)."""

from collections.abc import Iterable
from dataclasses import replace

import pytest

from protocol.acts import Commit, Pledge, Report, Reveal
from protocol.payouts import Outcome, settle
from protocol.record import Claim, MemoryRecord
from protocol.resolution import State
from protocol.stages import DecidedBy, Stage
from protocol.terms import ETHER, Index, Terms

RIGHT, NEAR, WRONG = 2_500, 2_501, 2_000
TERMS = Terms(min_pledge=1, min_challenge_bond=1)


def final(
    decided_by: DecidedBy,
    price: int = RIGHT,
    reports: Iterable[tuple[str, int, int]] = (),
    pledges: Iterable[tuple[str, int, int]] = (),
    terms: Terms = TERMS,
    reward: int = 0,
    ballots: Iterable[dict[str, int | None]] = (),
    electorate: dict[str, int] | None = None,
) -> Outcome:
    """Settle an expiry of these stakes and votes; a vote of None was committed and never revealed."""
    record = MemoryRecord(lambda at: electorate or {})
    for account, at_price, bond in reports:
        record.add_report(Report(0, account, at_price, bond))
    for account, at_price, amount in pledges:
        claim = Claim(at_price, amount, 0, amount)
        record.add_pledge(Pledge(0, account, 1, at_price, amount), amount, claim)
        record.fill(claim)
    state = State(Index(1, 10**6), terms, 0, Stage.FINAL, price=price, decided_by=decided_by, reward=reward)
    for state.ballot, votes in enumerate(ballots, 1):
        record.take_electorate(0)
        for account, vote in votes.items():
            record.add_commit(Commit(0, account, state.ballot, "c"))
            if vote is not None:
                record.add_reveal(Reveal(0, account, state.ballot, vote, "c"))
    return settle(state, record)


def test_settle__two_sides_doubling__winner_gains_forty_percent_as_augurs() -> None:
    """Augur: after bonds of 1, 2, 3 the right side, which put up 4, takes 2 less 20 %."""
    outcome = final(
        DecidedBy.SILENCE, reports=[("a", RIGHT, ETHER)], pledges=[("b", WRONG, 2 * ETHER), ("c", RIGHT, 3 * ETHER)]
    )
    assert outcome.payouts == {"a": ETHER * 14 // 10, "b": 0, "c": ETHER * 42 // 10}
    assert outcome.treasury == ETHER * 4 // 10


def test_settle__fee_of_half__winner_gets_half_of_the_losers_bond_as_umas() -> None:
    """UMA: the winner of a dispute is paid half of the loser's bond, the store the other half."""
    half = replace(TERMS, fee_ppm=500_000)
    lost = final(DecidedBy.SILENCE, WRONG, [("proposer", RIGHT, ETHER)], [("disputer", WRONG, 2 * ETHER)], half)
    assert lost.payouts == {"proposer": 0, "disputer": 2 * ETHER + ETHER // 2}
    assert lost.treasury == ETHER // 2
    won = final(DecidedBy.SILENCE, RIGHT, [("proposer", RIGHT, ETHER)], [("disputer", WRONG, 2 * ETHER)], half)
    assert won.payouts == {"proposer": 2 * ETHER, "disputer": 0}
    assert won.treasury == ETHER


def test_settle__no_fee__right_answerer_gets_what_the_wrong_put_up_as_realitys() -> None:
    outcome = final(
        DecidedBy.SILENCE, pledges=[("x", WRONG, 1), ("y", 1_500, 2), ("z", RIGHT, 4)], terms=replace(TERMS, fee_ppm=0)
    )
    assert outcome.payouts == {"x": 0, "y": 0, "z": 7}
    assert outcome.treasury == 0


def test_settle__wrong_and_absent_voters__slashed_a_thousandth_as_umas() -> None:
    terms = replace(TERMS, wrong_slash_ppm=1_000, unrevealed_slash_ppm=1_000, absent_slash_ppm=1_000)
    voters = {"right": 10_000, "wrong": 10_000, "hidden": 10_000, "absent": 10_000}
    outcome = final(
        DecidedBy.VOTE, reports=[("a", RIGHT, 100)], terms=terms, electorate=voters,
        ballots=[{"right": RIGHT, "wrong": WRONG, "hidden": None}],
    )
    assert outcome.stake_changes == {"right": 20, "wrong": -10, "hidden": -10, "absent": -10}
    assert outcome.treasury == 10  # the cut for absence: nobody gains by keeping others away


def test_settle__reward__over_right_reports_by_bond() -> None:
    outcome = final(
        DecidedBy.SILENCE, reports=[("a", RIGHT, 1), ("b", NEAR, 2), ("c", WRONG, 3)], pledges=[("p", RIGHT, 3)],
        reward=100, terms=replace(TERMS, fee_ppm=0),
    )
    assert outcome.payouts == {"a": 1 + 1 + 33, "b": 2 + 1 + 67, "c": 0, "p": 3 + 1}


def test_settle__no_right_report__reward_to_the_treasury() -> None:
    outcome = final(DecidedBy.SILENCE, reports=[("c", WRONG, 3)], pledges=[("p", RIGHT, 6)], reward=100)
    assert (outcome.payouts, outcome.treasury) == ({"c": 0, "p": 9}, 100)


@pytest.mark.parametrize("decided_by", [DecidedBy.RULING, DecidedBy.DEFAULT])
def test_settle__decided_without_a_vote__loses_the_fee_only_and_nobody_gains(decided_by: DecidedBy) -> None:
    outcome = final(
        decided_by, reports=[("a", RIGHT, 11), ("b", WRONG, 14)], pledges=[("c", WRONG, 19)], reward=7,
        ballots=[{"v": RIGHT, "w": None}], electorate={"v": 100, "w": 100, "x": 1_000},
    )
    assert outcome.payouts == {"a": 11, "b": 12, "c": 16}  # a fifth of 14 and of 19, each rounded down
    assert outcome.stake_changes == {"v": 0, "w": -10, "x": -5}
    assert outcome.treasury == 2 + 3 + 7 + 10 + 5


def test_settle__vote_for_a_price_nobody_staked_on__not_judged() -> None:
    outcome = final(
        DecidedBy.VOTE, 1_000, reports=[("a", RIGHT, 10)], ballots=[{"v": 1_000, "w": RIGHT}],
        electorate={"v": 100, "w": 100},
    )
    assert outcome.payouts == {"a": 8}
    assert outcome.stake_changes == {"v": 0, "w": -5}
    assert outcome.treasury == 2 + 5


def test_settle__two_ballots__cuts_for_each_and_the_last_ones_coherent_share() -> None:
    outcome = final(
        DecidedBy.VOTE, reports=[("a", RIGHT, 100), ("b", WRONG, 100)],
        ballots=[{"v": RIGHT, "w": WRONG}, {"v": WRONG, "w": RIGHT}], electorate={"v": 1_000, "w": 1_000},
    )
    assert outcome.stake_changes == {"v": -50, "w": -50 + 50 + 50 + 10}  # half of the fee of 20
    assert outcome.treasury == 10
    assert outcome.payouts == {"a": 180, "b": 0}


def test_settle__one_account_on_both_sides__judged_stake_by_stake() -> None:
    outcome = final(DecidedBy.SILENCE, reports=[("a", WRONG, 10)], pledges=[("a", RIGHT, 20)])
    assert (outcome.payouts, outcome.treasury) == ({"a": 28}, 2)


def test_settle__released_pledges__return_whole() -> None:
    record = MemoryRecord()
    record.add_report(Report(0, "a", RIGHT, 5))
    claim = Claim(WRONG, 100, 0, 7)
    record.add_pledge(Pledge(0, "p", 1, WRONG, 7), 7, claim)
    record.release([claim])
    state = State(Index(1, 10**6), TERMS, 0, Stage.FINAL, price=RIGHT, decided_by=DecidedBy.SILENCE)
    assert settle(state, record).payouts == {"p": 7, "a": 5}


def test_settle__before_final__raises() -> None:
    with pytest.raises(ValueError, match="final"):
        settle(State(Index(1, 10), TERMS, 0), MemoryRecord())
