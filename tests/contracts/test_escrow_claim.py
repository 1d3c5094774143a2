"""Escrow.claim: what an account asked to withdraw, less what it got, by anyone, against the final root (PROTOCOL 8)."""

import pytest

from tests.contracts.bonds import FIRST_EPOCH, Bonds, Leaf, deploy_escrow, tree
from tests.contracts.evm import UNIT, Court


@pytest.fixture
def leaves(bonds: Bonds) -> list[Leaf]:
    """Five accounts that deposited 2 units each and asked for 1, in a final root."""
    accounts = bonds.evm.accounts[1:6]
    for account in accounts:
        bonds.deposit(account, 2 * UNIT)
    leaves = [Leaf(account, UNIT, 2 * UNIT, 2 * UNIT) for account in accounts]
    bonds.make_final(leaves)
    return leaves


def test_claim__by_anyone__pays_the_account_and_tells(bonds: Bonds, leaves: list[Leaf]) -> None:
    for leaf in leaves:
        before = bonds.evm.balance(leaf.account)
        receipt = bonds.evm.send(bonds.claim(leaf, leaves), bonds.evm.accounts[9])
        assert bonds.evm.balance(leaf.account) - before == UNIT
        assert bonds.court.events(bonds.escrow, "Claimed", receipt) == [
            {"account": leaf.account, "epoch": FIRST_EPOCH, "amount": UNIT, "total": UNIT}
        ]
        assert bonds.says("paid", leaf.account) == UNIT
    assert bonds.says("total_paid") == 5 * UNIT
    assert bonds.held() == bonds.says("total_deposited") - bonds.says("total_paid") == 5 * UNIT


def test_claim__twice__paid_once(bonds: Bonds, leaves: list[Leaf]) -> None:
    bonds.evm.send(bonds.claim(leaves[0], leaves))
    bonds.evm.fails("nothing to claim", bonds.claim(leaves[0], leaves))


def test_claim__next_root__pays_only_what_was_asked_since(bonds: Bonds, leaves: list[Leaf]) -> None:
    bonds.evm.send(bonds.claim(leaves[0], leaves))
    more = [leaf._replace(withdrawable=UNIT + 5) for leaf in leaves]
    bonds.make_final(more)
    assert bonds.gain(leaves[0].account, bonds.claim(more[0], more)) == 5
    # Who skipped a root loses nothing.
    assert bonds.gain(leaves[1].account, bonds.claim(more[1], more)) == UNIT + 5


def test_claim__proof_of_another_epoch__refused(bonds: Bonds, leaves: list[Leaf]) -> None:
    old = bonds.claim(leaves[0], leaves)
    more = [leaf._replace(withdrawable=UNIT + 5) for leaf in leaves]
    bonds.evm.send(bonds.root(more))
    bonds.evm.fails("not in the final root", bonds.claim(more[0], more))
    bonds.evm.read(old)
    bonds.pass_time(bonds.says("DELAY"))
    bonds.evm.fails("not in the final root", old)


@pytest.mark.parametrize("field, by", [("withdrawable", 1), ("entitled", 1), ("deposited", -1), ("withdrawable", -1)])
def test_claim__leaf_changed__refused(bonds: Bonds, leaves: list[Leaf], field: str, by: int) -> None:
    proof = tree(leaves).proof(leaves[0].hash)
    changed = leaves[0]._replace(**{field: getattr(leaves[0], field) + by})
    bonds.evm.fails("not in the final root", bonds.escrow.functions.claim(*changed, proof))


def test_claim__foreign_proof__refused(bonds: Bonds, leaves: list[Leaf]) -> None:
    claim = bonds.escrow.functions.claim
    proofs = [tree(leaves).proof(leaf.hash) for leaf in leaves]
    stranger = leaves[0]._replace(account=bonds.evm.accounts[8])
    bonds.evm.fails("not in the final root", claim(*leaves[0], proofs[1]))
    bonds.evm.fails("not in the final root", claim(*stranger, proofs[0]))
    bonds.evm.fails("not in the final root", claim(*leaves[0], proofs[0][:-1]))
    bonds.evm.fails("not in the final root", claim(*leaves[0], [*proofs[0], "0x" + "00" * 32]))
    bonds.evm.fails("not in the final root", claim(*leaves[0], []))


