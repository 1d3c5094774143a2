"""C-32 for what is ours: transactions, nonces, roots, series. One node of three lies, another is dead or not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dev import accounts
from settlement.chain.answers import Answer
from settlement.chain.providers import StaleReads
from settlement.models import Attempt, ChainTransaction, Root, Series
from settlement.services.publishing import publish
from settlement.services.series import list_series
from settlement.stages import PublicationStage, TransactionState
from tests.cast import ETHER, person
from tests.chain.conftest import DELAY, World
from tests.chain.proxy import Liar, Twist
from tests.chain.roots import attest, credited, made_final, post
from tests.chain.roots import propose as propose_root_of
from tests.chain.test_price_providers import three as three  # noqa: PLC0414 (a fixture)
from tests.chain.test_publishing import assert_published_once, stage_of

S = PublicationStage
RESEND = 15


def changed(wanted: str, change: Callable[[Any], Any]) -> Twist:
    """A lie about every answer of one method."""
    return lambda method, answer: change(answer) if method == wanted and answer is not None else answer


FAILED = changed("eth_getTransactionReceipt", lambda receipt: {**receipt, "status": "0x0"})
ELSEWHERE = changed("eth_getTransactionReceipt", lambda receipt: {**receipt, "blockHash": "0x" + "99" * 32})
AHEAD = changed("eth_getTransactionCount", lambda count: hex(int(count, 16) + 5))
BEHIND = changed("eth_getTransactionCount", lambda count: "0x0")
SEVENS = changed("eth_call", lambda answer: "0x" + f"{7:064x}" * ((len(answer) - 2) // 64))
NO_LOGS = changed("eth_getLogs", lambda logs: [])


def unmined(method: str, answer: Any) -> Any:
    return None if method == "eth_getTransactionReceipt" else answer


@pytest.mark.parametrize("dead", [0, 1, 2])
@pytest.mark.parametrize("step", [1, 2])
def test_broadcast__one_dead_and_one_keeps_it_to_itself__it_lands(
    world: World, three: list[Liar], settings: Any, dead: int, step: int
) -> None:
    """Whichever is RPC_URL, and whichever of them comes first."""
    publication, now = world.signed()
    keeper = three[(dead + step) % 3]
    three[dead].dead, keeper.keeps = True, True
    settings.RPC_URL = three[0].url
    publish(now=now)
    attempt = Attempt.objects.get()
    assert keeper.kept == [attempt.raw], "it said that it has it"
    assert attempt.answer == Answer.TAKEN
    assert attempt.words == f"node {dead + 1}: NO_ANSWER ConnectionError"
    assert world.client.receipt(attempt.hash) is not None
    assert_published_once(world, publication, now)


def test_broadcast__two_keep_it_to_themselves__counts_as_sent_and_is_sent_again(
    world: World, three: list[Liar]
) -> None:
    publication, now = world.signed()
    for liar in three[:2]:
        liar.keeps = True
    three[2].dead = True
    publish(now=now)
    assert Attempt.objects.get().answer == Answer.TAKEN
    assert stage_of(publication) == S.SENT
    publish(now=now + RESEND - 1)
    assert len(three[0].kept) == 1
    three[2].dead = False
    publish(now=now + RESEND)
    assert_published_once(world, publication, now + RESEND)


def test_broadcast__each_node_says_something_else__the_best_counts_and_all_is_kept(
    world: World, three: list[Liar]
) -> None:
    publication, now = world.signed()
    world.node.hold()
    publish(now=now)
    first = Attempt.objects.get()
    assert first.answer == Answer.TAKEN
    assert first.words.count(": ALREADY_KNOWN transaction already imported") == 2, "they are one node"
    three[1].keeps = True
    publish(now=now + RESEND)
    first.refresh_from_db()
    assert first.answer == Answer.TAKEN
    assert first.words.startswith("node 1: ALREADY_KNOWN ") and "; node 3: ALREADY_KNOWN " in first.words
    three[1].keeps, three[1].dead = False, True
    publish(now=now + 2 * RESEND)
    first.refresh_from_db()
    assert first.answer == Answer.ALREADY_KNOWN
    world.node.rpc("evm_setAutomine", True)
    world.node.mine()
    assert_published_once(world, publication, now + 3 * RESEND)


@pytest.mark.parametrize("lie", [FAILED, ELSEWHERE, unmined, AHEAD, BEHIND])
def test_follow__one_of_three_lies_about_it__as_the_others_say(world: World, three: list[Liar], lie: Twist) -> None:
    publication, now = world.signed()
    three[0].twist = lie
    world.node.hold()
    publish(now=now)
    world.node.mine()
    publish(now=now + 1)
    row = ChainTransaction.objects.get()
    assert (row.state, row.succeeded, stage_of(publication)) == (TransactionState.MINED, True, S.MINED)
    world.node.rpc("evm_setAutomine", True)
    assert_published_once(world, publication, now + 2)
    sent = int(world.node.rpc("eth_getTransactionCount", accounts.address(accounts.PUBLISHER), "latest"), 16)
    assert ChainTransaction.objects.get().nonce == sent - 1, "no nonce was left out"


@pytest.mark.parametrize("lie", [FAILED, unmined])
def test_follow__one_lies_and_one_is_dead__nothing_is_noted(world: World, three: list[Liar], lie: Twist) -> None:
    publication, now = world.signed()
    publish(now=now)
    before = ChainTransaction.objects.values().get()
    three[0].twist, three[1].dead = lie, True
    with pytest.raises(StaleReads, match="agree on where"):
        publish(now=now + 1)
    assert ChainTransaction.objects.values().get() == before
    three[1].dead = False
    assert_published_once(world, publication, now + 2)


def test_draft__one_lies_about_the_nonce_and_one_is_dead__nothing_is_signed(world: World, three: list[Liar]) -> None:
    """A nonce that is too high would never be mined, nor anything after it."""
    publication, now = world.signed()
    three[0].twist, three[1].dead = AHEAD, True
    with pytest.raises(StaleReads):
        publish(now=now)
    assert not ChainTransaction.objects.exists()
    three[1].dead = False
    assert_published_once(world, publication, now)


def a_root(world: World, folder: Path) -> Root:
    """Signed by three, and not posted."""
    credited(world, (person("alice"), 5 * ETHER))
    root = propose_root_of(world)
    attest(world, folder, 0, 1, 2)
    return root


@pytest.mark.parametrize("lie", [SEVENS, NO_LOGS, FAILED, AHEAD])
def test_root__one_of_three_lies__proposed_posted_and_final_as_the_others_say(
    world: World, three: list[Liar], tmp_path: Path, lie: Twist
) -> None:
    credited(world, (person("alice"), 5 * ETHER))
    three[0].twist = lie
    root = made_final(world, tmp_path)
    assert root.epoch == 1
    assert ChainTransaction.objects.count() == 1


def test_root__one_lies_and_one_is_dead__does_not_move(world: World, three: list[Liar], tmp_path: Path) -> None:
    root = a_root(world, tmp_path)
    three[0].twist, three[1].dead = SEVENS, True
    with pytest.raises(StaleReads):
        post(world)
    root.refresh_from_db()
    assert (root.stage, ChainTransaction.objects.count()) == ("SIGNED", 0)


def test_root__a_node_says_that_its_epoch_is_used_up__is_not_believed(
    world: World, three: list[Liar], tmp_path: Path
) -> None:
    """Deep logs that name another root of the epoch would end it."""
    root = a_root(world, tmp_path)
    post(world)
    post(world)
    three[0].twist = changed(
        "eth_getLogs", lambda logs: [{**each, "data": "0x" + "77" * ((len(each["data"]) - 2) // 2)} for each in logs]
    )
    world.node.mine_at(world.node.now() + DELAY)
    world.node.mine(3)
    post(world)
    root.refresh_from_db()
    assert root.stage == "FINAL", root.reason


@pytest.mark.parametrize("lie", [SEVENS, NO_LOGS, unmined])
def test_list_series__one_of_three_lies__rows_are_as_the_others_say(
    world: World, three: list[Liar], lie: Twist
) -> None:
    expiry, now = world.list_expiry(), world.node.now()
    three[0].twist = lie
    strikes = [2_000 * ETHER, 3_000 * ETHER]
    rows = list_series(expiry=expiry, strikes=strikes, now=now)
    assert [row.strike for row in rows] == strikes
    three[0].twist = lambda method, answer: answer
    Series.objects.all().delete()
    again = list_series(expiry=expiry, strikes=strikes, now=now)
    assert [(a.address, a.p, a.n, a.created_block_hash) for a in again] == [
        (a.address, a.p, a.n, a.created_block_hash) for a in rows
    ]
    assert ChainTransaction.objects.count() == 1


@pytest.mark.parametrize("lie", [SEVENS, NO_LOGS])
def test_list_series__one_lies_and_one_is_dead__nothing_is_kept(world: World, three: list[Liar], lie: Twist) -> None:
    expiry, now = world.list_expiry(), world.node.now()
    three[0].twist, three[1].dead = lie, True
    with pytest.raises(StaleReads):
        list_series(expiry=expiry, strikes=[2_000 * ETHER], now=now)
    assert not Series.objects.exists()
