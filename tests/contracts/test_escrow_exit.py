"""Escrow.exit: when the service is silent, everybody takes what is theirs, and roots end (PROTOCOL 8)."""

import pytest

from tests.contracts.bonds import EXIT_DELAY_S, FIRST_EPOCH, ROOT_DELAY_S, Bonds, Leaf
from tests.contracts.evm import UNIT


@pytest.fixture
def leaves(bonds: Bonds) -> list[Leaf]:
    """Four accounts with 3 units each that asked for 1; the second lost a unit to the first."""
    accounts = bonds.evm.accounts[1:5]
    for account in accounts:
        bonds.deposit(account, 3 * UNIT)
    leaves = [Leaf(account, UNIT, 3 * UNIT, 3 * UNIT) for account in accounts]
    leaves[0] = leaves[0]._replace(entitled=4 * UNIT)
    leaves[1] = leaves[1]._replace(entitled=2 * UNIT)
    bonds.make_final(leaves)
    return leaves


def test_exit__silence__everybody_gets_all_and_nothing_is_left(bonds: Bonds, leaves: list[Leaf]) -> None:
    bonds.fall_silent()
    for leaf in leaves:
        before = bonds.evm.balance(leaf.account)
        receipt = bonds.evm.send(bonds.exit(leaf, leaves), bonds.evm.accounts[9])
        assert bonds.evm.balance(leaf.account) - before == leaf.entitled
        assert bonds.court.events(bonds.escrow, "Exited", receipt) == [
            {"account": leaf.account, "amount": leaf.entitled, "total": leaf.entitled}
        ]
    assert bonds.held() == 0
    assert bonds.says("total_paid") == bonds.says("total_deposited")


def test_exit__around_its_delay__opens_at_its_end(bonds: Bonds, leaves: list[Leaf]) -> None:
    final_at = bonds.says("final_root")[3]
    bonds.evm.set_time(final_at + EXIT_DELAY_S - 1)
    bonds.evm.fails("the exit is not open", bonds.exit(leaves[0], leaves))
    bonds.evm.set_time(final_at + EXIT_DELAY_S)
    bonds.evm.read(bonds.exit(leaves[0], leaves))


def test_exit__first_one__ends_the_roots_once(bonds: Bonds, leaves: list[Leaf]) -> None:
    bonds.fall_silent()
    receipt = bonds.evm.send(bonds.exit(leaves[0], leaves))
    assert bonds.court.events(bonds.escrow, "RootsEnded", receipt) == [{"epoch": FIRST_EPOCH}]
    assert bonds.says("ended")
    receipt = bonds.evm.send(bonds.exit(leaves[1], leaves))
    assert bonds.court.events(bonds.escrow, "RootsEnded", receipt) == []


def test_exit__that_is_refused__ends_nothing(bonds: Bonds, leaves: list[Leaf]) -> None:
    bonds.fall_silent()
    forged = [leaf._replace(entitled=9 * UNIT) for leaf in leaves]
    bonds.evm.fails("not in the final root", bonds.exit(forged[0], forged))
    bonds.evm.fails("never deposited", bonds.exit_uncounted(bonds.evm.accounts[8]))
    assert not bonds.says("ended")
    bonds.make_final(leaves)
    bonds.evm.fails("the exit is not open", bonds.exit(leaves[0], leaves))


def test_exit__after_claims__pays_the_difference(bonds: Bonds, leaves: list[Leaf]) -> None:
    bonds.evm.send(bonds.claim(leaves[0], leaves))
    bonds.fall_silent()
    before = bonds.evm.balance(leaves[0].account)
    receipt = bonds.evm.send(bonds.exit(leaves[0], leaves), bonds.evm.accounts[9])
    assert bonds.evm.balance(leaves[0].account) - before == 3 * UNIT
    assert bonds.court.events(bonds.escrow, "Exited", receipt) == [
        {"account": leaves[0].account, "amount": 3 * UNIT, "total": 4 * UNIT}
    ]
    assert bonds.says("paid", leaves[0].account) == 4 * UNIT


def test_exit__twice__paid_once(bonds: Bonds, leaves: list[Leaf]) -> None:
    bonds.fall_silent()
    bonds.evm.send(bonds.exit(leaves[0], leaves))
    bonds.evm.fails("nothing to exit with", bonds.exit(leaves[0], leaves))
    bonds.evm.fails("the final root counts its deposits", bonds.exit_uncounted(leaves[0].account))


def test_exit__deposits_since_the_root__come_on_top(bonds: Bonds, leaves: list[Leaf]) -> None:
    bonds.deposit(leaves[1].account, 7)
    bonds.deposit(leaves[1].account, 8)
    bonds.fall_silent()
    assert bonds.gain(leaves[1].account, bonds.exit(leaves[1], leaves)) == 2 * UNIT + 15
    for leaf in (leaves[0], *leaves[2:]):
        bonds.evm.send(bonds.exit(leaf, leaves))
    assert bonds.held() == 0


def test_exit__root_in_its_delay__does_not_stop_it_and_never_becomes_final(bonds: Bonds, leaves: list[Leaf]) -> None:
    opens_at = bonds.says("exit_opens_at")
    bonds.evm.set_time(opens_at - 10)
    later = [leaf._replace(withdrawable=2 * UNIT) for leaf in leaves]
    bonds.evm.send(bonds.root(later))
    bonds.evm.set_time(opens_at)
    bonds.evm.send(bonds.exit(leaves[0], leaves))
    assert bonds.says("waiting_root") == (0, bytes(32), 0, 0)
    bonds.pass_time(ROOT_DELAY_S)
    assert bonds.says("final_root")[0] == FIRST_EPOCH
    bonds.evm.fails("not in the final root", bonds.exit(later[1], later))
    bonds.evm.send(bonds.exit(leaves[1], leaves))


def test_exit__root_final_just_before__shuts_it_again(bonds: Bonds, leaves: list[Leaf]) -> None:
    opens_at = bonds.says("exit_opens_at")
    bonds.evm.set_time(opens_at - ROOT_DELAY_S)
    bonds.evm.send(bonds.root(leaves))
    bonds.evm.set_time(opens_at)
    bonds.evm.fails("the exit is not open", bonds.exit(leaves[0], leaves))
    assert bonds.says("exit_opens_at") == opens_at + EXIT_DELAY_S


def test_exit__leaf_counts_more_than_was_deposited__nothing_on_top(bonds: Bonds) -> None:
    account, other = bonds.evm.accounts[1:3]
    bonds.deposit(account, 10)
    bonds.deposit(other, 10)
    leaf = Leaf(account, 0, 10, 11)
    bonds.make_final([leaf])
    bonds.fall_silent()
    assert bonds.gain(account, bonds.exit(leaf, [leaf])) == 10


def test_exit__owed_less_than_it_got__refused(bonds: Bonds) -> None:
    account = bonds.evm.accounts[1]
    bonds.deposit(account, 10)
    bonds.make_final(before := [Leaf(account, 10, 10, 10)])
    bonds.evm.send(bonds.claim(before[0], before))
    bonds.make_final(after := [Leaf(account, 10, 9, 10)])
    bonds.fall_silent()
    bonds.evm.fails("nothing to exit with", bonds.exit(after[0], after))
