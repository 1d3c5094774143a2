"""C-1 for what two people want on chain: killed after every write and around every broadcast, one transaction each.

From the same state each time: chain and database are taken back to it. The worker dies in one of its rounds, another
one goes on once the first one's hold is over, and what came of it must be what comes of it without any death.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest
from django.db import connection

from dev import accounts
from operators.models import Proposal
from operators.services.proposals import HOLD_SECONDS
from protocol.reward import reward_account
from settlement.alarms import open_alarms
from settlement.models import ChainTransaction, EscrowLog, PublisherKey, Series
from settlement.services import publishers
from settlement.services.publishing import publish
from settlement.stages import TransactionState
from tests.cast import ETHER
from tests.chain.conftest import World, deployed, node, world  # noqa: F401 (fixtures)
from tests.chain.escrow import free, index_all
from tests.chain.proposals import carry_out, outcome_of, to_the_end, wanted_by_two
from tests.faults import points
from tests.faults.crash import Killed
from tests.faults.test_crash_attempts import Deaths, dying, taken_back

OWNER, NEW = accounts.address(accounts.PUBLISHER), accounts.address(25)
AMOUNT = ETHER // 4
SET = [accounts.address(number) for number in accounts.ATTESTORS[:2]]


@dataclass
class Wanted:
    """A proposal that two people want, where its carrying out begins in the source, and what is true once it has ended.

    `elsewhere` is what writes under it only in a state that another of these begins with.
    """

    proposal: Proposal
    start: str
    purposes: list[str]
    holds: Callable[[], bool]
    elsewhere: frozenset[str] = frozenset()


ADOPTED = frozenset({"publishers.named writes"})


def grid(world: World) -> Wanted:  # noqa: F811
    expiry = world.list_expiry(ahead=100_000)
    proposal = wanted_by_two("list_grid", {"expiry": expiry.id, "strikes": ["1000:3000:1000"]}, world.node.now())
    return Wanted(proposal, "listing_grids.carry_out", ["series"], lambda: Series.objects.count() == 3)


def reward(world: World) -> Wanted:  # noqa: F811
    expiry = world.list_expiry(ahead=100_000)
    proposal = wanted_by_two("fund_reward", {"expiry": expiry.id, "amount": str(AMOUNT)}, world.node.now())

    def once() -> bool:
        return free(reward_account(expiry.id)) == AMOUNT and EscrowLog.objects.filter(state="FINAL").count() == 1

    return Wanted(proposal, "funding_rewards.carry_out", ["reward"], once)


def attestors(world: World) -> Wanted:  # noqa: F811
    publishers.named(OWNER, now=world.node.now())
    proposal = wanted_by_two("change_attestors", {"attestors": SET, "threshold": 1}, world.node.now())
    applied = lambda: world.oracle.attestors() == (sorted(SET), 1)  # noqa: E731
    return Wanted(proposal, "changing_attestors.carry_out", ["set", "apply"], applied, ADOPTED)


def publisher(world: World) -> Wanted:  # noqa: F811
    publishers.named(OWNER, now=world.node.now())
    proposal = wanted_by_two("rotate_publisher", {"address": NEW}, world.node.now())
    named = lambda: list(PublisherKey.objects.values_list("address", flat=True)) == [NEW, OWNER]  # noqa: E731
    return Wanted(proposal, "rotating.carry_out", [], named, ADOPTED)


def rounds(world: World, wanted: Wanted, deaths: Deaths, settings: Any) -> str:  # noqa: F811
    """The first round meets a signer that refuses; blocks come, and the delay of a set passes."""
    cap = settings.PUBLISHER_DAILY_CAP_WEI
    settings.PUBLISHER_DAILY_CAP_WEI = 1
    try:
        with dying(deaths):
            carry_out(world.node.now())
    finally:
        settings.PUBLISHER_DAILY_CAP_WEI = cap
    for _ in range(16):
        if outcome_of(wanted.proposal):
            break
        with dying(deaths):
            carry_out(world.node.now())
        publish(now=world.node.now())
        index_all(world)
        world.node.mine_at(world.node.now() + 20)
    return wanted.proposal.outcome


@pytest.mark.parametrize("kind", [grid, reward, attestors, publisher])
def test_proposal__killed_after_every_write_and_around_every_broadcast__done_once(
    world: World, settings: Any, kind: Callable[[World], Wanted]  # noqa: F811
) -> None:
    wanted = kind(world)
    died: list[str] = []
    for at in count(1):
        deaths = Deaths(at)
        with taken_back(world):
            world.node.rpc("evm_setAutomine", True)
            try:
                rounds(world, wanted, deaths, settings)
            except Killed:
                died.append(deaths.where)
                connection.set_rollback(False)  # bulk_create, which is a commit of its own, died inside of this test's
                world.node.mine_at(world.node.now() + 1 + HOLD_SECONDS)
                later = lambda: (index_all(world), world.node.mine_at(world.node.now() + 20))  # noqa: E731
                to_the_end(world, wanted.proposal, more=later, rounds=16)
            assert_done_once(world, wanted)
        wanted.proposal.refresh_from_db()
        if not deaths.where:
            break
    assert died and len(died) == deaths.met, "the last one got through"
    assert uncovered(wanted, died) == []


def assert_done_once(world: World, wanted: Wanted) -> None:  # noqa: F811
    assert wanted.proposal.outcome and not wanted.proposal.outcome.startswith("not done"), wanted.proposal.outcome
    assert wanted.holds()
    rows = list(ChainTransaction.objects.order_by("nonce"))
    assert [row.purpose.split(":")[0] for row in rows] == wanted.purposes
    assert all(row.state in (TransactionState.MINED, TransactionState.CONFIRMED) and row.succeeded for row in rows)
    for row in rows:
        found = [world.client.receipt(each.hash) for each in row.attempts.all()]
        assert sum(receipt is not None for receipt in found) == 1, "one attempt of a nonce is mined"
    assert not open_alarms().exists()


def uncovered(wanted: Wanted, died: list[str]) -> list[str]:
    """Functions that write or send, by the source, and in which nothing ever died."""
    found = points.writers_under(wanted.start)
    return sorted({f"{name} {does}" for name, both in found.items() for does in both} - set(died) - wanted.elsewhere)
