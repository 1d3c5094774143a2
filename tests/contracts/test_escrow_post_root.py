"""Escrow.post_root: k attestors' signatures over exactly the next root, one at a time (PROTOCOL 7, 8)."""

from typing import Any

import pytest

from protocol import signing
from tests.contracts.bonds import EXIT_DELAY_S, FIRST_EPOCH, ROOT_DELAY_S, Bonds, Leaf, deploy_escrow, tree
from tests.contracts.evm import ATTESTORS, GUARDIANS, UNIT, Court, signers


@pytest.fixture
def leaves(bonds: Bonds) -> list[Leaf]:
    account = bonds.evm.accounts[1]
    bonds.deposit(account, UNIT)
    return [Leaf(account, UNIT, UNIT, UNIT)]


def signed(bonds: Bonds, posted: dict[str, Any], keys: Any = ATTESTORS[:3], **said: Any) -> Any:
    """A post of `posted` with signatures over it, but for the domain or message fields changed by keyword."""
    domain = {key: said.pop(key) for key in list(said) if key in ("name", "version", "chainId", "verifyingContract")}
    signatures = bonds.court.sign(keys, "Root", {**posted, **said}, **domain)
    return bonds.escrow.functions.post_root(posted["epoch"], posted["root"], posted["block"], signatures)


def next_root(bonds: Bonds) -> dict[str, Any]:
    return {"epoch": FIRST_EPOCH, "root": b"\x01" * 32, "block": bonds.evm.w3.eth.block_number}


def test_post_root__k_signatures__waits_and_is_told(bonds: Bonds, leaves: list[Leaf]) -> None:
    counted_to = bonds.evm.w3.eth.block_number
    bonds.evm.set_time(at := bonds.evm.now() + 100)
    receipt = bonds.evm.send(bonds.root(leaves), bonds.evm.accounts[8])
    root = bytes.fromhex(tree(leaves).root[2:])
    assert bonds.court.events(bonds.escrow, "RootPosted", receipt) == [
        {"epoch": FIRST_EPOCH, "root": root, "counted_to": counted_to, "final_at": at + ROOT_DELAY_S}
    ]
    assert bonds.says("waiting_root") == (FIRST_EPOCH, root, counted_to, at + ROOT_DELAY_S)
    assert bonds.says("final_root")[0] == FIRST_EPOCH - 1
    assert bonds.says("next_epoch") == FIRST_EPOCH + 1


def test_post_root__around_its_delay__final_at_its_end_by_the_clock_alone(bonds: Bonds, leaves: list[Leaf]) -> None:
    bonds.evm.set_time(at := bonds.evm.now() + 100)
    bonds.evm.send(bonds.root(leaves))
    waiting = bonds.says("waiting_root")
    bonds.evm.set_time(at + ROOT_DELAY_S - 1)
    assert bonds.says("waiting_root") == waiting
    bonds.evm.fails("not in the final root", bonds.claim(leaves[0], leaves))
    bonds.evm.set_time(at + ROOT_DELAY_S)
    assert bonds.says("waiting_root") == (0, bytes(32), 0, 0)
    assert bonds.says("final_root") == waiting
    assert bonds.says("exit_opens_at") == at + ROOT_DELAY_S + EXIT_DELAY_S
    assert bonds.gain(leaves[0].account, bonds.claim(leaves[0], leaves)) == UNIT


def test_post_root__while_one_waits__refused(bonds: Bonds, leaves: list[Leaf]) -> None:
    bonds.evm.set_time(at := bonds.evm.now() + 100)
    bonds.evm.send(bonds.root(leaves))
    bonds.evm.set_time(at + ROOT_DELAY_S - 1)
    bonds.evm.fails("a root is waiting", bonds.root(leaves))
    bonds.evm.set_time(at + ROOT_DELAY_S)
    bonds.evm.send(bonds.root(leaves))


def test_post_root__stream_of_roots__each_becomes_final_and_the_one_before_stays_so(bonds: Bonds) -> None:
    account = bonds.evm.accounts[1]
    bonds.deposit(account, UNIT)
    for epoch in range(FIRST_EPOCH, FIRST_EPOCH + 4):
        bonds.evm.send(bonds.root([Leaf(account, epoch, UNIT, UNIT)]))
        assert bonds.says("final_root")[0] == epoch - 1
        bonds.pass_time(ROOT_DELAY_S)
        assert bonds.says("final_root")[0] == epoch


def test_post_root__posted_again_or_skipped__refused(bonds: Bonds, leaves: list[Leaf]) -> None:
    first = bonds.root(leaves)
    bonds.evm.fails("not the next epoch", bonds.root(leaves, epoch=FIRST_EPOCH - 1))
    bonds.evm.fails("not the next epoch", bonds.root(leaves, epoch=FIRST_EPOCH + 1))
    bonds.evm.send(first)
    bonds.evm.fails("not the next epoch", first)
    bonds.pass_time(ROOT_DELAY_S)
    bonds.evm.fails("not the next epoch", first)


