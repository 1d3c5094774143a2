"""Escrow.cancel_root: guardians take a waiting root back, and cannot do more (PROTOCOL 8)."""

from typing import Any

import pytest

from tests.contracts.bonds import EXIT_DELAY_S, FIRST_EPOCH, ROOT_DELAY_S, Bonds, Leaf
from tests.contracts.evm import ATTESTORS, GUARDIANS, UNIT


@pytest.fixture
def leaves(bonds: Bonds) -> list[Leaf]:
    account = bonds.evm.accounts[1]
    bonds.deposit(account, UNIT)
    return [Leaf(account, UNIT, UNIT, UNIT)]


def test_cancel_root__waiting__never_final(bonds: Bonds, leaves: list[Leaf]) -> None:
    bonds.evm.send(bonds.root(leaves))
    receipt = bonds.evm.send(bonds.cancellation(FIRST_EPOCH), bonds.evm.accounts[8])
    assert bonds.court.events(bonds.escrow, "RootCancelled", receipt) == [{"epoch": FIRST_EPOCH}]
    assert bonds.says("waiting_root") == (0, bytes(32), 0, 0)
    bonds.pass_time(ROOT_DELAY_S)
    assert bonds.says("final_root")[0] == FIRST_EPOCH - 1
    bonds.evm.fails("not in the final root", bonds.claim(leaves[0], leaves))


def test_cancel_root__then_the_same_signatures__refused(bonds: Bonds, leaves: list[Leaf]) -> None:
    root = bonds.root(leaves)
    bonds.evm.send(root)
    bonds.evm.send(bonds.cancellation(FIRST_EPOCH))
    bonds.evm.fails("not the next epoch", root)


def test_cancel_root__then_the_next_epoch__waits_its_own_delay(bonds: Bonds, leaves: list[Leaf]) -> None:
    bonds.evm.send(bonds.root(leaves))
    bonds.pass_time(ROOT_DELAY_S // 2)
    bonds.evm.send(bonds.cancellation(FIRST_EPOCH))
    bonds.evm.set_time(at := bonds.evm.now() + 10)
    bonds.evm.send(bonds.root(leaves))
    bonds.evm.set_time(at + ROOT_DELAY_S - 1)
    bonds.evm.fails("not in the final root", bonds.claim(leaves[0], leaves))
    bonds.evm.set_time(at + ROOT_DELAY_S)
    assert bonds.says("final_root")[0] == FIRST_EPOCH + 1
    bonds.evm.send(bonds.claim(leaves[0], leaves))


def test_cancel_root__second_root__the_first_stays_final(bonds: Bonds, leaves: list[Leaf]) -> None:
    bonds.make_final(leaves)
    before = bonds.says("final_root")
    bonds.evm.send(bonds.root([leaves[0]._replace(withdrawable=0)]))
    bonds.evm.send(bonds.cancellation(FIRST_EPOCH + 1))
    bonds.pass_time(ROOT_DELAY_S)
    assert bonds.says("final_root") == before
    assert bonds.gain(leaves[0].account, bonds.claim(leaves[0], leaves)) == UNIT


def test_cancel_root__counted_to_of_the_cancelled__binds_nobody(bonds: Bonds, leaves: list[Leaf]) -> None:
    newest = bonds.evm.w3.eth.block_number
    bonds.evm.send(bonds.root(leaves, counted_to=newest))
    bonds.evm.send(bonds.cancellation(FIRST_EPOCH))
    bonds.evm.send(bonds.root(leaves, counted_to=newest - 1))


def test_cancel_root__around_finality__open_until_it(bonds: Bonds, leaves: list[Leaf]) -> None:
    bonds.evm.set_time(at := bonds.evm.now() + 50)
    bonds.evm.send(bonds.root(leaves))
    bonds.evm.set_time(at + ROOT_DELAY_S - 1)
    bonds.evm.read(bonds.cancellation(FIRST_EPOCH))
    bonds.evm.set_time(at + ROOT_DELAY_S)
    bonds.evm.fails("the root is final", bonds.cancellation(FIRST_EPOCH))


def test_cancel_root__nothing_waits_or_another__refused(bonds: Bonds, leaves: list[Leaf]) -> None:
    bonds.evm.fails("no root to cancel", bonds.cancellation(FIRST_EPOCH))
    bonds.evm.send(bonds.root(leaves))
    bonds.evm.fails("not the waiting epoch", bonds.cancellation(FIRST_EPOCH + 1))
    bonds.evm.send(bonds.cancellation(FIRST_EPOCH))
    bonds.evm.fails("no root to cancel", bonds.cancellation(FIRST_EPOCH))


@pytest.mark.parametrize(
    "keys, reason", [(GUARDIANS[:1], "too few signatures"), (ATTESTORS[:2], "signer is not in the set")]
)
def test_cancel_root__not_k_guardians__refused(bonds: Bonds, leaves: list[Leaf], keys: Any, reason: str) -> None:
    bonds.evm.send(bonds.root(leaves))
    bonds.evm.fails(reason, bonds.cancellation(FIRST_EPOCH, keys))


def test_cancel_root__for_ever__opens_the_exit(bonds: Bonds, leaves: list[Leaf]) -> None:
    bonds.make_final(leaves)
    opens_at = bonds.says("exit_opens_at")
    for epoch in range(FIRST_EPOCH + 1, FIRST_EPOCH + 5):
        bonds.pass_time(EXIT_DELAY_S // 5)
        bonds.evm.send(bonds.root(leaves))
        bonds.evm.send(bonds.cancellation(epoch))
    assert bonds.says("exit_opens_at") == opens_at
    bonds.fall_silent()
    assert bonds.gain(leaves[0].account, bonds.exit(leaves[0], leaves)) == UNIT
