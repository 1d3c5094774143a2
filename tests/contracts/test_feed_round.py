"""PriceFeed: AggregatorV3Interface over one expiry; no answer before it is final, and never 0."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.contracts.evm import DELAY_S, UNIT, Court, word

EXPIRY = word("an expiry")
PRICE = 3_512_450_000_000_000_000_000
ROUND: dict[str, Callable[[Any], Any]] = {
    "latestRoundData": lambda feed: feed.functions.latestRoundData(),
    "getRoundData": lambda feed: feed.functions.getRoundData(1),
    "latestAnswer": lambda feed: feed.functions.latestAnswer(),
}


@pytest.mark.parametrize("function", ROUND)
def test_feed__before_the_price_is_final__refused(court: Court, function: str) -> None:
    feed = court.create_feed(EXPIRY)
    ask = ROUND[function](feed)
    court.evm.fails("no price yet", ask)
    court.evm.send(court.submission(court.item(EXPIRY, PRICE)))
    final_at = court.oracle.functions.record_of(EXPIRY).call()[2]
    court.evm.set_time(final_at - 1)
    court.evm.fails("no price yet", ask)
    court.evm.set_time(final_at)
    court.evm.read(ask)


def test_feed__cancelled_price__refused_again_until_another_is_final(court: Court) -> None:
    feed = court.create_feed(EXPIRY)
    court.evm.send(court.submission(court.item(EXPIRY, PRICE)))
    court.evm.send(court.cancellation(EXPIRY, 0))
    court.evm.set_time(court.evm.now() + DELAY_S)
    court.evm.fails("no price yet", feed.functions.latestAnswer())
    court.evm.send(court.submission(court.item(EXPIRY, PRICE + 1, attempt=1)))
    court.evm.set_time(court.evm.now() + DELAY_S)
    assert court.evm.read(feed.functions.latestAnswer()) == PRICE + 1


def test_feed__final__round_one_with_the_times_of_the_oracle(court: Court) -> None:
    feed = court.create_feed(EXPIRY)
    court.make_final(EXPIRY, PRICE)
    _, set_at, final_at, _, is_final = court.evm.read(court.oracle.functions.record_of(EXPIRY))
    assert is_final
    assert court.evm.read(feed.functions.latestRoundData()) == [1, PRICE, set_at, final_at, 1]
    assert court.evm.read(feed.functions.getRoundData(1)) == [1, PRICE, set_at, final_at, 1]
    assert court.evm.read(feed.functions.latestAnswer()) == PRICE
    court.evm.set_time(court.evm.now() + 10 * DELAY_S)
    assert court.evm.read(feed.functions.latestRoundData())[3] == final_at, "it does not grow younger"


@pytest.mark.parametrize("number", [0, 2, 2**80 - 1])
def test_get_round_data__another_round__refused(court: Court, number: int) -> None:
    feed = court.create_feed(EXPIRY)
    court.make_final(EXPIRY, PRICE)
    court.evm.fails("no such round", feed.functions.getRoundData(number))


def test_feed__what_it_is__as_the_interface_has_it(court: Court) -> None:
    feed = court.create_feed(EXPIRY, 8).functions
    assert (feed.decimals().call(), feed.version().call()) == (8, 1)
    assert feed.description().call() == "Assize expiry price"


def test_feed__price_below_its_last_decimal__refused_not_zero(court: Court) -> None:
    feed = court.create_feed(EXPIRY, 2)
    court.make_final(EXPIRY, UNIT // 100 - 1)
    court.evm.fails("price below the last decimal", feed.functions.latestRoundData())


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(price=st.integers(1, 2**120 - 1), decimals=st.integers(0, 18), seed=st.integers(0, 2**64))
def test_feed__any_price_and_decimals__equals_its_twin(court: Court, price: int, decimals: int, seed: int) -> None:
    expiry = word(f"twin {price} {decimals} {seed}")
    feed = court.create_feed(expiry, decimals)
    court.make_final(expiry, price)
    twin = price // 10 ** (18 - decimals)
    if twin:
        assert court.evm.read(feed.functions.latestAnswer()) == twin
        assert court.evm.read(feed.functions.latestRoundData())[1] == twin
    else:
        court.evm.fails("price below the last decimal", feed.functions.latestAnswer())
