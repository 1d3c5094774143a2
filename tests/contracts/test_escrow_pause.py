"""Escrow.set_paused: the owner stops deposits and new roots, never claims, the exit or its clock (PROTOCOL 8)."""

import pytest

from tests.contracts.bonds import FIRST_EPOCH, ROOT_DELAY_S, Bonds, Leaf
from tests.contracts.evm import UNIT


@pytest.fixture
def leaves(bonds: Bonds) -> list[Leaf]:
    account = bonds.evm.accounts[1]
    bonds.deposit(account, 2 * UNIT)
    leaves = [Leaf(account, UNIT, 2 * UNIT, 2 * UNIT)]
    bonds.make_final(leaves)
    return leaves


def pause(bonds: Bonds, paused: bool = True) -> object:
    return bonds.evm.send(bonds.escrow.functions.set_paused(paused))


def test_set_paused__by_the_owner__told_and_taken_back(bonds: Bonds) -> None:
    for paused in (True, True, False):
        receipt = pause(bonds, paused)
        assert bonds.court.events(bonds.escrow, "PauseSet", receipt) == [{"paused": paused}]
        assert bonds.says("paused") is paused


def test_set_paused__by_others__refused(bonds: Bonds) -> None:
    bonds.evm.fails("not the owner", bonds.escrow.functions.set_paused(True), bonds.evm.accounts[1])


def test_set_paused__deposits_and_roots__refused_until_it_is_over(bonds: Bonds, leaves: list[Leaf]) -> None:
    deposit, root = bonds.escrow.functions.deposit(leaves[0].account), bonds.root(leaves)
    pause(bonds)
    bonds.evm.fails("paused", deposit, value=1)
    bonds.evm.fails("paused", root)
    pause(bonds, False)
    bonds.evm.send(deposit, value=1)
    bonds.evm.send(root)


def test_set_paused__what_waits__can_be_cancelled_or_become_final(bonds: Bonds, leaves: list[Leaf]) -> None:
    bonds.evm.send(bonds.root(leaves))
    pause(bonds)
    bonds.evm.read(bonds.cancellation(FIRST_EPOCH + 1))
    bonds.pass_time(ROOT_DELAY_S)
    assert bonds.says("final_root")[0] == FIRST_EPOCH + 1


def test_set_paused__claims_and_exit__go_on(bonds: Bonds, leaves: list[Leaf]) -> None:
    bonds.deposit(bonds.evm.accounts[2], 5)
    opens_at = bonds.says("exit_opens_at")
    pause(bonds)
    assert bonds.gain(leaves[0].account, bonds.claim(leaves[0], leaves)) == UNIT
    assert bonds.says("exit_opens_at") == opens_at
    bonds.fall_silent()
    assert bonds.gain(leaves[0].account, bonds.exit(leaves[0], leaves)) == UNIT
    assert bonds.gain(bonds.evm.accounts[2], bonds.exit_uncounted(bonds.evm.accounts[2])) == 5
    assert bonds.held() == 0


def test_set_paused__after_the_end__opens_nothing_again(bonds: Bonds, leaves: list[Leaf]) -> None:
    bonds.fall_silent()
    bonds.evm.send(bonds.exit(leaves[0], leaves))
    for paused in (True, False):
        bonds.evm.fails("the roots have ended", bonds.escrow.functions.set_paused(paused))
    assert bonds.says("ended")
