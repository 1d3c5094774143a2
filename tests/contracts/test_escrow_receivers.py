"""Accounts that are contracts: whatever they do when they are paid harms only themselves (PROTOCOL 8, C-36)."""

import pytest
from web3.contract import Contract

from tests.contracts.bonds import Bonds, Leaf
from tests.contracts.evm import GAS, UNIT

REFUSES, BURNS, SHOUTS = 1, 2, 3


@pytest.fixture
def receiver(bonds: Bonds) -> Contract:
    return bonds.evm.deploy_mock("Receiver")


@pytest.fixture
def leaves(bonds: Bonds, receiver: Contract) -> list[Leaf]:
    """The contract and another account, with 2 units each, both asked for 1; in a final root."""
    leaves = []
    for account in (receiver.address, bonds.evm.accounts[2]):
        bonds.deposit(account, 2 * UNIT, bonds.evm.accounts[0])
        leaves.append(Leaf(account, UNIT, 2 * UNIT, 2 * UNIT))
    bonds.make_final(leaves)
    return leaves


@pytest.mark.parametrize("mode", [REFUSES, BURNS, SHOUTS])
def test_receiver__that_refuses__keeps_its_claim_and_stops_nobody(
    bonds: Bonds, receiver: Contract, leaves: list[Leaf], mode: int
) -> None:
    bonds.evm.send(receiver.functions.set_mode(mode))
    bonds.evm.fails("the account refused the ETH", bonds.claim(leaves[0], leaves))
    assert bonds.gain(leaves[1].account, bonds.claim(leaves[1], leaves)) == UNIT
    bonds.evm.send(receiver.functions.set_mode(0))
    assert bonds.gain(receiver.address, bonds.claim(leaves[0], leaves)) == UNIT


@pytest.mark.parametrize("mode", [REFUSES, BURNS])
def test_receiver__that_refuses_at_the_exit__stops_nobody(
    bonds: Bonds, receiver: Contract, leaves: list[Leaf], mode: int
) -> None:
    bonds.evm.send(receiver.functions.set_mode(mode))
    bonds.fall_silent()
    bonds.evm.fails("the account refused the ETH", bonds.exit(leaves[0], leaves))
    assert not bonds.says("ended")
    assert bonds.gain(leaves[1].account, bonds.exit(leaves[1], leaves)) == 2 * UNIT
    bonds.evm.send(receiver.functions.set_mode(0))
    assert bonds.gain(receiver.address, bonds.exit(leaves[0], leaves)) == 2 * UNIT
    assert bonds.held() == 0


def test_receiver__long_reason__is_not_copied(bonds: Bonds, receiver: Contract, leaves: list[Leaf]) -> None:
    """Copying 96,000 bytes and handing them on would cost some 50,000 gas more than making them."""
    bonds.evm.send(receiver.functions.set_mode(SHOUTS))
    sent = bonds.claim(leaves[0], leaves).transact({"from": bonds.evm.accounts[9], "gas": GAS})
    receipt = bonds.evm.w3.eth.get_transaction_receipt(sent)
    assert receipt["status"] == 0
    assert receipt["gasUsed"] < 150_000


@pytest.mark.parametrize("again", ["claim", "exit", "exit_uncounted", "the other's claim"])
def test_receiver__that_calls_again_while_it_is_paid__gets_nothing_more(
    bonds: Bonds, receiver: Contract, leaves: list[Leaf], again: str
) -> None:
    calls = {
        "claim": bonds.claim(leaves[0], leaves),
        "exit": bonds.exit(leaves[0], leaves),
        "exit_uncounted": bonds.exit_uncounted(receiver.address),
        "the other's claim": bonds.claim(leaves[1], leaves),
    }
    data = calls[again]._encode_transaction_data()
    bonds.evm.send(receiver.functions.arm(bonds.escrow.address, data))
    assert bonds.gain(receiver.address, bonds.claim(leaves[0], leaves)) == UNIT
    assert (receiver.functions.tried().call(), receiver.functions.succeeded().call()) == (True, False)
    assert bonds.held() == bonds.says("total_deposited") - bonds.says("total_paid") == 3 * UNIT


@pytest.mark.parametrize("again", ["claim", "exit", "exit_uncounted"])
def test_receiver__that_calls_again_at_the_exit__gets_nothing_more(
    bonds: Bonds, receiver: Contract, leaves: list[Leaf], again: str
) -> None:
    calls = {
        "claim": bonds.claim(leaves[0], leaves),
        "exit": bonds.exit(leaves[0], leaves),
        "exit_uncounted": bonds.exit_uncounted(receiver.address),
    }
    bonds.evm.send(receiver.functions.arm(bonds.escrow.address, calls[again]._encode_transaction_data()))
    bonds.fall_silent()
    assert bonds.gain(receiver.address, bonds.exit(leaves[0], leaves)) == 2 * UNIT
    assert (receiver.functions.tried().call(), receiver.functions.succeeded().call()) == (True, False)
    assert bonds.held() == 2 * UNIT
