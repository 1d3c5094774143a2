"""Whoever follows the book comes to the database's balances, electorates and prices, from what is published alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from oracle.models import Expiry
from oracle.services.opening import open_expiry
from oracle.services.time import beat, pass_time
from protocol.terms import Terms
from tests.cast import ETHER, person
from tests.db.conftest import GUARDIANS
from tests.flows.conftest import VOTERS, list_short_expiry
from tests.flows.following import assert_followed, follower
from tests.flows.story import LIE, OPENS_AT, PRICE, WINDOW, tick_along
from tests.flows.test_ballot import rule

CHALLENGE = OPENS_AT + WINDOW


def report_all(expiry: Expiry, at: int = OPENS_AT + 1) -> None:
    for name in ("alice", "bob", "carol"):
        assert person(name).report(expiry.id, PRICE, ETHER, at).refusal is None


def test_follower__silence__same_book(opened: Expiry) -> None:
    report_all(opened)
    tick_along(OPENS_AT + 1, OPENS_AT + 2 * WINDOW + 10)
    book = assert_followed(OPENS_AT + 2 * WINDOW + 10)
    assert book.expiries[opened.id].state.price == PRICE


def test_follower__claims_ballot_and_unstaking__same_book(opened: Expiry) -> None:
    report_all(opened)
    assert person("vera").unstake(ETHER, OPENS_AT + 2).refusal is None
    assert person("dave").stake(7 * ETHER, OPENS_AT + 3).refusal is None
    tick_along(OPENS_AT + 3, CHALLENGE)
    assert person("erin").pledge(opened.id, 1, PRICE * 2, ETHER, CHALLENGE).refusal is None
    assert person("mallory").pledge(opened.id, 1, LIE, 50 * ETHER, CHALLENGE + 1).refusal is None
    assert_followed(CHALLENGE + 1)
    for name in VOTERS[:2]:
        assert person(name).commit(opened.id, 1, PRICE, CHALLENGE + 2).refusal is None
    tick_along(CHALLENGE + 2, CHALLENGE + 1 + WINDOW)
    assert person("vera").reveal(opened.id, 1, PRICE, CHALLENGE + 1 + WINDOW).refusal is None
    tick_along(CHALLENGE + 1 + WINDOW, CHALLENGE + 9 * WINDOW)
    book = assert_followed(CHALLENGE + 9 * WINDOW)
    assert book.expiries[opened.id].outcome is not None


def test_follower__guardians_rule__same_book(opened: Expiry) -> None:
    report_all(opened)
    tick_along(OPENS_AT + 1, CHALLENGE)
    person("mallory").pledge(opened.id, 1, LIE, 50 * ETHER, CHALLENGE)
    end = CHALLENGE + 6 * WINDOW
    tick_along(CHALLENGE, end)
    assert rule(opened, LIE, GUARDIANS[:2], end) is None
    book = assert_followed(end)
    assert book.expiries[opened.id].state.price == LIE


@pytest.mark.parametrize("by", ["beat", "tick", "act"])
def test_follower__service_was_away__same_book(opened: Expiry, by: str) -> None:
    """Whatever ends the silence, the outage stands in the book before anything else."""
    report_all(opened)
    tick_along(OPENS_AT + 1, CHALLENGE + 100)
    back = CHALLENGE + 100_000
    if by == "beat":
        beat(now=back)
    elif by == "tick":
        pass_time(now=back)
    else:
        person("dave").deposit(ETHER, back)
    assert_followed(back)
    tick_along(back, back + 2 * WINDOW)
    assert assert_followed(back + 2 * WINDOW).expiries[opened.id].state.price == PRICE


def test_follower__service_went_away_a_second_before_a_ballot__same_book(scheduled: Expiry) -> None:
    tick_along(OPENS_AT - 100, OPENS_AT)
    open_expiry(expiry_id=scheduled.id, block=1, value_secured=0, now=OPENS_AT)
    extended = OPENS_AT + 3 * WINDOW  # no reports: two extensions, then a ballot
    for now in range(OPENS_AT, extended, 100):
        beat(now=now)
    back = extended + 50_000
    beat(now=extended - 1)
    pass_time(now=back)
    assert_followed(back)


def test_follower__two_expiries_share_voters__same_book(scheduled: Expiry, terms: Terms) -> None:
    """Nobody reports: both go to ballots, the second with what the first can still cut taken off."""
    other = list_short_expiry(replace(terms, vote_retries=1), slug="eth-usd-fewer-ballots")
    tick_along(OPENS_AT - 3_600, OPENS_AT)
    for number, expiry in enumerate((scheduled, other)):
        open_expiry(expiry_id=expiry.id, block=1, value_secured=10**21, now=OPENS_AT + number * WINDOW // 2)
        tick_along(OPENS_AT + number * WINDOW // 2, OPENS_AT + (number + 1) * WINDOW // 2)
    closes = OPENS_AT + 3 * WINDOW
    tick_along(OPENS_AT + WINDOW, closes)
    assert person("vera").commit(scheduled.id, 1, PRICE, closes).refusal is None
    tick_along(closes, closes + WINDOW)
    assert person("vera").reveal(scheduled.id, 1, PRICE, closes + WINDOW).refusal is None
    book = assert_followed(closes + WINDOW)
    weights = [sum(book.expiries[each.id].record.electorate().values()) for each in (scheduled, other)]
    assert weights[0] == 30 * ETHER > weights[1] > 0
    tick_along(closes + WINDOW, closes + 12 * WINDOW)
    assert_followed(closes + 12 * WINDOW)


def test_follower__as_the_book_grows__witnesses_everything(
    opened: Expiry, tmp_path: Path, django_assert_max_num_queries: Any
) -> None:
    watch = follower(tmp_path)
    watch.poll(OPENS_AT)
    watch.unwitnessed.clear()  # what was made before this attestor came
    report_all(opened)
    watch.poll(OPENS_AT + 1)
    for now in range(OPENS_AT + 60, OPENS_AT + 2 * WINDOW + 61, 60):
        beat(now=now)
        watch.poll(now)
    assert watch.broken is None
    assert watch.unwitnessed == []
    with django_assert_max_num_queries(5):
        watch.poll(OPENS_AT + 2 * WINDOW + 62)


def test_follower__silences_over_a_ruling_without_deadline__same_book(opened: Expiry) -> None:
    """It waits for its guardians: there is no deadline to move, and its Outage stands in the book all the same."""
    report_all(opened)
    tick_along(OPENS_AT + 1, CHALLENGE)
    person("mallory").pledge(opened.id, 1, LIE, 50 * ETHER, CHALLENGE)
    now = CHALLENGE + 6 * WINDOW
    tick_along(CHALLENGE, now)
    for ends in (pass_time, beat):
        now += 5_000
        ends(now=now)
        assert_followed(now)
    assert rule(opened, PRICE, GUARDIANS[:2], now + 5_000) is None
    assert assert_followed(now + 5_000).expiries[opened.id].state.price == PRICE


@pytest.mark.parametrize("early", [-1, 0, 1])
@pytest.mark.parametrize("edge", ["begins", "ends"])
def test_follower__silence_begins_or_ends_about_a_deadline__same_book(
    opened: Expiry, edge: str, early: int
) -> None:
    """A refused act ends it, and leaves no entry of its own."""
    report_all(opened)
    start = CHALLENGE - early if edge == "begins" else CHALLENGE - 300
    back = CHALLENGE - early if edge == "ends" else CHALLENGE + 300
    tick_along(OPENS_AT + 1, start)
    assert person("alice").report(opened.id, PRICE, ETHER, back).refusal is not None
    assert_followed(back)
    tick_along(back, back + 3 * WINDOW)
    assert assert_followed(back + 3 * WINDOW).expiries[opened.id].state.price == PRICE
