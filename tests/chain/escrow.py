"""Deposits on a real chain, in few words."""

from __future__ import annotations

from typing import Any

from ledger import selectors
from settlement.chain.escrow import escrow
from settlement.index_models import EscrowBlock, EscrowIndex, EscrowLog
from settlement.services.escrow_round import index_escrow
from tests.chain.conftest import World

ALICE = "0x" + "a1" * 20
BOB = "0x" + "b0" * 20


def deposit(world: World, account: str, amount: int, holder: int = 0) -> str:
    """Send a deposit in a block of its own; its transaction's hash."""
    receipt = world.holder(holder).send(escrow(world.client).call("deposit", account, value=amount))
    assert receipt.succeeded
    return str(world.node.block()["transactions"][0])


def index(world: World) -> int:
    """One round, at the chain's own time."""
    return index_escrow(now=world.node.now())


def index_all(world: World) -> None:
    """Rounds until nothing moves any more."""
    while index(world):
        pass


def free(account: str) -> int:
    return selectors.balances(account)["free"]


def logs(**which: Any) -> list[tuple[str, int, str]]:
    """(account, wei, state) in order of the chain."""
    rows = EscrowLog.objects.filter(**which).order_by("block", "log_index", "id")
    return list(rows.values_list("account", "amount", "state"))


def the_index() -> EscrowIndex:
    return EscrowIndex.objects.get()


def assert_follows(world: World) -> None:
    """The index has exactly the chain's blocks, each on top of the other."""
    blocks = list(EscrowBlock.objects.order_by("number"))
    assert blocks[-1].number == world.node.height()
    for below, block in zip(blocks, blocks[1:], strict=False):
        assert (block.number, block.parent) == (below.number + 1, below.hash)
    assert blocks[-1].hash == world.node.block()["hash"]
