"""Deposits: pending at once, credited once when final, whatever the chain does meanwhile."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from oracle.models import Act
from oracle.services.opening import open_expiry
from protocol.reward import reward_account
from settlement.chain import providers, quorum
from settlement.chain.client import Client
from settlement.index_models import EscrowBlock, EscrowIndex, EscrowLog
from settlement.reconcile import escrow_problem
from settlement.signers.signer import Unsigned
from tests.cast import ETHER
from tests.chain.conftest import FINALITY, World
from tests.chain.escrow import ALICE, BOB, assert_follows, deposit, free, index, index_all, logs, the_index

BOUND = 6


@pytest.fixture(autouse=True)
def bound(settings: Any) -> None:
    settings.REORG_BOUND = BOUND


def test_deposit__block_by_block__pending_at_once_and_credited_when_final(world: World) -> None:
    tx = deposit(world, ALICE, 5)
    for depth in range(FINALITY):
        index(world)
        assert logs() == [(ALICE, 5, "PENDING")], f"{depth} blocks deep"
        assert (free(ALICE), Act.objects.count()) == (0, 0)
        world.node.mine()
    index(world)
    assert (logs(), free(ALICE)) == ([(ALICE, 5, "FINAL")], 5)
    act, row = Act.objects.get(), EscrowLog.objects.get()
    assert act.message == {
        "account": ALICE, "amount": "5", "block": str(row.block), "tx": tx, "log_index": str(row.log_index)
    }
    assert (row.entry, row.block) == (act.seq, world.node.height() - FINALITY)
    assert the_index().credited_to == world.node.height() - FINALITY
    assert index(world) == 0, "a second round finds nothing to do"
    assert_follows(world)
    assert escrow_problem() is None


def test_deposits__several_in_one_block__each_credited_in_order(world: World) -> None:
    world.node.hold()
    from settlement.chain.escrow import escrow

    contract = escrow(world.client)
    for number, (account, amount) in enumerate([(ALICE, 1), (BOB, 2), (ALICE, 4)]):
        wallet = world.holder(number)
        client = world.client
        price = client.price(wallet.address, contract.call("deposit", account, value=amount))
        call = contract.call("deposit", account, value=amount)
        unsigned = Unsigned(client.chain_id, client.nonce(wallet.address), call, price)
        client.broadcast(wallet.signer.sign(unsigned).raw)
    world.node.mine(FINALITY + 1)
    index_all(world)
    assert (free(ALICE), free(BOB)) == (5, 2)
    assert [int(a.message["log_index"]) for a in Act.objects.order_by("seq")] == [0, 1, 2]
    assert escrow_problem() is None


@pytest.mark.parametrize("depth", range(1, BOUND + 1))
def test_reorg__drops_the_deposit__pending_row_goes(world: World, depth: int, settings: Any) -> None:
    settings.FINALITY_DEPTH = BOUND
    deposit(world, ALICE, 5)
    world.node.mine(depth - 1)
    index_all(world)
    world.node.reorg(depth)
    index_all(world)
    assert logs() == [(ALICE, 5, "GONE")]
    assert_follows(world)
    world.node.mine(BOUND)
    index_all(world)
    assert (free(ALICE), Act.objects.count(), escrow_problem()) == (0, 0, None)


@pytest.mark.parametrize("depth", range(1, BOUND + 1))
def test_reorg__moves_the_deposit__credited_once_where_it_is(world: World, depth: int, settings: Any) -> None:
    """The same bytes land again, in another block at another height."""
    settings.FINALITY_DEPTH = BOUND
    tx = deposit(world, ALICE, 5)
    raw = world.node.rpc("eth_getRawTransactionByHash", tx)
    world.node.mine(depth - 1)
    index_all(world)
    world.node.reorg(depth)
    world.node.mine()
    index_all(world)
    assert world.node.rpc("eth_sendRawTransaction", raw) == tx
    index_all(world)
    assert sorted(logs()) == [(ALICE, 5, "GONE"), (ALICE, 5, "PENDING")]
    world.node.mine(BOUND)
    index_all(world)
    assert sorted(logs()) == [(ALICE, 5, "FINAL"), (ALICE, 5, "GONE")]
    assert (free(ALICE), Act.objects.count()) == (5, 1)
    final = EscrowLog.objects.get(state="FINAL")
    assert Act.objects.get().message["block"] == str(final.block)
    assert (escrow_problem(), final.tx) == (None, tx)


def test_reorg__the_chain_comes_back_to_a_block_it_had_left__its_log_is_pending_again(world: World) -> None:
    deposit(world, ALICE, 5)
    index_all(world)
    row = EscrowLog.objects.get()
    EscrowLog.objects.update(state="GONE")
    EscrowBlock.objects.filter(number=row.block).delete()
    index_all(world)
    assert logs() == [(ALICE, 5, "PENDING")]
    world.node.mine(FINALITY)
    index_all(world)
    assert free(ALICE) == 5


def test_reorg__deeper_than_the_bound__stops_and_changes_nothing(world: World, settings: Any) -> None:
    settings.FINALITY_DEPTH = 100
    deposit(world, ALICE, 5)
    world.node.mine(BOUND)
    index_all(world)
    before = list(EscrowBlock.objects.values_list())
    world.node.reorg(BOUND + 1)
    assert index(world) == 0
    assert "deeper than 6 blocks" in the_index().stopped
    assert escrow_problem() == the_index().stopped
    world.node.mine(200)
    assert index(world) == 0
    assert list(EscrowBlock.objects.values_list()) == before
    assert (logs(), free(ALICE)) == ([(ALICE, 5, "PENDING")], 0)


def test_reorg__takes_back_what_was_credited__stops(world: World) -> None:
    """Inside the bound, but below the finality that the settings promise."""
    deposit(world, ALICE, 5)
    world.node.mine(FINALITY)
    index_all(world)
    assert free(ALICE) == 5
    world.node.reorg(FINALITY + 1)
    assert index(world) == 0
    assert "took back what was credited" in the_index().stopped
    assert logs() == [(ALICE, 5, "FINAL")]
    with pytest.raises(CommandError, match="the chain has no block"):
        call_command("reindex")


def test_reindex__after_a_stop_above_what_is_credited__goes_on(world: World, settings: Any) -> None:
    deposit(world, ALICE, 5)
    world.node.mine(FINALITY)
    index_all(world)
    settings.REORG_BOUND, settings.FINALITY_DEPTH = 1, 100
    deposit(world, BOB, 7)
    world.node.mine(1)
    index_all(world)
    world.node.reorg(2)
    assert index(world) == 0
    assert the_index().stopped
    settings.FINALITY_DEPTH = FINALITY
    call_command("reindex", stdout=StringIO())
    deposit(world, BOB, 9)
    world.node.mine(FINALITY)
    index_all(world)
    assert (the_index().stopped, free(ALICE), free(BOB)) == ("", 5, 9)
    assert escrow_problem() is None


def test_reindex_check__same_chain__same_rows_and_a_changed_row_is_named(world: World) -> None:
    for amount in (1, 2, 3):
        deposit(world, ALICE, amount)
        index_all(world)
    world.node.reorg(1)
    world.node.mine(FINALITY)
    index_all(world)
    out = StringIO()
    call_command("reindex", "--check", stdout=out)
    assert out.getvalue() == "the chain gives the same blocks and logs\n"
    EscrowBlock.objects.filter(number=the_index().credited_to).update(timestamp=1)
    EscrowLog.objects.filter(state="GONE").update(state="PENDING")
    out = StringIO()
    with pytest.raises(CommandError, match="2 differ"):
        call_command("reindex", "--check", stdout=out)
    assert [line.split(":")[0] for line in out.getvalue().splitlines()] == ["block", "log"]


def test_index__late_by_more_than_one_round__catches_up_in_rounds(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("settlement.services.escrow_index.CHUNK", 3)
    monkeypatch.setattr("settlement.services.escrow_index.CHUNKS", 2)
    deposit(world, ALICE, 5)
    world.node.mine(20)
    assert 0 < index(world) <= 7, "six blocks, and the deposit in them"
    index_all(world)
    assert free(ALICE) == 5
    assert_follows(world)


def test_index__another_chain_behind_the_same_address__stops(world: World) -> None:
    index_all(world)
    EscrowIndex.objects.update(chain="0x" + "9" * 64)
    assert index(world) == 0
    assert "the index on 0x999" in the_index().stopped


def test_final_log__changed_or_deleted__refused_by_the_database(world: World) -> None:
    deposit(world, ALICE, 5)
    world.node.mine(FINALITY)
    index_all(world)
    for change in ({"amount": 6}, {"state": "GONE", "entry": None}):
        with pytest.raises(IntegrityError), transaction.atomic():
            EscrowLog.objects.update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        EscrowLog.objects.all().delete()


def test_reward__deposited_to_its_account__shown_and_moved_when_it_opens(world: World) -> None:
    expiry = world.list_expiry()
    deposit(world, reward_account(expiry.id), ETHER)
    world.node.mine(FINALITY)
    index_all(world)
    assert free(reward_account(expiry.id)) == ETHER
    now = world.pass_expiry(expiry)
    open_expiry(expiry_id=expiry.id, block=1, value_secured=0, now=now)
    expiry.refresh_from_db()
    assert (expiry.reward, free(reward_account(expiry.id))) == (ETHER, 0)
    assert Act.objects.get(kind="Opened").message["reward"] == str(ETHER)


def test_client__is_not_what_the_index_reads_by(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """One node's word is not enough: everything goes through the quorum."""
    deposit(world, ALICE, 5)
    world.node.mine(FINALITY)
    monkeypatch.setattr(Client, "__init__", lambda *given: pytest.fail("the index asked one node alone"))
    now = world.node.now()
    from settlement.services.escrow_round import index_escrow

    while index_escrow(now=now):
        pass
    assert free(ALICE) == 5


def test_deposit__finality_by_the_chains_own_tag__credited_when_its_block_bears_it(
    world: World, settings: Any
) -> None:
    """Where the chain says itself what is final, that word decides, not the depth."""
    settings.FINALITY_TAG = "finalized"
    deposit(world, ALICE, 5)
    block = world.node.height()
    for _ in range(30):
        index_all(world)
        final = int(world.node.rpc("eth_getBlockByNumber", "finalized", False)["number"], 16)
        seen = quorum.final_block(providers.connect())
        assert seen is not None
        assert seen.number == final
        assert free(ALICE) == (5 if final >= block else 0)
        if final >= block:
            break
        world.node.mine(5)
    assert logs() == [(ALICE, 5, "FINAL")]
    assert world.node.height() - block > FINALITY, "the depth alone would have credited it before"
    assert_follows(world)
