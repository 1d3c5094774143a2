"""Another attestor set by two people: proposed on chain, waited for, applied, or vetoed by guardians meanwhile."""

from __future__ import annotations

from typing import Any

import pytest

from dev import accounts
from operators.kinds import NotPossible
from protocol.hashing import keccak, to_hex
from protocol.signing import sign
from reporter.attest.chain import Chain
from reporter.signer_set import OracleContract
from settlement.alarms import open_alarms
from settlement.chain.client import Call
from settlement.chain.wallet import Wallet
from settlement.models import ChainTransaction
from settlement.services import publishers
from settlement.services.calls import call_for
from settlement.services.publishing import publish
from settlement.stages import TransactionState
from tests.chain.conftest import CONFIRMATION, World
from tests.chain.proposals import carry_out, outcome_of, propose, to_the_end, wanted_by_two

SET_DELAY = 100
OWNER = accounts.address(accounts.PUBLISHER)
NEW = [accounts.address(number) for number in (*accounts.ATTESTORS[:3], 25)]
DETAILS = {"attestors": NEW, "threshold": 2}


@pytest.fixture(autouse=True)
def has_signed(world: World) -> None:
    """Who signs is known: the account that owns the oracle."""
    publishers.named(OWNER, now=world.node.now())


def waits(world: World) -> Any:
    """A set that two people want stands on chain."""
    proposal = wanted_by_two("change_attestors", DETAILS, world.node.now())
    carry_out(world.node.now())
    world.node.mine(CONFIRMATION)
    publish(now=world.node.now())
    carry_out(world.node.now())
    assert outcome_of(proposal) == ""
    return proposal


def later(world: World) -> None:
    world.node.mine_at(world.node.now() + SET_DELAY)


def attests(world: World) -> tuple[list[str], int]:
    return world.oracle.attestors()


def veto(world: World, nonce: int) -> None:
    contract = OracleContract(Chain([world.node.url]), world.oracle.address)
    guardians = sorted(accounts.GUARDIANS[:2], key=accounts.address)
    signatures = [sign(accounts.key(each), contract.veto_digest(nonce)) for each in guardians]
    world.holder(3).send(Call(world.oracle.address, contract.veto_set(nonce, signatures)))


def test_change_attestors__two_want_it__waits_and_is_applied(world: World) -> None:
    before = attests(world)
    proposal = waits(world)
    what = [(change["what"], change["after"]) for change in proposal.plan["changes"]]
    assert what == [("attestors", f"2 of {', '.join(sorted(NEW))}")]
    assert f"Comes in: {NEW[3]}. Goes out: " in proposal.plan["sentence"]
    assert attests(world) == before, "it still waits"
    assert ChainTransaction.objects.get().purpose == f"set:{proposal.pk}"
    later(world)
    assert to_the_end(world, proposal) == "applied: set 2 of the oracle attests"
    assert attests(world) == (sorted(NEW), 2)
    rows = ChainTransaction.objects.order_by("nonce")
    assert [row.purpose for row in rows] == [f"set:{proposal.pk}", f"apply:{proposal.pk}"]
    for row in rows:
        rebuilt = call_for(world.client, row.purpose)
        assert (rebuilt.call, rebuilt.approved_by) == (row.call, ("one", "two"))
    with pytest.raises(NotPossible, match="just these attest already"):
        propose("change_attestors", DETAILS, world.node.now())


def test_change_attestors__guardians_veto_it__ends_with_these_words(world: World) -> None:
    proposal = waits(world)
    veto(world, 2)
    later(world)
    assert to_the_end(world, proposal) == "vetoed: guardians dropped set 2 of the oracle"
    assert ChainTransaction.objects.count() == 1
    assert not open_alarms().exists()


def test_change_attestors__vetoed_when_it_could_be_applied__the_contract_refuses_and_the_veto_is_told(
    world: World,
) -> None:
    proposal = waits(world)
    later(world)
    veto(world, 2)
    carry_out(world.node.now())
    assert (ChainTransaction.objects.count(), outcome_of(proposal)) == (1, "")
    assert to_the_end(world, proposal) == "vetoed: guardians dropped set 2 of the oracle"


def test_change_attestors__the_owner_proposes_another__superseded(world: World) -> None:
    proposal = waits(world)

    Wallet(world.client, accounts.key(accounts.PUBLISHER)).send(world.oracle.call("propose_set", sorted(NEW[:2]), 1))
    assert to_the_end(world, proposal) == "superseded: the owner has proposed another set than 2"