def test_post_root__of_an_earlier_escrow__refused_by_its_number(bonds: Bonds, court: Court, leaves: list[Leaf]) -> None:
    old = bonds.root(leaves)
    bonds.evm.send(old)
    later = deploy_escrow(court, first_epoch=FIRST_EPOCH + 1)
    replayed = later.escrow.functions.post_root(*old.args)
    bonds.evm.fails("not the next epoch", replayed)


def test_post_root__counted_to__past_and_never_back(bonds: Bonds, leaves: list[Leaf]) -> None:
    newest = bonds.evm.w3.eth.block_number
    bonds.evm.fails("counted_to is not past", bonds.root(leaves, counted_to=newest + 1))
    bonds.evm.fails("counted_to is not past", bonds.root(leaves, counted_to=2**256 - 1))
    bonds.make_final(leaves, counted_to=newest)
    bonds.evm.fails("counted_to goes back", bonds.root(leaves, counted_to=newest - 1))
    bonds.make_final(leaves, counted_to=newest)


def test_post_root__of_no_accounts__keeps_the_exit_shut(bonds: Bonds) -> None:
    before = bonds.says("exit_opens_at")
    bonds.make_final([])
    assert bonds.says("final_root")[1] == bytes(32)
    assert bonds.says("exit_opens_at") > before


@pytest.mark.parametrize(
    "said",
    [
        {"epoch": FIRST_EPOCH + 1},
        {"root": b"\x02" * 32},
        {"block": 1},
        {"chainId": 1},
        {"name": "Assise"},
        {"version": "2"},
        {"verifyingContract": "0x" + "22" * 20},
    ],
)
def test_post_root__signed_otherwise__refused(bonds: Bonds, said: dict[str, Any]) -> None:
    with pytest.raises(AssertionError, match="not in the set|do not ascend"):
        bonds.evm.fails("", signed(bonds, next_root(bonds), **said))


def test_post_root__signed_for_the_escrow_as_domain__refused(bonds: Bonds) -> None:
    foreign = signed(bonds, next_root(bonds), verifyingContract=bonds.escrow.address)
    with pytest.raises(AssertionError, match="not in the set|do not ascend"):
        bonds.evm.fails("", foreign)


@pytest.mark.parametrize(
    "keys, reason",
    [
        (ATTESTORS[:2], "too few signatures"),
        ([ATTESTORS[0]] * 3, "signers do not ascend"),
        (ATTESTORS[2::-1], "signers do not ascend"),
        (GUARDIANS, "signer is not in the set"),
        (signers("stranger", 3), "signer is not in the set"),
    ],
)
def test_post_root__not_k_attestors__refused(bonds: Bonds, keys: Any, reason: str) -> None:
    bonds.evm.fails(reason, signed(bonds, next_root(bonds), keys))


def test_post_root__more_than_k__taken(bonds: Bonds) -> None:
    bonds.evm.send(signed(bonds, next_root(bonds), ATTESTORS))


def test_post_root__signed_by_protocol__taken(bonds: Bonds) -> None:
    domain = signing.Domain(bonds.evm.w3.eth.chain_id, bonds.court.oracle.address.lower())
    posted = next_root(bonds)
    digest = signing.digest(domain, "Root", {**posted, "root": "0x" + posted["root"].hex()})
    keys = ["0x" + bytes(attestor.key).hex() for attestor in ATTESTORS[:3]]
    signatures = [bytes.fromhex(signing.sign(key, digest)[2:]) for key in keys]
    bonds.evm.send(bonds.escrow.functions.post_root(posted["epoch"], posted["root"], posted["block"], signatures))


def test_post_root__attestors_changed_at_the_oracle__only_the_new_ones_count(bonds: Bonds, leaves: list[Leaf]) -> None:
    new = signers("new attestor", 2)
    oracle = bonds.court.oracle.functions
    bonds.evm.send(oracle.propose_set([key.address for key in new], 2))
    bonds.pass_time(oracle.SET_DELAY().call())
    bonds.evm.send(oracle.apply_set(2))
    bonds.evm.fails("signer is not in the set", bonds.root(leaves))
    bonds.evm.send(bonds.root(leaves, keys=new))


def test_post_root__after_the_end__refused(bonds: Bonds, leaves: list[Leaf]) -> None:
    bonds.fall_silent()
    root = bonds.root(leaves)
    bonds.evm.read(root)  # silence alone does not end them
    bonds.evm.send(bonds.exit_uncounted(leaves[0].account))
    bonds.evm.fails("the roots have ended", root)
