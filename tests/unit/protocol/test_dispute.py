"""The dry run against the law itself: a simulated claim that is really filled and won pays what was simulated."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from protocol.acts import Opened, Pledge, Report
from protocol.arithmetic import Stake, agree, piles_of, required
from protocol.dispute import Quote, net, probability, quote, rounds_ahead
from protocol.horizon import Unbounded, horizon
from protocol.materiality import Value, farthest, moved_to_p, value_of
from protocol.payouts import pay_stakes, settle
from protocol.record import MemoryRecord
from protocol.resolution import State, judge, pass_time
from protocol.security import security
from protocol.stages import DecidedBy, Stage
from protocol.terms import ETHER, PPM, Index, Terms
from protocol.value_secured import ETH
from tests.unit.protocol.test_promises import prices, some_terms

Fold = tuple[State, MemoryRecord]


def disputed(terms: Terms, reports: list[tuple[int, int]], claims: list[int]) -> Fold:
    """Reports (price, bond), then claims at these prices, each filled by an account of its own."""
    state, record = State(Index(1, 2_000), terms, 0), MemoryRecord()
    assert judge(state, record, Opened(terms.report_delay, 0, 7)).refusal is None
    for number, (price, bond) in enumerate(reports):
        bond = min(max(bond, state.terms.min_report_bond), state.terms.max_report_bond)
        assert (
            judge(state, record, Report(terms.report_delay, f"reporter {number}", price, bond)).refusal
            is None
        )
    assert state.deadline is not None
    pass_time(state, record, state.deadline)
    for number, price in enumerate(claims):
        if state.stage is Stage.CHALLENGE:
            judge(
                state, record, Pledge(state.judged_at, f"claimant {number}", state.round + 1, price, 10**30)
            )
    return state, record


@st.composite
def disputes(draw: st.DrawFn) -> tuple[Fold, int]:
    """An expiry in CHALLENGE and a price that may be bonded against the standing one."""
    reports = draw(st.lists(st.tuples(prices, st.integers(1, 60)), min_size=3, max_size=6))
    state, record = disputed(draw(some_terms()), reports, draw(st.lists(prices, max_size=3)))
    price = draw(prices)
    assume(state.stage is Stage.CHALLENGE and state.standing is not None)
    assert state.standing is not None
    assume(not agree(price, state.standing, state.terms.tolerance_ppm))
    return (state, record), price


def simulate(fold: Fold, price: int) -> Quote:
    state, record = fold
    claim = record.claim_at(price)
    bond = claim.required if claim and claim.round == state.round else None
    return quote(state, piles_of(record.stakes()), price, pledged=claim.pledged if claim else 0, bond=bond)


@given(disputes())
def test_quote__then_really_filled_and_won__pays_exactly_the_simulated_gain(found: tuple[Fold, int]) -> None:
    fold, price = found
    state, record = fold
    foretold = simulate(fold, price)
    verdict = judge(state, record, Pledge(state.judged_at, "me", state.round + 1, price, foretold.left))
    assert (verdict.refusal, verdict.staked) == (None, foretold.at_risk)
    assert state.standing == price, "the claim is filled to the wei"
    assert (state.stage is not Stage.CHALLENGE) == foretold.rounds[0].opens_ballot
    assume(state.stage is Stage.CHALLENGE)
    assert state.deadline is not None
    pass_time(state, record, state.deadline)
    assert state.price == price
    assert settle(state, record).payouts["me"] == foretold.at_risk + foretold.gain


@given(disputes(), prices)
def test_net__of_any_final_price__is_what_settling_at_it_pays(found: tuple[Fold, int], answer: int) -> None:
    fold, price = found
    state, record = fold
    foretold = simulate(fold, price)
    judge(state, record, Pledge(state.judged_at, "me", state.round + 1, price, foretold.left))
    # What it is worth if the answer to it stands in the end: with these stakes and no others.
    assume(state.stage is Stage.CHALLENGE)
    before = record.stakes()
    others = piles_of(stake for stake in before if stake.account != "me")
    value = net(state, others, price, answer, foretold.at_risk)
    state.stage, state.price, state.decided_by = Stage.FINAL, answer, "silence"  # type: ignore[assignment]
    assert settle(state, record).payouts["me"] == foretold.at_risk + value


@given(some_terms(), st.lists(st.tuples(prices, st.integers(1, 9), st.booleans()), max_size=12), prices, prices)
def test_net__stakes_that_are_alike_and_others_on_the_claim__is_what_the_law_pays_the_last(
    terms: Terms, placed: list[tuple[int, int, bool]], price: int, final: int
) -> None:
    """By the function that pays (PROTOCOL 6), which divides among stakes one by one."""
    stakes = [Stake("somebody", *each) for each in (*placed, *placed[::2])]
    state = State(Index(1, 2_000), terms, 0, decided_by=DecidedBy.SILENCE)
    for of_others in (0, 7):
        others = [Stake("others", price, of_others, is_pledge=True)] if of_others else []
        everyone = [*stakes, *others, Stake("me", price, 5, is_pledge=True)]
        judged = any(agree(stake.price, final, terms.tolerance_ppm) for stake in everyone)
        paid, _, _ = pay_stakes(state, final, everyone, judged)
        mine = sum(part for account, part in paid if account == "me")
        assert net(state, piles_of(stakes), price, final, 5, of_others=of_others) == mine - 5


@given(some_terms(), st.lists(st.tuples(prices, st.integers(1, 9), st.booleans()), max_size=12), prices)
def test_rounds_ahead__stakes_that_are_alike__begins_with_what_a_claim_requires(
    terms: Terms, placed: list[tuple[int, int, bool]], price: int
) -> None:
    stakes = [Stake("somebody", *each) for each in (*placed, *placed)]
    state = State(Index(1, 2_000), terms, 0, round=2, standing=1_000)
    assert rounds_ahead(state, piles_of(stakes), price)[0].required == required(price, stakes, 2, terms)


@given(disputes())
def test_quote__break_even__is_where_the_bet_is_worth_nothing(found: tuple[Fold, int]) -> None:
    quoted = simulate(*found)
    chance = Fraction(quoted.break_even.numerator, quoted.break_even.denominator)
    assert chance * quoted.gain == (1 - chance) * quoted.at_risk
    assert Fraction(quoted.break_even.ppm - 1, PPM) < chance <= Fraction(quoted.break_even.ppm, PPM)


@given(disputes())
def test_quote__its_rounds__are_what_the_law_asks_for_when_they_come(found: tuple[Fold, int]) -> None:
    fold, price = found
    state, record = fold
    for ahead in simulate(fold, price).rounds:
        assert state.stage is Stage.CHALLENGE
        assert ahead.round == state.round + 1
        account = f"side {ahead.round}"
        claim = record.claim_at(ahead.price)
        pledged = claim.pledged if claim else 0
        verdict = judge(state, record, Pledge(state.judged_at, account, ahead.round, ahead.price, 10**30))
        assert verdict.staked + pledged == ahead.required
        assert (state.stage is not Stage.CHALLENGE) == ahead.opens_ballot


def test_quote__part_of_the_bond__shares_the_gain_with_who_fills_the_rest() -> None:
    state, record = disputed(Terms(), [(1_000, ETHER)] * 3, [])
    whole = quote(state, piles_of(record.stakes()), 900)
    half = quote(state, piles_of(record.stakes()), 900, amount=whole.required // 2)
    assert whole.at_risk == whole.required == 32 * ETHER // 10
    assert (half.at_risk, half.left) == (whole.at_risk // 2, whole.left)
    assert half.gain == whole.gain // 2
    assert half.break_even == whole.break_even


def test_probability__of_nothing__is_0() -> None:
    assert probability(0, 0).ppm == 0


def test_moved_to_p__the_worked_example__is_95_57_eth_from_n_to_p() -> None:
    """EXPERIENCE 1.2: S = 3000, standing 3512.45, counter 3480.00, 12,000 units open."""
    moved = moved_to_p(12_000 * ETHER, 3_000 * ETHER, 351_245 * 10**16, 3_480 * ETHER)
    assert moved // 10**16 == 9557
    assert moved_to_p(12_000 * ETHER, 3_000 * ETHER, 3_480 * ETHER, 351_245 * 10**16) == -moved


@pytest.mark.parametrize("before, after", [(2_900, 3_000), (3_000, 1), (3_000, 3_000)])
def test_moved_to_p__both_prices_at_most_the_strike__nothing(before: int, after: int) -> None:
    assert moved_to_p(12_000 * ETHER, 3_000 * ETHER, before * ETHER, after * ETHER) == 0


def test_value_of__eth_a_rated_and_an_unrated_token__counts_what_has_a_rate_and_names_the_rest() -> None:
    rated, unrated, idle, nought = ("0x" + digit * 40 for digit in "abcd")
    moved = [(ETH, -3), (rated, 10), (unrated, 7), (unrated, -8), (idle, 0), (nought, 1)]
    found = value_of(moved, {rated: ETHER // 2, nought: 0})
    assert found == Value(3 + 5, {unrated: 15, nought: 1})
    assert found.wei is None
    assert value_of(moved[:2], {rated: ETHER // 2}).wei == 8
    assert value_of([], {}).wei == 0


@given(
    st.builds(Index, st.integers(1, 10**4), st.integers(10**5, 10**30), st.integers(1, 9_000)),
    st.integers(1, 10**5),
    st.lists(st.tuples(st.integers(1, 10**6), st.integers(0, 10**24)), max_size=5),
    st.data(),
)
def test_farthest__any_series__nowhere_else_moves_more(
    index: Index, standing: int, series: list[tuple[int, int]], data: st.DataObject
) -> None:
    def moved(price: int) -> int:
        return sum(abs(moved_to_p(units, strike, standing, price)) for strike, units in series)

    found = farthest(index, standing, [strike for strike, _ in series])
    for price in found:
        assert index.min_price <= price <= index.max_price
        assert price % index.tick == 0
    ticks = st.integers(-(-index.min_price // index.tick), index.max_price // index.tick)
    assert moved(data.draw(ticks) * index.tick) <= max(map(moved, found))


def test_farthest__a_strike_below_the_price__is_named_before_the_bound() -> None:
    assert farthest(Index(1, 10**27, 5), 2_500, [2_003, 3_000]) == [2_000, 5, 10**27]
    assert farthest(Index(1, 10**27), 2_500, [3_000]) == [1, 10**27]
    assert farthest(Index(2_100, 9_000), 2_500, [2_000]) == [2_100, 9_000]


@pytest.mark.parametrize(
    ("gain", "more", "margin", "could_pay"),
    [
        (0, False, 682, False),
        (682, False, 0, False),
        (700, False, -18, True),
        (0, True, None, None),
        (700, True, None, True),
    ],
)
def test_security__what_cannot_be_counted__leaves_no_margin(
    gain: int, more: bool, margin: int | None, could_pay: bool | None
) -> None:
    state, record = disputed(Terms(), [(1_000, ETHER)] * 3, [])
    tenth = ETHER // 10
    found = security(
        state, piles_of(record.stakes()), 900, electorate=100 * ETHER, gain=gain * tenth, more=more
    )
    assert found is not None
    assert (found.margin, found.could_pay) == (None if margin is None else margin * tenth, could_pay)


def test_security__of_a_price_that_is_answered__adds_bonds_to_the_ballot_and_the_stake_to_win_it() -> None:
    # The liar's 2 x 3 - 0 is capped at 3.2 and opens the ballot at once.
    state, record = disputed(Terms(), [(1_000, ETHER)] * 3, [])
    found = security(state, piles_of(record.stakes()), 900, electorate=100 * ETHER, gain=70 * ETHER)
    assert found is not None
    assert (found.bonds, found.answers, found.stake) == (32 * ETHER // 10, 0, 65 * ETHER)
    assert (found.cost, found.margin) == (682 * ETHER // 10, -18 * ETHER // 10)
    # With a cap out of reach each side answers the other: 6, then 2 x 6 - 3, 2 x (3 + 9) - 6, ... up to 100.
    state.terms = Terms(arbitration_bond=100 * ETHER)
    found = security(state, piles_of(record.stakes()), 900, electorate=0, gain=0)
    assert found is not None
    assert (found.bonds, found.answers) == ((6 + 18 + 72) * ETHER, (9 + 36 + 100) * ETHER)


def test_security__where_no_price_stands__none() -> None:
    state = State(Index(1, 2_000), Terms(), 0)
    assert security(state, [], 900, electorate=0, gain=0) is None


def test_horizon__undisputed__is_the_end_of_the_two_windows() -> None:
    state = State(Index(1, 2_000), Terms(), 1_000)
    found = horizon(state, now=0, voters=True, revealed=False)
    assert found.undisputed == found.earliest == 1_000 + 2 * 86_400
    assert found.unbounded is Unbounded.OPENING_WAITS
    assert found.latest == 1_000 + 3 * 86_400 + 6 * 86_400 + 3 * 3 * 86_400 + 604_800  # T_max
