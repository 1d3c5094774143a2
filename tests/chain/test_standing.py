"""Prices that somebody else brought on chain with our signatures count as ours (C-30); planning in batches."""

from __future__ import annotations

from typing import Any

import pytest

from settlement.chain.client import MOST_GAS, Call
from settlement.models import ChainTransaction, Publication
from settlement.services.calls import call_for
from settlement.services.proposing import BATCH, STALE_SECONDS, batch_size, propose
from settlement.services.publications import items_of
from settlement.services.publishing import publish
from settlement.stages import PublicationStage, TransactionState
from tests.chain.conftest import CONFIRMATION, World
from tests.chain.test_guardians import submit_directly
from tests.chain.test_publishing import assert_published_once, priced, stage_of

S = PublicationStage


def submit_as_stranger(world: World, publication: Publication, holder: int = 3) -> str:
    """Somebody sends our very submit; the hash of their transaction."""
    call = call_for(world.client, f"publication:{publication.pk}").call
    wallet = world.holder(holder)
    block = wallet.send(Call(call.to, call.data)).block_number
    return str(world.node.rpc("eth_getBlockByNumber", hex(block), False)["transactions"][-1])


def test_front_run__before_it_was_sent__final_without_a_transaction_of_ours(world: World) -> None:
    publication, now = world.signed("one", "two")
    theirs = submit_as_stranger(world, publication)
    publish(now=now)
    assert stage_of(publication) == S.MINED
    assert (publication.tx_hash, publication.transaction) == (theirs, None)
    world.bury()
    publish(now=now + 1)
    assert stage_of(publication) == S.FINAL
    assert not ChainTransaction.objects.exists()


def test_front_run__while_ours_waits__follows_theirs_and_ours_is_let_run(world: World) -> None:
    publication, now = world.signed()
    world.node.hold()
    publish(now=now)
    ours = ChainTransaction.objects.get()
    world.node.rpc("anvil_dropTransaction", ours.hash)
    world.node.rpc("evm_setAutomine", True)
    theirs = submit_as_stranger(world, publication)
    world.bury()
    publish(now=now + 1)
    assert (stage_of(publication), publication.tx_hash) == (S.FINAL, theirs)
    ours.refresh_from_db()
    assert ours.state == TransactionState.SENT
    for second in range(15, 18):
        publish(now=now + second)
        world.node.mine(CONFIRMATION)
    ours.refresh_from_db()
    assert (ours.state, ours.succeeded) == (TransactionState.CONFIRMED, True), "the nonce is used up"
    assert len(priced(world)) == 1


def test_front_run__and_their_block_is_reorganised__ours_is_signed(world: World) -> None:
    publication, now = world.signed()
    submit_as_stranger(world, publication)
    publish(now=now)
    assert stage_of(publication) == S.MINED
    world.node.reorg(1)
    publish(now=now + 1)
    assert stage_of(publication) == S.SENT, "back to SIGNED, and sent in the same round"
    assert_published_once(world, publication, now + 1)
    assert publication.transaction is not None
    assert publication.tx_hash == publication.transaction.hash


def test_front_run__of_a_proposal_that_lost_its_signatures__is_followed(world: World) -> None:
    """k have signed; then the set changes, so that too few count; somebody had sent them while they did."""
    publication, now = world.signed()
    submit_as_stranger(world, publication)
    Publication.objects.update(stage=S.PLANNED)
    propose(now=now + STALE_SECONDS)
    assert stage_of(publication) == S.MINED
    world.bury()
    publish(now=now + STALE_SECONDS)
    assert stage_of(publication) == S.FINAL


def test_partly_overtaken__one_stands_elsewhere_and_one_has_moved_on__only_that_is_planned_again(
    world: World,
) -> None:
    publication, now = world.signed("one", "two")
    one, two = items_of(publication)
    submit_as_stranger(world, publication)
    world.cancel(two.expiry, 0)
    publish(now=now)
    assert stage_of(publication) == S.MINED, "what stands counts"
    two.refresh_from_db()
    assert not two.live
    again = world.propose(now)
    assert [(i.expiry_id, i.attempt) for i in items_of(again)] == [(two.expiry_id, 1)]
    world.bury()
    publish(now=now + 1)
    assert stage_of(publication) == S.FINAL
    assert world.oracle.price_of(one.expiry_id) == one.price


def test_price_alike__transcript_otherwise__is_no_submit_of_ours(world: World) -> None:
    publication, now = world.signed()
    item = items_of(publication)[0]
    submit_directly(world, item.expiry_id, item.price)
    world.bury()
    publish(now=now)
    publish(now=now + 1)
    assert stage_of(publication) == S.SIGNED
    assert publication.reason == "the oracle would refuse it: set already, otherwise"


@pytest.mark.parametrize(
    "block_gas, size", [(30_000_000, 100), (2**24, 100), (10**10, 100), (4_000_000, 41), (1_000_000, 1), (0, 1)]
)
def test_batch_size__of_a_block__stays_below_half_of_it(block_gas: int, size: int) -> None:
    assert batch_size(block_gas) == size


def test_hundred_items__one_transaction__below_the_limits_of_block_and_transaction(world: World) -> None:
    publication, now = world.signed(*(f"e-{number}" for number in range(BATCH)))
    assert publication.items.count() == BATCH
    assert_published_once(world, publication, now)
    row = ChainTransaction.objects.get()
    gas = row.newest.gas
    assert gas <= MOST_GAS // 2
    assert gas * 2 <= world.client.block_gas()
    assert (row.gas_used or 0) <= 90_000 + 30_000 * BATCH


def test_small_blocks__fewer_items__the_rest_in_the_next_batch(world: World, monkeypatch: Any) -> None:
    monkeypatch.setattr(type(world.client), "block_gas", lambda self: 1_200_000)
    publication, now = world.proposed("one", "two", "three", "four", "five")
    assert 1 <= publication.items.count() < 5
    while propose(now=now):
        pass
    assert sum(each.items.count() for each in Publication.objects.all()) == 5
