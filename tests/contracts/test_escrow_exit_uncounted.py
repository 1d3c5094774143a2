"""Escrow.exit_uncounted: the way out for who first deposited after what the last root counts (PROTOCOL 8)."""

from tests.contracts.bonds import EXIT_DELAY_S, FIRST_EPOCH, Bonds, Leaf
from tests.contracts.evm import UNIT


def test_exit_uncounted__no_root_ever__everybody_gets_their_deposits(bonds: Bonds) -> None:
    accounts = bonds.evm.accounts[1:4]
    for account in accounts:
        bonds.deposit(account, UNIT)
        bonds.deposit(account, 5)
    bonds.fall_silent()
    for account in accounts:
        assert bonds.gain(account, bonds.exit_uncounted(account)) == UNIT + 5
    assert bonds.held() == 0


def test_exit_uncounted__first_deposit_after_the_root__comes_back_and_is_told(bonds: Bonds) -> None:
    old, new = bonds.evm.accounts[1:3]
    counted_to = bonds.deposit(old, UNIT)["blockNumber"]
    bonds.deposit(new, 5)
    leaf = Leaf(old, 0, UNIT, UNIT)
    bonds.make_final([leaf], counted_to=counted_to)
    bonds.deposit(new, 6)
    bonds.fall_silent()
    receipt = bonds.evm.send(bonds.exit_uncounted(new))
    assert bonds.court.events(bonds.escrow, "Exited", receipt) == [{"account": new, "amount": 11, "total": 11}]
    assert bonds.court.events(bonds.escrow, "RootsEnded", receipt) == [{"epoch": FIRST_EPOCH}]
    bonds.evm.fails("nothing to exit with", bonds.exit_uncounted(new))
    bonds.evm.send(bonds.exit(leaf, [leaf]))
    assert bonds.held() == 0


def test_exit_uncounted__around_the_block_counted_to__from_the_one_after_it(bonds: Bonds) -> None:
    last_counted, first_uncounted = bonds.evm.accounts[1:3]
    counted_to = bonds.deposit(last_counted, UNIT)["blockNumber"]
    assert bonds.deposit(first_uncounted, UNIT)["blockNumber"] == counted_to + 1
    bonds.make_final([Leaf(last_counted, 0, UNIT, UNIT)], counted_to=counted_to)
    bonds.fall_silent()
    bonds.evm.fails("the final root counts its deposits", bonds.exit_uncounted(last_counted))
    assert bonds.gain(first_uncounted, bonds.exit_uncounted(first_uncounted)) == UNIT


def test_exit_uncounted__account_in_the_root__cannot_take_its_deposits_again(bonds: Bonds) -> None:
    """Who lost everything deposits once more: only what came since is theirs, and only by `exit`."""
    loser, winner = bonds.evm.accounts[1:3]
    bonds.deposit(loser, UNIT)
    bonds.deposit(winner, UNIT)
    leaves = [Leaf(loser, 0, 0, UNIT), Leaf(winner, 0, 2 * UNIT, UNIT)]
    bonds.make_final(leaves)
    bonds.deposit(loser, 5)
    bonds.fall_silent()
    bonds.evm.fails("the final root counts its deposits", bonds.exit_uncounted(loser))
    assert bonds.gain(loser, bonds.exit(leaves[0], leaves)) == 5
    assert bonds.gain(winner, bonds.exit(leaves[1], leaves)) == 2 * UNIT


def test_exit_uncounted__counted_by_a_waiting_root_only__still_open_to_it(bonds: Bonds) -> None:
    account = bonds.evm.accounts[1]
    bonds.deposit(account, UNIT)
    bonds.evm.set_time(bonds.says("exit_opens_at") - 5)
    bonds.evm.send(bonds.root([Leaf(account, 0, UNIT, UNIT)]))
    bonds.fall_silent()
    assert bonds.gain(account, bonds.exit_uncounted(account)) == UNIT


def treasury_with_a_late_deposit(bonds: Bonds, claimed: bool) -> list[Leaf]:
    """An account that earned 40 and never deposited, so that it stands in the root with 0, and then deposits 9."""
    treasury, payer = bonds.evm.accounts[1:3]
    bonds.deposit(payer, 100)
    leaves = [Leaf(treasury, 30, 40, 0), Leaf(payer, 0, 60, 100)]
    bonds.make_final(leaves)
    if claimed:
        bonds.evm.send(bonds.claim(leaves[0], leaves))
    bonds.deposit(treasury, 9)
    bonds.fall_silent()
    return leaves


def test_exit_uncounted__account_that_earned_before_it_deposited__gets_both_once(bonds: Bonds) -> None:
    leaves = treasury_with_a_late_deposit(bonds, claimed=False)
    treasury = leaves[0].account
    assert bonds.gain(treasury, bonds.exit_uncounted(treasury)) == 9
    assert bonds.gain(treasury, bonds.exit(leaves[0], leaves)) == 40
    bonds.evm.fails("nothing to exit with", bonds.exit_uncounted(treasury))
    assert bonds.gain(leaves[1].account, bonds.exit(leaves[1], leaves)) == 60
    assert bonds.held() == 0


def test_exit_uncounted__the_same_in_the_other_order__gets_both_once(bonds: Bonds) -> None:
    leaves = treasury_with_a_late_deposit(bonds, claimed=False)
    treasury = leaves[0].account
    assert bonds.gain(treasury, bonds.exit(leaves[0], leaves)) == 49
    bonds.evm.fails("nothing to exit with", bonds.exit_uncounted(treasury))


def test_exit_uncounted__the_same_after_a_claim__gets_both_once(bonds: Bonds) -> None:
    leaves = treasury_with_a_late_deposit(bonds, claimed=True)
    treasury = leaves[0].account
    # It got 30 by the claim, more than the 9: these come with the leaf.
    bonds.evm.fails("nothing to exit with", bonds.exit_uncounted(treasury))
    assert bonds.gain(treasury, bonds.exit(leaves[0], leaves)) == 40 - 30 + 9
    assert bonds.says("paid", treasury) == 49


def test_exit_uncounted__around_its_delay__opens_at_its_end(bonds: Bonds) -> None:
    account = bonds.evm.accounts[1]
    bonds.deposit(account, UNIT)
    deployed_at = bonds.says("final_root")[3]
    bonds.evm.set_time(deployed_at + EXIT_DELAY_S - 1)
    bonds.evm.fails("the exit is not open", bonds.exit_uncounted(account))
    bonds.evm.set_time(deployed_at + EXIT_DELAY_S)
    bonds.evm.read(bonds.exit_uncounted(account))


def test_exit_uncounted__never_deposited__refused(bonds: Bonds) -> None:
    bonds.fall_silent()
    bonds.evm.fails("never deposited", bonds.exit_uncounted(bonds.evm.accounts[1]))
