"""Weights of voters and what they lock (PROTOCOL 1, `electorate`)."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from protocol.electorate import Duty, least_held, locked, weigh, worst_cut
from protocol.terms import Terms

changes_of = st.lists(st.integers(-50, 50), max_size=12)


@given(st.integers(0, 100), changes_of)
def test_least_held__any_changes__least_of_all_balances_of_the_span(begin: int, changes: list[int]) -> None:
    balances = [begin]
    for change in changes:
        balances.append(balances[-1] + change)
    assert least_held(balances[-1], changes) == min(balances)


def test_least_held__staked_inside_the_span__does_not_count() -> None:
    """Stake that came after the expiry instant is not seasoned, also not if it left and came back."""
    assert least_held(100, [100]) == 0
    assert least_held(100, [-60, 60]) == 40
    assert least_held(100, []) == 100


def test_weigh__duties_elsewhere__reduce_the_weight_by_their_worst_cut() -> None:
    least = {"0xbb": 100, "0xaa": 50, "0xcc": 7, "0xdd": 0}
    duties = {"0xbb": [Duty(90, 13), Duty(80, 12)], "0xcc": [Duty(7, 7)]}
    assert list(weigh(least, duties).items()) == [("0xaa", 50), ("0xbb", 75)]


def test_worst_cut__every_ballot_held__worst_slash_of_each() -> None:
    terms = replace(Terms(), vote_retries=2, unrevealed_slash_ppm=100_000)
    assert worst_cut(1_000, terms) == 300
    assert worst_cut(9, terms) == 0  # each ballot's cut is rounded down on its own


duties_of = st.lists(
    st.tuples(st.integers(1, 1_000), st.integers(0, 100)).map(lambda pair: (pair[0], pair[0] * pair[1] // 100)),
    max_size=6,
)


@given(st.integers(1, 1_000), duties_of)
def test_locked__duties_taken_one_after_the_other__no_more_than_held_and_pays_every_cut(
    held: int, wanted: list[tuple[int, int]]
) -> None:
    """Whoever holds the lock can lose every worst cut and still have voted with stake that was there."""
    duties: list[Duty] = []
    for part, _ in wanted:
        weight = weigh({"v": held}, {"v": duties}).get("v", 0)
        if weight:
            duties.append(Duty(weight, weight * min(part, 100) // 100))
    lock = locked(duties)
    assert lock <= held
    assert sum(duty.worst_cut for duty in duties) <= lock
    assert all(duty.weight <= lock for duty in duties)


def test_locked__no_duties__nothing() -> None:
    assert locked([]) == 0