def test_claim__leaf_of_another_tree__refused(bonds: Bonds, leaves: list[Leaf]) -> None:
    forged = [leaf._replace(withdrawable=2 * UNIT) for leaf in leaves]
    bonds.evm.fails("not in the final root", bonds.claim(forged[0], forged))


def test_claim__tree_of_one_leaf__needs_no_proof(bonds: Bonds) -> None:
    account = bonds.evm.accounts[1]
    bonds.deposit(account, UNIT)
    leaf = Leaf(account, UNIT, UNIT, UNIT)
    bonds.make_final([leaf])
    assert tree([leaf]).proof(leaf.hash) == []
    assert bonds.gain(account, bonds.claim(leaf, [leaf])) == UNIT
    assert bonds.held() == 0


@pytest.mark.parametrize("count", [2, 3, 7, 8, 20])
def test_claim__trees_of_every_shape__all_leaves_are_proven(bonds: Bonds, count: int) -> None:
    for_one = bonds.evm.accounts[1]
    bonds.deposit(for_one, count)
    accounts = ["0x" + f"{number + 1:040x}" for number in range(0x1000, 0x1000 + count)]
    leaves = [Leaf(bonds.evm.w3.to_checksum_address(account), 1, 1, 0) for account in accounts]
    bonds.make_final(leaves)
    for leaf in leaves:
        assert bonds.gain(leaf.account, bonds.claim(leaf, leaves)) == 1
    assert bonds.held() == 0


def test_claim__before_any_root_or_over_no_accounts__refused(bonds: Bonds) -> None:
    leaf = Leaf(bonds.evm.accounts[1], UNIT, UNIT, UNIT)
    bonds.deposit(leaf.account, UNIT)
    bonds.evm.fails("not in the final root", bonds.claim(leaf, [leaf]))
    bonds.make_final([])
    bonds.evm.fails("not in the final root", bonds.claim(leaf, [leaf]))


def test_claim__nothing_asked__refused(bonds: Bonds) -> None:
    leaf = Leaf(bonds.evm.accounts[1], 0, UNIT, UNIT)
    bonds.deposit(leaf.account, UNIT)
    bonds.make_final([leaf])
    bonds.evm.fails("nothing to claim", bonds.claim(leaf, [leaf]))


@pytest.mark.filterwarnings("ignore:.*selfdestruct", "ignore:SELFDESTRUCT:DeprecationWarning")
def test_claim__false_root_over_forced_eth__never_more_than_was_deposited(court: Court) -> None:
    bonds = deploy_escrow(court)
    account = bonds.evm.accounts[1]
    bonds.deposit(account, UNIT)
    bonds.evm.deploy_mock("Forcer", bonds.escrow.address, value=UNIT)
    assert bonds.held() == 2 * UNIT
    leaf = Leaf(account, UNIT + 1, UNIT + 1, UNIT)
    bonds.make_final([leaf])
    bonds.evm.fails("more than was deposited", bonds.claim(leaf, [leaf]))
    huge = Leaf(account, 2**256 - 1, 2**256 - 1, UNIT)
    bonds.make_final([huge])
    bonds.evm.fails("more than was deposited", bonds.claim(huge, [huge]))


def test_claim__after_the_end__goes_on(bonds: Bonds, leaves: list[Leaf]) -> None:
    bonds.fall_silent()
    bonds.evm.send(bonds.exit(leaves[0], leaves))
    assert bonds.gain(leaves[1].account, bonds.claim(leaves[1], leaves)) == UNIT
    bonds.evm.fails("nothing to claim", bonds.claim(leaves[0], leaves))
