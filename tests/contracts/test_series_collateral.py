"""Series with ERC-20 collateral, honest and not, and receivers that call back (PROTOCOL 8)."""

from typing import Any

import pytest
from web3.contract import Contract

from tests.contracts.evm import UNIT, Court

STRIKE = 3_000 * UNIT
AMOUNT = 1_000_000


def series_on(court: Court, collateral: Contract) -> Contract:
    """A series on that token; accounts[1] holds and has approved AMOUNT of it."""
    series = court.create_series(STRIKE, court.evm.now() + 1_000, collateral.address)
    court.evm.send(collateral.functions.faucet(court.evm.accounts[1], AMOUNT))
    court.evm.send(collateral.functions.approve(series.address, AMOUNT), court.evm.accounts[1])
    return series


def settle(court: Court, series: Contract, price: int) -> None:
    court.evm.set_time(series.functions.expiry_at().call())
    court.make_final(series.functions.expiry().call(), price)


@pytest.mark.parametrize(("mock", "arguments"), [("PlainToken", (18, 0)), ("SilentToken", ())])
def test_erc20__whole_life__every_unit_accounted(court: Court, mock: str, arguments: tuple[int, ...]) -> None:
    collateral = court.evm.deploy_mock(mock, *arguments)
    series, account = series_on(court, collateral), court.evm.accounts[1]
    court.evm.send(series.functions.split(AMOUNT), account)
    assert collateral.functions.balanceOf(series.address).call() == AMOUNT
    court.evm.send(series.functions.merge(100), account)
    assert collateral.functions.balanceOf(account).call() == 100
    settle(court, series, 2 * STRIKE)
    to = court.evm.accounts[5]
    court.evm.send(series.functions.redeem(900, 0, to), account)
    court.evm.send(series.functions.redeem(0, 700, to), account)
    assert collateral.functions.balanceOf(to).call() == 450 + 350
    assert collateral.functions.balanceOf(series.address).call() == AMOUNT - 100 - 800


@pytest.mark.parametrize("decimals", [0, 6, 8, 18])
def test_erc20__of_some_decimals__tokens_have_the_same(court: Court, decimals: int) -> None:
    series = series_on(court, court.evm.deploy_mock("PlainToken", decimals, 0))
    assert [token.functions.decimals().call() for token in court.tokens(series)] == [decimals, decimals]


def test_erc20__without_decimals__tokens_have_18(court: Court) -> None:
    series = series_on(court, court.evm.deploy_mock("SilentToken"))
    assert [token.functions.decimals().call() for token in court.tokens(series)] == [18, 18]


@pytest.mark.parametrize(("mode", "reason"), [
    (1, "collateral did not arrive whole"),
    (2, "collateral transfer failed"),
    (3, "collateral did not arrive whole"),
    (4, "collateral transfer failed"),
])
def test_erc20__that_lies_or_keeps_a_fee__split_refused(court: Court, mode: int, reason: str) -> None:
    collateral = court.evm.deploy_mock("PlainToken", 18, mode)
    series = series_on(court, collateral)
    court.evm.fails(reason, series.functions.split(AMOUNT), court.evm.accounts[1])


def test_erc20__that_refuses_to_pay__nothing_is_burnt(court: Court) -> None:
    collateral = court.evm.deploy_mock("PlainToken", 18, 0)
    series, account = series_on(court, collateral), court.evm.accounts[1]
    court.evm.send(series.functions.split(AMOUNT), account)
    court.evm.send(collateral.functions.set_mode(2))
    court.evm.fails("collateral transfer failed", series.functions.merge(1), account)
    settle(court, series, STRIKE)
    court.evm.fails("collateral transfer failed", series.functions.redeem(1, 0, account), account)
    court.evm.send(series.functions.redeem(0, 1, account), account)  # worth nothing, so nothing is transferred


def test_erc20__not_approved__refused(court: Court) -> None:
    series = series_on(court, court.evm.deploy_mock("PlainToken", 18, 0))
    court.evm.fails("", series.functions.split(1), court.evm.accounts[2])


def test_erc20__sent_eth__refused(court: Court) -> None:
    series = series_on(court, court.evm.deploy_mock("PlainToken", 18, 0))
    court.evm.fails("collateral is not ETH", series.functions.split(1), court.evm.accounts[1], value=1)


def calls(series: Contract, account: str) -> dict[str, Any]:
    encode = series.encode_abi
    return {
        "split": encode("split", [1]),
        "merge": encode("merge", [1]),
        "redeem": encode("redeem", [1, 0, account]),
    }


@pytest.mark.parametrize("inner", ["split", "merge", "redeem"])
def test_erc20__that_calls_back_while_it_moves__locked_out(court: Court, inner: str) -> None:
    collateral = court.evm.deploy_mock("HookToken")
    series, account = series_on(court, collateral), court.evm.accounts[1]
    # The token itself holds P and N, so that without the lock its call would go through.
    court.evm.send(series.functions.split_to(1_000, collateral.address), account)
    data = calls(series, account)[inner]
    court.evm.send(collateral.functions.arm(series.address, data))
    court.evm.send(series.functions.split(1_000), account)
    assert collateral.functions.tried().call() is True
    assert collateral.functions.succeeded().call() is False
    assert collateral.functions.balanceOf(series.address).call() == 2_000


def test_erc20__that_calls_another_series_while_it_moves__goes_through(court: Court) -> None:
    # What the lock refuses above, the same mock does where no lock is in its way.
    collateral = court.evm.deploy_mock("HookToken")
    series, account = series_on(court, collateral), court.evm.accounts[1]
    other = series_on(court, court.evm.deploy_mock("PlainToken", 18, 0))
    court.evm.send(other.functions.split_to(5, collateral.address), account)
    court.evm.send(collateral.functions.arm(other.address, calls(other, account)["merge"]))
    court.evm.send(series.functions.split(10), account)
    assert collateral.functions.succeeded().call() is True


@pytest.mark.parametrize("outer", ["merge", "redeem"])
@pytest.mark.parametrize("inner", ["merge", "redeem"])
def test_eth_receiver__that_calls_back__paid_once(court: Court, outer: str, inner: str) -> None:
    series = court.create_series(STRIKE, court.evm.now() + 1_000)
    intruder = court.evm.deploy_mock("Intruder", series.address)
    court.evm.send(series.functions.split(100), court.evm.accounts[1], 100)
    court.evm.send(intruder.functions.act(series.encode_abi("split", [10])), value=10)
    settle(court, series, STRIKE)
    data = calls(series, intruder.address)
    court.evm.send(intruder.functions.arm(data[inner]))
    court.evm.send(intruder.functions.act(data[outer]))
    assert intruder.functions.tried().call() is True
    assert intruder.functions.succeeded().call() is False
    assert court.evm.balance(intruder.address) == 1
    assert court.evm.balance(series.address) == 109


def test_eth_receiver__that_takes_none__refused_whole(court: Court) -> None:
    series, account = court.create_series(STRIKE, court.evm.now() + 1_000), court.evm.accounts[1]
    court.evm.send(series.functions.split(10), account, 10)
    settle(court, series, STRIKE)
    redeem = series.functions.redeem(10, 0, court.oracle.address)
    court.evm.fails("the receiver refused the ETH", redeem, account)
