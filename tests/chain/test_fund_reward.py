"""A reward out of the publisher's ether: sent once, in the book before the expiry opens, or the words why not."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User

from operators.kinds import NotPossible
from oracle.models import Act, Expiry
from oracle.services.time import beat
from protocol.reward import reward_account
from settlement.alarms import AlarmKind, open_alarms
from settlement.models import Attempt, ChainTransaction, EscrowIndex
from settlement.selectors import transactions_of
from settlement.services import authorizing
from settlement.services.calls import call_for
from settlement.services.opening import open_due
from settlement.services.publishing import publish
from settlement.signers.policy import DAY_SECONDS
from settlement.signers.signer import read
from settlement.stages import TransactionState
from tests.cast import ETHER
from tests.chain.conftest import CONFIRMATION, FINALITY, World
from tests.chain.escrow import deposit, free, index_all
from tests.chain.proposals import approve, carry_out, outcome_of, propose, to_the_end, wanted_by_two
from tests.chain.test_bumping import BUMP

AMOUNT = ETHER // 4
HOUR = 3_600


@pytest.fixture
def expiry(world: World) -> Expiry:
    return world.list_expiry(ahead=3 * HOUR)


def details(expiry: Expiry, amount: int = AMOUNT) -> dict[str, Any]:
    return {"expiry": expiry.id, "amount": str(amount)}


def to_its_end(world: World, proposal: Any) -> str:
    return to_the_end(world, proposal, more=lambda: index_all(world))


def test_fund_reward__two_want_it__is_the_reward_when_it_opens(world: World, expiry: Expiry) -> None:
    proposal = wanted_by_two("fund_reward", details(expiry), world.node.now())
    account = reward_account(expiry.id)
    (change,) = proposal.plan["changes"]
    assert (change["what"], change["after"]) == (f"reward account {account}", "0.25 ETH more")
    carry_out(world.node.now())
    row = ChainTransaction.objects.get()
    said, _ = read(row.newest.raw)
    assert (row.purpose, row.value, said.call.value) == (f"reward:{proposal.pk}", AMOUNT, AMOUNT)
    assert call_for(world.client, row.purpose).call == row.call
    assert outcome_of(proposal) == "", "no final block has it"
    assert to_its_end(world, proposal) == f"0.25 ETH are in the reward of one, by {row.hash}"
    assert list(transactions_of(proposal)) == [row]
    assert free(account) == AMOUNT
    open_due(now=world.pass_expiry(expiry))
    assert int(Act.objects.get(kind="Opened").message["reward"]) == AMOUNT


def test_fund_reward__funds_and_what_moves__are_no_part_of_what_is_agreed_to(world: World, expiry: Expiry) -> None:
    deposit(world, "0x" + "a1" * 20, 1)
    wanted_by_two("fund_reward", details(expiry), world.node.now())
    carry_out(world.node.now())  # adopts who signs, whose funds are told from now on
    other = world.list_expiry("two", ahead=4 * HOUR)
    made = propose("fund_reward", details(other), world.node.now())
    assert made.plan["notes"][0].startswith("the publisher 0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266 has 9999.")
    carry_out(world.node.now())
    approve(made, world.node.now())
    world.node.rpc("anvil_setBalance", "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266", hex(AMOUNT - 1))
    with pytest.raises(NotPossible, match="the publisher 0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266 has 0.24"):
        propose("fund_reward", details(world.list_expiry("three", ahead=5 * HOUR)), world.node.now())


def test_fund_reward__one_alone_wants_it__nothing_is_sent(world: World, expiry: Expiry) -> None:
    proposal = propose("fund_reward", details(expiry), world.node.now())
    carry_out(world.node.now())
    assert (ChainTransaction.objects.count(), outcome_of(proposal)) == (0, "")


def test_fund_reward__too_much_too_late_or_nonsense__not_proposed(world: World, expiry: Expiry, settings: Any) -> None:
    for amount, expected in (("0", "nothing"), (str(ETHER + 1), "PUBLISHER_REWARD_CAP_WEI"), ("1.5", "whole number"),
                             ("-1", "whole number")):  # fmt: skip
        with pytest.raises(NotPossible, match=expected):
            propose("fund_reward", {"expiry": expiry.id, "amount": amount}, world.node.now())
    with pytest.raises(NotPossible, match="must become final before"):
        propose("fund_reward", details(expiry), expiry.expiry_at - HOUR + 1)
    now = world.pass_expiry(expiry)
    open_due(now=now)
    with pytest.raises(NotPossible, match="one is REPORTING"):
        propose("fund_reward", details(expiry), now)


def test_fund_reward__the_cap_is_lowered_meanwhile__not_done(world: World, expiry: Expiry, settings: Any) -> None:
    proposal = wanted_by_two("fund_reward", details(expiry), world.node.now())
    settings.PUBLISHER_REWARD_CAP_WEI = AMOUNT - 1
    carry_out(world.node.now())
    assert outcome_of(proposal).startswith("not done: more than nothing and at most 0.")
    assert not ChainTransaction.objects.exists()


def test_fund_reward__over_the_daily_cap__waits_for_the_day_to_end(world: World, settings: Any) -> None:
    """What goes along counts as what is burnt does."""
    first = world.list_expiry("one", ahead=3 * DAY_SECONDS)
    second = world.list_expiry("two", ahead=4 * DAY_SECONDS)
    settings.PUBLISHER_DAILY_CAP_WEI = AMOUNT * 3 // 2
    assert "ETH are in" in to_its_end(world, wanted_by_two("fund_reward", details(first), world.node.now()))
    row = ChainTransaction.objects.get()
    assert authorizing.spent_wei(row.chain, row.sender, since=0) > AMOUNT
    now = world.node.now()
    proposal = wanted_by_two("fund_reward", details(second), now)
    carry_out(now)
    carry_out(now + 1)
    assert (ChainTransaction.objects.count(), outcome_of(proposal)) == (1, "")
    (alarm,) = open_alarms()
    assert (alarm.kind, alarm.subject) == (AlarmKind.SIGNER_REFUSED, f"reward:{proposal.pk}")
    world.node.mine_at(now + DAY_SECONDS)
    assert "ETH are in the reward of two" in to_its_end(world, proposal)
    assert not open_alarms().exists()


def test_fund_reward__one_has_left_meanwhile__ends_with_the_signers_words(
    world: World, expiry: Expiry, settings: Any
) -> None:
    proposal = wanted_by_two("fund_reward", details(expiry), world.node.now())
    settings.PUBLISHER_DAILY_CAP_WEI = 1
    carry_out(world.node.now())
    User.objects.filter(username="one").update(is_staff=False)
    carry_out(world.node.now())
    assert outcome_of(proposal).startswith("not done: the signer refuses it: two_people: 1 operators want it")
    assert not open_alarms().exists()
    assert not ChainTransaction.objects.exists()


def test_fund_reward__a_reorganisation_takes_the_deposit__is_sent_again_and_credited_once(
    world: World, expiry: Expiry
) -> None:
    proposal = wanted_by_two("fund_reward", details(expiry), world.node.now())
    carry_out(world.node.now())
    world.node.settle()
    publish(now=world.node.now())
    index_all(world)
    assert ChainTransaction.objects.get().state == TransactionState.MINED
    world.node.reorg(1)
    assert "ETH are in" in to_its_end(world, proposal)
    assert free(reward_account(expiry.id)) == AMOUNT
    assert (ChainTransaction.objects.count(), Attempt.objects.count()) == (1, 1)


def test_fund_reward__no_block_takes_it__is_bumped_with_the_same_ether(world: World, expiry: Expiry) -> None:
    proposal = wanted_by_two("fund_reward", details(expiry), world.node.now())
    now = world.node.now()
    world.node.hold()
    carry_out(now)
    publish(now=now + BUMP)
    assert [read(each.raw)[0].call.value for each in Attempt.objects.all()] == [AMOUNT, AMOUNT]
    world.node.rpc("evm_setAutomine", True)
    world.node.mine()
    assert "ETH are in" in to_its_end(world, proposal)
    assert free(reward_account(expiry.id)) == AMOUNT


def test_fund_reward__its_transaction_is_cancelled__ends_and_no_ether_went(world: World, expiry: Expiry) -> None:
    proposal = wanted_by_two("fund_reward", details(expiry), world.node.now())
    now = world.node.now()
    world.node.hold()
    carry_out(now)
    row = ChainTransaction.objects.get()
    wanted_by_two("cancel_transaction", {"transaction": str(row.pk)}, now)
    carry_out(now)
    world.node.rpc("evm_setAutomine", True)
    world.node.mine(CONFIRMATION + 1)
    assert to_its_end(world, proposal) == f"not done: nonce {row.nonce} was cancelled by two people"
    assert free(reward_account(expiry.id)) == 0
    assert ChainTransaction.objects.count() == 1


def test_fund_reward__the_expiry_opens_before_a_block_has_it__its_fee_is_not_raised_any_more(
    world: World, expiry: Expiry
) -> None:
    """Whatever comes now would lie on the account for ever: it waits for a cancel by two people."""
    proposal = wanted_by_two("fund_reward", details(expiry), world.node.now())
    world.node.hold()
    carry_out(world.node.now())
    row = ChainTransaction.objects.get()
    world.node.rpc("anvil_dropTransaction", row.hash)
    now = world.pass_expiry(expiry)
    open_due(now=now)
    publish(now=now)
    row.refresh_from_db()
    assert row.reason.startswith("its fee is not raised: value: the expiry has opened")
    assert (row.attempts.count(), outcome_of(proposal)) == (1, "")
    wanted_by_two("cancel_transaction", {"transaction": str(row.pk)}, now)
    carry_out(now)
    world.node.rpc("evm_setAutomine", True)
    world.node.mine(CONFIRMATION + 1)
    assert "was cancelled by two people" in to_its_end(world, proposal)
    assert not open_alarms().filter(kind=AlarmKind.SIGNER_REFUSED).exists()


def test_fund_reward__it_opens_between_block_and_final_block__the_words_say_where_the_ether_lies(
    world: World, expiry: Expiry
) -> None:
    proposal = wanted_by_two("fund_reward", details(expiry), world.node.now())
    world.node.hold()
    carry_out(world.node.now())
    world.node.mine_at(expiry.expiry_at)
    world.node.rpc("evm_setAutomine", True)
    world.node.mine(FINALITY)
    open_due(now=world.node.now())
    beat(now=world.node.now())
    account = reward_account(expiry.id)
    assert to_its_end(world, proposal) == f"too late: one had opened; 0.25 ETH lie on {account} for ever"


def test_fund_reward__final_blocks_do_not_have_it__ends_with_the_reason(world: World, expiry: Expiry) -> None:
    """A chain that went deeper back than we wait: whoever looks finds why, and proposes anew."""
    proposal = wanted_by_two("fund_reward", details(expiry), world.node.now())
    carry_out(world.node.now())
    world.node.mine(CONFIRMATION)
    publish(now=world.node.now())
    row = ChainTransaction.objects.get()
    EscrowIndex.objects.update_or_create(id=1, defaults={"credited_to": row.block_number})
    carry_out(world.node.now())
    assert outcome_of(proposal) == f"not done: the final blocks up to {row.block_number} do not have {row.hash}"
