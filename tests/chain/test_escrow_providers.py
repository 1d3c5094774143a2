"""Three providers, one or two of which forge, leave out, repeat or say nothing: a quorum or no credit."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from oracle.models import Act
from settlement.chain import providers
from settlement.chain.errors import WrongChain
from settlement.chain.providers import Providers, StaleReads
from settlement.index_models import EscrowBlock, EscrowLog
from settlement.reconcile import escrow_problem
from tests.chain.conftest import FINALITY, World
from tests.chain.escrow import ALICE, BOB, deposit, free, index, index_all, logs, the_index
from tests.chain.proxy import Liar, before

WORD = "0x" + "9" * 64


@pytest.fixture
def three(world: World, settings: Any) -> Iterator[list[Liar]]:
    with ExitStack() as stack:
        liars = [stack.enter_context(before(world.node.url)) for _ in range(3)]
        settings.RPC_URLS, settings.RPC_QUORUM = [liar.url for liar in liars], 2
        yield liars


def to_bob(method: str, answer: Any) -> Any:
    """Forge every deposit: the same log, for another account."""
    found = answer if method == "eth_getLogs" else (answer or {}).get("logs", []) if "Receipt" in method else []
    for each in found:
        each["topics"][1] = "0x" + "0" * 24 + BOB[2:]
    return answer


def invented(method: str, answer: Any) -> Any:
    """A deposit that never was, in every block."""
    if method != "eth_getLogs":
        return answer
    from settlement.chain.events import _events

    topic = next(t for t, each in _events().items() if each["name"] == "Deposited")
    who = "0x" + "0" * 24 + BOB[2:]
    made = {"address": "", "topics": [topic, who, who], "data": "0x" + f"{9:064x}" * 2, "logIndex": "0x0"}
    return [made | {"blockNumber": "0x1", "blockHash": WORD, "transactionHash": WORD}]


def left_out(method: str, answer: Any) -> Any:
    if method == "eth_getLogs":
        return []
    return {**answer, "logs": []} if "Receipt" in method and answer else answer


def failed(method: str, answer: Any) -> Any:
    return {**answer, "status": "0x0"} if "Receipt" in method and answer else answer


def far_ahead(method: str, answer: Any) -> Any:
    return hex(10**9) if method == "eth_blockNumber" else answer


def another_block(method: str, answer: Any) -> Any:
    return {**answer, "hash": WORD} if method == "eth_getBlockByNumber" and answer["number"] != "0x0" else answer


def another_chain(method: str, answer: Any) -> Any:
    return "0x1" if method == "eth_chainId" else answer


def rich(method: str, answer: Any) -> Any:
    return hex(10**30) if method == "eth_getBalance" else answer


def nonsense(method: str, answer: Any) -> Any:
    return {"no": ["sense"]} if method != "eth_chainId" else answer


LIES = [to_bob, invented, left_out, failed, far_ahead, another_block, another_chain, rich, nonsense]


@pytest.mark.parametrize("lie", LIES, ids=lambda lie: lie.__name__)
def test_one_of_three__lies_all_along__outvoted(world: World, three: list[Liar], lie: Any) -> None:
    three[LIES.index(lie) % 3].twist = lie
    deposit(world, ALICE, 5)
    index_all(world)
    assert logs() == [(ALICE, 5, "PENDING")]
    world.node.mine(FINALITY)
    index_all(world)
    assert (free(ALICE), free(BOB), Act.objects.count()) == (5, 0, 1)
    assert (the_index().stale, escrow_problem()) == ("", None)


def test_one_of_three__dead__outvoted_and_asked_once_a_round(world: World, three: list[Liar]) -> None:
    three[1].dead = True
    deposit(world, ALICE, 5)
    world.node.mine(FINALITY)
    index_all(world)
    assert free(ALICE) == 5
    assert three[1].asked == []


def test_two_of_three__dead__stale_and_nothing_credited_until_one_is_back(
    world: World, three: list[Liar]
) -> None:
    index_all(world)
    deposit(world, ALICE, 5)
    world.node.mine(FINALITY)
    three[0].dead = three[2].dead = True
    blocks = EscrowBlock.objects.count()
    with pytest.raises(StaleReads):
        index(world)
    assert the_index().stale
    assert (EscrowBlock.objects.count(), EscrowLog.objects.count(), Act.objects.count()) == (blocks, 0, 0)
    three[0].dead = False
    index_all(world)
    assert (free(ALICE), the_index().stale) == (5, "")


@pytest.mark.parametrize("lies", [(to_bob, left_out), (left_out, invented), (to_bob, nonsense)])
def test_two_of_three__lie_otherwise__stale_and_nothing_credited(
    world: World, three: list[Liar], lies: Any
) -> None:
    three[0].twist, three[2].twist = lies
    deposit(world, ALICE, 5)
    world.node.mine(FINALITY)
    for _ in range(3):
        with pytest.raises(StaleReads):
            index(world)
    assert the_index().stale
    assert (free(ALICE), free(BOB), Act.objects.count()) == (0, 0, 0)


def test_between_log_and_credit__receipts_disagree__nothing_credited(world: World, three: list[Liar]) -> None:
    """The log was read well; by the time that it is final two nodes know no such receipt any more."""
    deposit(world, ALICE, 5)
    index_all(world)
    world.node.mine(FINALITY)
    three[0].twist, three[1].twist = failed, left_out
    with pytest.raises(StaleReads, match=r"receipt|logs"):
        index_all(world)
    assert (logs()[0][2], free(ALICE)) == ("PENDING", 0)
    three[1].twist = failed
    with pytest.raises(StaleReads, match="has no log"):
        index_all(world)
    assert (logs()[0][2], free(ALICE)) == ("PENDING", 0)
    three[0].twist = three[1].twist = lambda method, answer: answer
    index_all(world)
    assert free(ALICE) == 5


def test_nodes__one_comes_late__the_quorum_says_where_the_chain_ends(world: World, three: list[Liar]) -> None:
    """A node that is behind keeps nobody waiting, and one that runs ahead makes nobody hurry."""
    deposit(world, ALICE, 5)
    behind = hex(world.node.height() - 1)
    three[0].twist = lambda method, answer: behind if method == "eth_blockNumber" else answer
    index_all(world)
    assert logs() == [(ALICE, 5, "PENDING")]
    three[1].twist = three[0].twist
    assert index(world) == 0, "two are behind: what was seen is not unseen"
    assert logs() == [(ALICE, 5, "PENDING")]
    assert EscrowBlock.objects.order_by("-number").values_list("number", flat=True)[0] == world.node.height()


def test_providers__logs_of_another_block__no_answer(world: World) -> None:
    """Even a quorum cannot pass a log off as one of a block that it is not of."""
    deposit(world, ALICE, 5)
    with before(world.node.url) as liar:
        liar.twist = lambda method, answer: (
            [{**each, "blockHash": WORD} for each in answer] if method == "eth_getLogs" else answer
        )
        nodes = Providers([liar.url], 31337, 1)
        header = nodes.headers([world.node.height()])
        with pytest.raises(StaleReads, match="logs of block"):
            nodes.logs(world_escrow(), header)


def world_escrow() -> str:
    from django.conf import settings

    return str(settings.ESCROW_ADDRESS)


def test_connect__all_on_another_chain__says_which(world: World, settings: Any) -> None:
    settings.CHAIN_ID = 1
    with pytest.raises(WrongChain, match="on chain 31337, CHAIN_ID is 1"):
        providers.connect()