def test_change_attestors__somebody_else_applies_it_and_another_is_proposed__it_was_applied(world: World) -> None:
    """While no worker looked."""

    proposal = waits(world)
    later(world)
    world.holder(2).send(world.oracle.call("apply_set", 2))
    Wallet(world.client, accounts.key(accounts.PUBLISHER)).send(world.oracle.call("propose_set", sorted(NEW[:2]), 1))
    world.node.mine(CONFIRMATION)
    assert to_the_end(world, proposal) == "applied: set 2 of the oracle attests"
    assert attests(world) == (sorted(NEW), 2)


def test_change_attestors__another_set_waits_already__two_people_see_that_it_is_dropped(world: World) -> None:
    waits(world)
    with pytest.raises(NotPossible, match="proposed already"):
        propose("change_attestors", DETAILS, world.node.now())


def test_change_attestors__another_set_is_proposed_before_it_is_begun__not_what_was_approved(world: World) -> None:

    proposal = wanted_by_two("change_attestors", DETAILS, world.node.now())
    Wallet(world.client, accounts.key(accounts.PUBLISHER)).send(world.oracle.call("propose_set", sorted(NEW[:2]), 1))
    world.node.mine()
    carry_out(world.node.now())
    assert outcome_of(proposal) == "not done: it would do something else by now than what was approved"
    made = propose("change_attestors", DETAILS, world.node.now())
    assert made.plan["changes"][1] == {
        "what": "what waits on chain",
        "before": f"set 2: 1 of {', '.join(sorted(NEW[:2]))}",
        "after": "dropped",
    }


def test_change_attestors__a_reorganisation_takes_the_proposal__is_sent_again(world: World) -> None:
    proposal = wanted_by_two("change_attestors", DETAILS, world.node.now())
    carry_out(world.node.now())
    world.node.settle()
    publish(now=world.node.now())
    world.node.reorg(1)
    world.node.mine(CONFIRMATION + 1)
    publish(now=world.node.now())
    world.node.mine(CONFIRMATION + 1)
    later(world)
    assert to_the_end(world, proposal) == "applied: set 2 of the oracle attests"


def test_change_attestors__its_transaction_is_cancelled__ends(world: World) -> None:
    proposal = wanted_by_two("change_attestors", DETAILS, world.node.now())
    world.node.hold()
    now = world.node.now()
    carry_out(now)
    row = ChainTransaction.objects.get()
    wanted_by_two("cancel_transaction", {"transaction": str(row.pk)}, now)
    carry_out(now)
    world.node.rpc("evm_setAutomine", True)
    world.node.mine(CONFIRMATION + 1)
    assert to_the_end(world, proposal) == f"not done: nonce {row.nonce} was cancelled by two people"
    row.refresh_from_db()
    assert row.state == TransactionState.CANCELLED


def test_change_attestors__one_alone_wants_it__nothing_is_sent(world: World) -> None:
    propose("change_attestors", DETAILS, world.node.now())
    carry_out(world.node.now())
    assert not ChainTransaction.objects.exists()


def test_change_attestors__the_owner_is_somebody_else__says_how(world: World, settings: Any) -> None:
    other = to_hex(keccak(b"somebody"))[:42]
    world.node.rpc("anvil_impersonateAccount", OWNER)
    steps = ((OWNER, world.oracle.call("propose_owner", other)), (other, world.oracle.call("accept_owner")))
    for sender, call in steps:
        world.node.rpc("anvil_impersonateAccount", sender)
        world.node.rpc("anvil_setBalance", sender, hex(10**20))
        world.node.rpc("eth_sendTransaction", {"from": sender, "to": call.to, "data": call.data})
        world.node.mine()
    with pytest.raises(NotPossible, match=f"owner is {other}, which is not the publisher: .* reporter set propose"):
        propose("change_attestors", DETAILS, world.node.now())


@pytest.mark.parametrize(
    "wrong",
    [{"attestors": []}, {"threshold": 0}, {"threshold": 5}, {"attestors": [NEW[0], NEW[0]]}, {"attestors": ["0x12"]},
     {"threshold": "x"}],
)  # fmt: skip
def test_change_attestors__nonsense__not_proposed(world: World, wrong: dict[str, Any]) -> None:
    with pytest.raises(NotPossible):
        propose("change_attestors", {**DETAILS, **wrong}, world.node.now())
