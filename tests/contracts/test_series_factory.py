"""SeriesFactory: anyone creates, nobody can lie, the same series exists once."""

import pytest
from eth_abi import encode
from eth_utils import keccak, to_checksum_address

from settlement.services.series import GAS_PER_BATCH, GAS_PER_SERIES
from tests.contracts.evm import ETH, UNIT, Court, expiry_id, word

INDEX, TERMS = word("index"), word("terms")


def test_create__fresh__event_and_lists(court: Court) -> None:
    expiry_at = court.evm.now() + 1_000
    expiry = expiry_id(INDEX, expiry_at, TERMS)
    create = court.factory.functions.create(INDEX, expiry_at, TERMS, 5 * UNIT, ETH)
    address = court.evm.read(create)
    assert court.factory.functions.is_series(address).call() is False
    receipt = court.evm.send(create, court.evm.accounts[6])
    p, n = court.tokens(court.evm.at("Series", address))
    assert court.events(court.factory, "SeriesCreated", receipt) == [{
        "series": address, "expiry": expiry, "collateral": ETH, "expiry_at": expiry_at,
        "strike": 5 * UNIT, "p": p.address, "n": n.address,
    }]
    assert court.factory.functions.is_series(address).call() is True
    assert court.factory.functions.series_count(expiry).call() == 1
    assert court.factory.functions.series_at(expiry, 0).call() == address
    assert court.factory.functions.address_of(expiry, expiry_at, 5 * UNIT, ETH).call() == address


def test_create__other_instant_or_terms_or_index__other_expiry(court: Court) -> None:
    expiry_at = court.evm.now() + 1_000
    ids = set()
    for index, instant, terms in (
        (INDEX, expiry_at, TERMS), (INDEX, expiry_at + 1, TERMS), (INDEX, expiry_at, INDEX), (TERMS, expiry_at, TERMS),
    ):
        create = court.factory.functions.create(index, instant, terms, UNIT, ETH)
        address = court.evm.read(create)
        court.evm.send(create)
        ids.add(court.evm.at("Series", address).functions.expiry().call())
        assert keccak(encode(["bytes32", "uint256", "bytes32"], [index, instant, terms])) in ids
    assert len(ids) == 4


def test_create__the_same_again__returns_it_and_does_nothing(court: Court) -> None:
    expiry_at = court.evm.now() + 1_000
    create = court.factory.functions.create(INDEX, expiry_at, TERMS, UNIT, ETH)
    address = court.evm.read(create)
    court.evm.send(create)
    assert court.evm.read(create, court.evm.accounts[3]) == address
    assert court.evm.send(create)["logs"] == []
    assert court.factory.functions.series_count(expiry_id(INDEX, expiry_at, TERMS)).call() == 1


def test_create__other_collateral__another_series(court: Court) -> None:
    expiry_at = court.evm.now() + 1_000
    token = court.evm.deploy_mock("PlainToken", 6, 0)
    first = court.create_series(UNIT, expiry_at)
    second = court.create_series(UNIT, expiry_at, token.address)
    assert first.address != second.address
    assert second.functions.collateral().call() == token.address
    assert court.factory.functions.series_count(expiry_id(INDEX, expiry_at, TERMS)).call() == 2


@pytest.mark.parametrize(("strike", "reason"), [
    (0, "strike is zero"), (2**120, "strike above 2^120 - 1"), (2**256 - 1, "strike above 2^120 - 1"),
])
def test_create__strike_out_of_range__refused(court: Court, strike: int, reason: str) -> None:
    expiry_at = court.evm.now() + 1_000
    court.evm.fails(reason, court.factory.functions.create(INDEX, expiry_at, TERMS, strike, ETH))
    court.evm.fails(reason, court.factory.functions.create_grid(INDEX, expiry_at, TERMS, [UNIT, strike], ETH))


def test_create__expiry_now_or_absurd__refused(court: Court) -> None:
    create = court.factory.functions.create
    court.evm.set_time(now := court.evm.now() + 10)
    court.evm.fails("expiry is past", create(INDEX, now, TERMS, UNIT, ETH))
    court.evm.fails("expiry_at above 2^40 - 1", create(INDEX, 2**40, TERMS, UNIT, ETH))
    court.evm.read(create(INDEX, now + 1, TERMS, UNIT, ETH))
    court.evm.read(create(INDEX, 2**40 - 1, TERMS, UNIT, ETH))


def test_create__collateral_without_code__refused(court: Court) -> None:
    create = court.factory.functions.create(INDEX, court.evm.now() + 9, TERMS, UNIT, court.evm.accounts[4])
    court.evm.fails("collateral is no contract", create)


def test_create_grid__with_one_there_already__creates_the_rest(court: Court) -> None:
    expiry_at = court.evm.now() + 1_000
    there = court.create_series(2 * UNIT, expiry_at)
    strikes = [UNIT, 2 * UNIT, 3 * UNIT]
    grid = court.factory.functions.create_grid(INDEX, expiry_at, TERMS, strikes, ETH)
    addresses = court.evm.read(grid)
    receipt = court.evm.send(grid)
    assert addresses[1] == there.address
    assert [event["strike"] for event in court.events(court.factory, "SeriesCreated", receipt)] == [UNIT, 3 * UNIT]
    assert [court.evm.at("Series", address).functions.strike().call() for address in addresses] == strikes
    expiry = expiry_id(INDEX, expiry_at, TERMS)
    listed = [court.factory.functions.series_at(expiry, i).call() for i in range(3)]
    assert listed == [addresses[1], addresses[0], addresses[2]]
    assert court.factory.functions.series_at(expiry, 3).call() == to_checksum_address(ETH)


@pytest.mark.parametrize("count", [1, 20, 50])
def test_create_grid__any_number_of_strikes__costs_what_batches_are_sized_by(court: Court, count: int) -> None:
    expiry_at = court.evm.now() + 1_000
    grid = court.factory.functions.create_grid(INDEX, expiry_at, TERMS, [i * UNIT for i in range(1, count + 1)], ETH)
    assert court.evm.send(grid)["gasUsed"] <= GAS_PER_BATCH + count * GAS_PER_SERIES
    assert court.factory.functions.series_count(expiry_id(INDEX, expiry_at, TERMS)).call() == count


def test_factory_constructor__no_contract__refused(court: Court) -> None:
    court.evm.constructor_fails("series is no contract", "SeriesFactory", court.evm.accounts[0])
