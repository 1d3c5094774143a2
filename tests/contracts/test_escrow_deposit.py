"""Escrow.deposit: ETH for oneself or another account (PROTOCOL 8)."""

from tests.contracts.bonds import Bonds
from tests.contracts.evm import ETH, UNIT


def test_deposit__for_oneself__held_and_told(bonds: Bonds) -> None:
    account = bonds.evm.accounts[1]
    receipt = bonds.deposit(account, UNIT)
    assert bonds.court.events(bonds.escrow, "Deposited", receipt) == [
        {"account": account, "sender": account, "amount": UNIT, "total": UNIT}
    ]
    assert bonds.held() == bonds.says("deposited", account) == bonds.says("total_deposited") == UNIT


def test_deposit__for_another_account__is_the_others(bonds: Bonds) -> None:
    sender, account = bonds.evm.accounts[1:3]
    receipt = bonds.deposit(account, 5, sender)
    assert bonds.court.events(bonds.escrow, "Deposited", receipt)[0]["sender"] == sender
    assert (bonds.says("deposited", account), bonds.says("deposited", sender)) == (5, 0)


def test_deposit__several__add_up_and_the_first_block_stays(bonds: Bonds) -> None:
    account, other = bonds.evm.accounts[1:3]
    assert bonds.says("first_deposit_block", account) == 0
    first = bonds.deposit(account, 1)["blockNumber"]
    bonds.deposit(other, 10)
    receipt = bonds.deposit(account, 2**79)
    assert bonds.court.events(bonds.escrow, "Deposited", receipt)[0]["total"] == 2**79 + 1
    assert bonds.says("first_deposit_block", account) == first < receipt["blockNumber"]
    assert bonds.says("deposited", account) == 2**79 + 1
    assert bonds.says("total_deposited") == bonds.held() == 2**79 + 11


def test_deposit__of_nothing__refused(bonds: Bonds) -> None:
    bonds.evm.fails("nothing deposited", bonds.escrow.functions.deposit(bonds.evm.accounts[1]))


def test_deposit__for_nobody__refused(bonds: Bonds) -> None:
    bonds.evm.fails("account is the zero address", bonds.escrow.functions.deposit(ETH), value=1)


def test_deposit__bare_transfer__refused(bonds: Bonds) -> None:
    sent = bonds.evm.w3.eth.send_transaction(
        {"from": bonds.evm.accounts[1], "to": bonds.escrow.address, "value": 1, "gas": 100_000}
    )
    assert bonds.evm.w3.eth.get_transaction_receipt(sent)["status"] == 0
    assert bonds.held() == 0


def test_deposit__after_the_end__refused(bonds: Bonds) -> None:
    account = bonds.evm.accounts[1]
    bonds.deposit(account, UNIT)
    bonds.fall_silent()
    bonds.deposit(account, 1)  # silence alone does not end the escrow
    bonds.evm.send(bonds.exit_uncounted(account))
    bonds.evm.fails("the roots have ended", bonds.escrow.functions.deposit(account), value=1)
