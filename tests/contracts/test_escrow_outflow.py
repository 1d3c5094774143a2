"""The outflow cap: claims take no more than it in one epoch; the rest waits, the exit does not (PROTOCOL 8)."""

import pytest

from tests.contracts.bonds import Bonds, Leaf, deploy_escrow
from tests.contracts.evm import Court

CAP = 100


@pytest.fixture
def capped(court: Court) -> Bonds:
    bonds = deploy_escrow(court, cap=CAP)
    for account in bonds.evm.accounts[1:4]:
        bonds.deposit(account, 1_000)
    return bonds


def ask(bonds: Bonds, *asked: int) -> list[Leaf]:
    """A final root in which the first accounts asked for these amounts so far."""
    leaves = [
        Leaf(account, amount, 1_000, 1_000) for account, amount in zip(bonds.evm.accounts[1:], asked, strict=False)
    ]
    bonds.make_final(leaves)
    return leaves


def test_outflow__within_the_cap__paid_and_counted(capped: Bonds) -> None:
    leaves = ask(capped, 60, 40)
    assert capped.says("left_in_epoch") == CAP
    assert capped.gain(leaves[0].account, capped.claim(leaves[0], leaves)) == 60
    assert capped.says("left_in_epoch") == 40
    assert capped.gain(leaves[1].account, capped.claim(leaves[1], leaves)) == 40
    assert capped.says("left_in_epoch") == 0


def test_outflow__beyond_the_cap__pays_what_is_left_then_waits_for_the_next_epoch(capped: Bonds) -> None:
    leaves = ask(capped, 60, 90, 5)
    capped.evm.send(capped.claim(leaves[0], leaves))
    assert capped.gain(leaves[1].account, capped.claim(leaves[1], leaves)) == 40
    for leaf in leaves[1:]:
        capped.evm.fails("the epoch's outflow is used up", capped.claim(leaf, leaves))
    leaves = ask(capped, 60, 90, 5)
    assert capped.gain(leaves[1].account, capped.claim(leaves[1], leaves)) == 50
    assert capped.gain(leaves[2].account, capped.claim(leaves[2], leaves)) == 5
    assert capped.says("left_in_epoch") == 45


def test_outflow__one_claim_above_the_cap__leaves_in_parts(capped: Bonds) -> None:
    parts = []
    for _ in range(3):
        leaves = ask(capped, 250)
        parts.append(capped.gain(leaves[0].account, capped.claim(leaves[0], leaves)))
    assert parts == [CAP, CAP, 50]
    capped.evm.fails("nothing to claim", capped.claim(leaves[0], leaves))


def test_outflow__unused__does_not_add_up(capped: Bonds) -> None:
    ask(capped, 0)
    leaves = ask(capped, 250)
    assert capped.gain(leaves[0].account, capped.claim(leaves[0], leaves)) == CAP


def test_outflow__root_that_waits__opens_no_new_epoch(capped: Bonds) -> None:
    leaves = ask(capped, 250)
    capped.evm.send(capped.claim(leaves[0], leaves))
    capped.evm.send(capped.root(leaves))
    capped.evm.fails("the epoch's outflow is used up", capped.claim(leaves[0], leaves))


def test_outflow__refused_receiver__uses_nothing_up(capped: Bonds) -> None:
    receiver = capped.evm.deploy_mock("Receiver")
    capped.evm.send(receiver.functions.set_mode(1))
    capped.deposit(receiver.address, 50, capped.evm.accounts[0])
    leaves = [Leaf(receiver.address, 50, 50, 50)]
    capped.make_final(leaves)
    capped.evm.fails("the account refused the ETH", capped.claim(leaves[0], leaves))
    assert capped.says("left_in_epoch") == CAP


def test_outflow__exit__knows_no_cap_and_uses_none(capped: Bonds) -> None:
    leaves = ask(capped, 50, 50)
    capped.fall_silent()
    assert capped.gain(leaves[0].account, capped.exit(leaves[0], leaves)) == 1_000
    assert capped.says("left_in_epoch") == CAP
    assert capped.gain(leaves[1].account, capped.claim(leaves[1], leaves)) == 50
    assert capped.gain(leaves[1].account, capped.exit(leaves[1], leaves)) == 950
