"""SeriesToken: P and N as plain ERC-20."""

import pytest
from web3.contract import Contract

from tests.contracts.evm import ETH, UNIT, Court

MAX = 2**256 - 1


@pytest.fixture
def tokens(court: Court) -> tuple[Contract, Contract]:
    """P and N of a series of which accounts[1] holds 100 each."""
    series = court.create_series(3_000 * UNIT, court.evm.now() + 1_000)
    court.evm.send(series.functions.split(100), court.evm.accounts[1], 100)
    return court.tokens(series)


@pytest.fixture
def p(tokens: tuple[Contract, Contract]) -> Contract:
    return tokens[0]


@pytest.mark.parametrize(("strike", "text"), [
    (3_000 * UNIT, "3000"), (1, "0.000000000000000001"), (UNIT // 2, "0.5"), (1_234_567 * 10**15, "1234.567"),
    (3_000 * UNIT + 10**17 // 100, "3000.001"), (UNIT * 10 + 1, "10.000000000000000001"),
    (2**120 - 1, "1329227995784915872.903807060280344575"),
])
def test_name_and_symbol__any_strike__tell_it(court: Court, strike: int, text: str) -> None:
    expiry_at = court.evm.now() + 1_000
    p, n = court.tokens(court.create_series(strike, expiry_at))
    assert [token.functions.symbol().call() for token in (p, n)] == [f"P-{text}", f"N-{text}"]
    assert p.functions.name().call() == f"Assize P, strike {text}, expiry {expiry_at}"
    assert n.functions.name().call() == f"Assize N, strike {text}, expiry {expiry_at}"
    assert p.functions.decimals().call() == 18


def test_token__of_a_series__knows_it(court: Court) -> None:
    series = court.create_series(UNIT, court.evm.now() + 1_000)
    p, n = court.tokens(series)
    assert p.functions.series().call() == n.functions.series().call() == series.address
    assert p.address != n.address


def test_mint__by_split__transfer_from_nobody(court: Court) -> None:
    series, account = court.create_series(UNIT, court.evm.now() + 1_000), court.evm.accounts[1]
    receipt = court.evm.send(series.functions.split(3), account, 3)
    for token in court.tokens(series):
        minted = {"sender": ETH, "receiver": account, "value": 3}
        assert court.events(token, "Transfer", receipt) == [minted]


def test_mint_and_burn__not_by_the_series__refused(court: Court, p: Contract) -> None:
    account = court.evm.accounts[1]
    court.evm.fails("not the series", p.functions.mint(account, 1), account)
    court.evm.fails("not the series", p.functions.burn(account, 1), account)


def test_transfer__part__moves_it(court: Court, p: Contract) -> None:
    owner, to = court.evm.accounts[1:3]
    receipt = court.evm.send(p.functions.transfer(to, 30), owner)
    assert court.events(p, "Transfer", receipt) == [{"sender": owner, "receiver": to, "value": 30}]
    assert [p.functions.balanceOf(account).call() for account in (owner, to)] == [70, 30]
    assert p.functions.totalSupply().call() == 100


def test_transfer__to_oneself__changes_nothing(court: Court, p: Contract) -> None:
    owner = court.evm.accounts[1]
    court.evm.send(p.functions.transfer(owner, 100), owner)
    assert p.functions.balanceOf(owner).call() == 100


def test_transfer__too_much_or_to_nobody__refused(court: Court, p: Contract) -> None:
    owner, to = court.evm.accounts[1:3]
    court.evm.fails("balance too small", p.functions.transfer(to, 101), owner)
    court.evm.fails("balance too small", p.functions.transfer(to, MAX), owner)
    court.evm.fails("to is the zero address", p.functions.transfer(ETH, 1), owner)


def test_transfer_from__within_the_allowance__uses_it_up(court: Court, p: Contract) -> None:
    owner, spender, to = court.evm.accounts[1:4]
    receipt = court.evm.send(p.functions.approve(spender, 40), owner)
    assert court.events(p, "Approval", receipt) == [{"owner": owner, "spender": spender, "value": 40}]
    court.evm.send(p.functions.transferFrom(owner, to, 30), spender)
    assert p.functions.allowance(owner, spender).call() == 10
    assert p.functions.balanceOf(to).call() == 30
    court.evm.fails("allowance too small", p.functions.transferFrom(owner, to, 11), spender)


def test_transfer_from__endless_allowance__stays(court: Court, p: Contract) -> None:
    owner, spender, to = court.evm.accounts[1:4]
    court.evm.send(p.functions.approve(spender, MAX), owner)
    court.evm.send(p.functions.transferFrom(owner, to, 30), spender)
    assert p.functions.allowance(owner, spender).call() == MAX
    court.evm.fails("balance too small", p.functions.transferFrom(owner, to, 71), spender)


def test_transfer_from__without_allowance__refused(court: Court, p: Contract) -> None:
    owner, spender, to = court.evm.accounts[1:4]
    court.evm.fails("allowance too small", p.functions.transferFrom(owner, to, 1), spender)


def test_p__moved__leaves_n(court: Court, tokens: tuple[Contract, Contract]) -> None:
    owner, to = court.evm.accounts[1:3]
    court.evm.send(tokens[0].functions.transfer(to, 60), owner)
    assert tokens[1].functions.balanceOf(owner).call() == 100
    assert tokens[1].functions.balanceOf(to).call() == 0
