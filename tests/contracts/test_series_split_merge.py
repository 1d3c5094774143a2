"""Series.split, split_to and merge, with ETH (PROTOCOL 8)."""

import pytest
from web3.contract import Contract

from tests.contracts.evm import ETH, UNIT, Court, expiry_id, word

STRIKE = 3_000 * UNIT
LIFE_S = 10_000


@pytest.fixture
def series(court: Court) -> Contract:
    return court.create_series(STRIKE, court.evm.now() + LIFE_S)


def held(court: Court, series: Contract, account: str) -> list[int]:
    return [token.functions.balanceOf(account).call() for token in court.tokens(series)]


def test_series__created__tells_its_parameters(court: Court, series: Contract) -> None:
    expiry_at = series.functions.expiry_at().call()
    assert series.functions.expiry().call() == expiry_id(word("index"), expiry_at, word("terms"))
    assert series.functions.strike().call() == STRIKE
    assert series.functions.collateral().call() == ETH
    assert series.functions.oracle().call() == court.oracle.address
    assert series.functions.decimals().call() == 18


def test_split__eth__mints_both_and_keeps_the_collateral(court: Court, series: Contract) -> None:
    account = court.evm.accounts[1]
    receipt = court.evm.send(series.functions.split(5 * UNIT), account, 5 * UNIT)
    assert court.events(series, "Split", receipt) == [{"account": account, "to": account, "amount": 5 * UNIT}]
    assert held(court, series, account) == [5 * UNIT, 5 * UNIT]
    assert [token.functions.totalSupply().call() for token in court.tokens(series)] == [5 * UNIT, 5 * UNIT]
    assert court.evm.balance(series.address) == 5 * UNIT


def test_split_to__another__gets_both(court: Court, series: Contract) -> None:
    account, to = court.evm.accounts[1:3]
    receipt = court.evm.send(series.functions.split_to(7, to), account, 7)
    assert court.events(series, "Split", receipt) == [{"account": account, "to": to, "amount": 7}]
    assert (held(court, series, to), held(court, series, account)) == ([7, 7], [0, 0])


def test_split_to__zero_address__refused(court: Court, series: Contract) -> None:
    court.evm.fails("to is the zero address", series.functions.split_to(7, ETH), value=7)


@pytest.mark.parametrize("value", [0, 6, 8])
def test_split__value_is_not_the_amount__refused(court: Court, series: Contract, value: int) -> None:
    court.evm.fails("value is not the amount", series.functions.split(7), value=value)


def test_split__zero__refused(court: Court, series: Contract) -> None:
    court.evm.fails("amount is zero", series.functions.split(0))


@pytest.mark.parametrize("amount", [2**128, 2**256 - 1])
def test_split__too_much__refused(court: Court, series: Contract, amount: int) -> None:
    court.evm.fails("amount above 2^128 - 1", series.functions.split(amount))


def test_split__around_the_expiry_instant__closed_at_it(court: Court, series: Contract) -> None:
    expiry_at = series.functions.expiry_at().call()
    court.evm.set_time(expiry_at - 1)
    court.evm.read(series.functions.split(1), value=1)
    court.evm.set_time(expiry_at)
    court.evm.fails("split closed at the expiry", series.functions.split(1), value=1)
    court.evm.fails("split closed at the expiry", series.functions.split_to(1, court.evm.accounts[1]), value=1)


def test_merge__before_the_expiry__burns_both_and_pays(court: Court, series: Contract) -> None:
    account, other = court.evm.accounts[1:3]
    court.evm.send(series.functions.split_to(5 * UNIT, account), other, 5 * UNIT)
    before = court.evm.balance(account)
    receipt = court.evm.send(series.functions.merge(2 * UNIT), account)
    spent = receipt["gasUsed"] * receipt["effectiveGasPrice"]
    assert court.events(series, "Merge", receipt) == [{"account": account, "amount": 2 * UNIT}]
    assert court.evm.balance(account) == before + 2 * UNIT - spent
    assert court.evm.balance(series.address) == 3 * UNIT
    assert held(court, series, account) == [3 * UNIT, 3 * UNIT]
    assert [token.functions.totalSupply().call() for token in court.tokens(series)] == [3 * UNIT, 3 * UNIT]


def test_merge__after_the_expiry_and_after_the_price__still_open(court: Court, series: Contract) -> None:
    account = court.evm.accounts[1]
    court.evm.send(series.functions.split(9), account, 9)
    court.evm.set_time(series.functions.expiry_at().call() + 1)
    court.evm.send(series.functions.merge(4), account)
    court.make_final(series.functions.expiry().call(), STRIKE * 2)
    court.evm.send(series.functions.merge(5), account)
    assert court.evm.balance(series.address) == 0


@pytest.mark.parametrize("missing", [0, 1])
def test_merge__without_one_of_the_two__refused(court: Court, series: Contract, missing: int) -> None:
    account, other = court.evm.accounts[1:3]
    court.evm.send(series.functions.split(9), account, 9)
    court.evm.send(court.tokens(series)[missing].functions.transfer(other, 1), account)
    court.evm.fails("balance too small", series.functions.merge(9), account)
    court.evm.send(series.functions.merge(8), account)


def test_merge__zero__refused(court: Court, series: Contract) -> None:
    court.evm.fails("amount is zero", series.functions.merge(0))


def test_series__sent_bare_eth__refuses(court: Court, series: Contract) -> None:
    with pytest.raises(Exception, match="revert"):
        court.evm.w3.eth.call({"from": court.evm.accounts[0], "to": series.address, "value": 1, "gas": 100_000})


def test_create_tokens__again__refused(court: Court, series: Contract) -> None:
    court.evm.fails("tokens exist already", series.functions.create_tokens())


def test_create_tokens__on_the_implementation__refused(court: Court) -> None:
    implementation = court.evm.at("Series", court.factory.functions.SERIES().call())
    court.evm.fails("the implementation is no series", implementation.functions.create_tokens())


def test_series_constructor__no_contracts__refused(court: Court) -> None:
    account, contract = court.evm.accounts[0], court.oracle.address
    court.evm.constructor_fails("oracle is no contract", "Series", account, contract)
    court.evm.constructor_fails("token is no contract", "Series", contract, account)
