"""What a publication survives: crashes, silence, reorganisations, a nonce that somebody else took."""

from __future__ import annotations

from typing import Any

import pytest
from eth_utils import keccak

from dev import accounts
from settlement.chain.answers import Answer, Sent
from settlement.chain.client import Call
from settlement.chain.providers import Providers
from settlement.chain.wallet import Wallet
from settlement.models import Attempt, ChainTransaction, Publication, PublicationItem
from settlement.services import following, proposing, transactions
from settlement.services.publishing import publish
from settlement.stages import PublicationStage, TransactionState
from tests.chain.conftest import CONFIRMATION, World

S = PublicationStage
RESEND = following.RESEND_SECONDS


class Killed(BaseException):
    """The process ends here."""


def stage_of(publication: Publication) -> str:
    publication.refresh_from_db()
    return publication.stage


def priced(world: World) -> list[Any]:
    """The Priced events on the chain."""
    topic = keccak(text="Priced(bytes32,uint256,uint256,bytes32,bytes32,uint256)")
    wanted = {"fromBlock": "0x1", "toBlock": "latest", "topics": ["0x" + topic.hex()]}
    return list(world.node.rpc("eth_getLogs", wanted))


def assert_published_once(world: World, publication: Publication, now: int) -> None:
    publish(now=now)
    world.bury()
    publish(now=now)
    assert stage_of(publication) == S.FINAL
    row = publication.transaction
    assert row is not None
    assert row.state == TransactionState.CONFIRMED
    assert len(priced(world)) == publication.items.count()
    assert (
        ChainTransaction.objects.filter(purpose=f"publication:{publication.pk}", succeeded=True).count() == 1
    )


def test_publish__killed_between_store_and_send__the_same_bytes_go_out_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    publication, now = world.signed()

    def killed(*_: Any, **__: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(transactions, "broadcast", killed)
        with pytest.raises(Killed):
            publish(now=now)
    stored = ChainTransaction.objects.get()
    assert (stored.state, stored.newest.sent_at, stage_of(publication)) == (TransactionState.SENT, None, S.SENT)
    assert world.client.receipt(stored.hash) is None
    assert_published_once(world, publication, now)
    assert Attempt.objects.get().hash == stored.hash, "no other bytes were signed"


def test_publish__killed_right_after_the_send__goes_on_with_what_landed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    publication, now = world.signed()
    send = Providers.send

    def killed(self: Providers, raw: str) -> None:
        send(self, raw)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Providers, "send", killed)
        with pytest.raises(Killed):
            publish(now=now)
    assert_published_once(world, publication, now)


@pytest.mark.parametrize("landed", [True, False])
@pytest.mark.parametrize("answer", [Answer.NO_ANSWER, Answer.REFUSED])
def test_publish__send_answers_with_an_error__unknown_is_not_failed(
    world: World, monkeypatch: pytest.MonkeyPatch, landed: bool, answer: Answer
) -> None:
    publication, now = world.signed()
    send = Providers.send

    def fails(self: Providers, raw: str) -> list[Sent]:
        if landed:
            send(self, raw)
        return [Sent(1, answer, "nobody knows")]

    with monkeypatch.context() as patch:
        patch.setattr(Providers, "send", fails)
        publish(now=now)
    assert stage_of(publication) == S.SENT
    publish(now=now + 1)
    assert stage_of(publication) == (S.MINED if landed else S.SENT), "sent again only after a while"
    publish(now=now + RESEND)
    assert_published_once(world, publication, now + RESEND)


def test_publish__every_round_three_times__one_transaction(world: World) -> None:
    publication, now = world.signed()
    for second in range(3):
        for _ in range(3):
            publish(now=now + second)
        world.node.mine()
    assert_published_once(world, publication, now + 3)
    assert ChainTransaction.objects.count() == 1


def test_publish__reorg_takes_the_block__sent_again_and_mined_again(world: World) -> None:
    publication, now = world.signed()
    publish(now=now)
    publish(now=now)
    assert stage_of(publication) == S.MINED
    before = ChainTransaction.objects.get()
    world.node.reorg(1)
    world.node.hold()
    publish(now=now)
    assert stage_of(publication) == S.SENT
    assert "reorganisation" in publication.reason
    assert ChainTransaction.objects.get().block_hash is None
    assert priced(world) == []
    world.node.mine()
    publish(now=now)
    after = ChainTransaction.objects.get()
    assert (after.hash, after.nonce) == (before.hash, before.nonce)
    assert after.block_hash != before.block_hash
    assert_published_once(world, publication, now)


def test_publish__reorg_moves_it_to_another_block__follows_it(world: World) -> None:
    publication, now = world.signed()
    publish(now=now)
    publish(now=now)
    before = ChainTransaction.objects.get()
    world.node.hold()
    world.node.reorg(1)
    world.client.broadcast(before.newest.raw)
    world.node.mine(2)
    publish(now=now)
    after = ChainTransaction.objects.get()
    assert (after.state, stage_of(publication)) == (TransactionState.MINED, S.MINED)
    assert after.block_hash not in (None, before.block_hash)


def test_publish__somebody_else_uses_the_nonce__signed_anew_once_that_is_deep(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    publication, now = world.signed()
    with monkeypatch.context() as patch:
        patch.setattr(Providers, "send", lambda self, raw: [Sent(1, Answer.TAKEN)])
        publish(now=now)
    lost = ChainTransaction.objects.get()
    Wallet(world.client, accounts.key(accounts.PUBLISHER)).send(Call(world.holder().address, "0x", 1))
    publish(now=now)
    assert stage_of(publication) == S.SENT, "it may yet be taken back"
    world.node.mine(CONFIRMATION)
    publish(now=now)
    lost.refresh_from_db()
    assert (lost.state, stage_of(publication)) == (TransactionState.DROPPED, S.SENT), "signed anew in one go"
    assert publication.transaction is not None
    assert publication.transaction.nonce == lost.nonce + 1
    assert_published_once(world, publication, now)


def test_publish__front_run_by_our_own_signatures__final_all_the_same(world: World) -> None:
    publication, now = world.signed("one", "two")
    world.node.hold()
    publish(now=now)
    ours = ChainTransaction.objects.get()
    world.node.rpc("anvil_dropTransaction", ours.hash)
    _, data = _call_of(world, ours)
    stranger = world.holder(3)
    world.node.rpc("evm_setAutomine", True)
    stranger.send(Call(world.oracle.address, data))
    publish(now=now + RESEND)
    assert_published_once(world, publication, now + RESEND)
    row = ChainTransaction.objects.get()
    assert row.succeeded


def _call_of(world: World, row: ChainTransaction) -> tuple[str, str]:
    from settlement.services.publications import items_of, message_of

    publication = row.publication
    signatures = list(publication.signatures.order_by("attestor").values_list("signature", flat=True))
    call = world.oracle.submit(message_of(items_of(publication))["items"], signatures)
    assert call.to is not None
    return call.to, call.data


def test_publish__many_finals__one_transaction_for_all(world: World) -> None:
    publication, now = world.signed(*(f"expiry-{number}" for number in range(12)))
    assert publication.items.count() == 12
    assert_published_once(world, publication, now)
    assert ChainTransaction.objects.count() == 1
    for item in publication.items.all():
        assert world.oracle.price_of(item.expiry_id) == item.price


def test_publish__no_key_in_this_process__waits_and_says_so(world: World, settings: Any) -> None:
    publication, now = world.signed()
    key, settings.PUBLISHER_KEY = settings.PUBLISHER_KEY, ""
    publish(now=now)
    assert stage_of(publication) == S.SIGNED
    assert "PUBLISHER_KEY" in publication.reason
    settings.PUBLISHER_KEY = key
    assert_published_once(world, publication, now)


def test_publish__nothing_to_do__asks_no_chain(db: None, settings: Any) -> None:
    settings.RPC_URL, settings.RPC_URLS = "http://127.0.0.1:1", ["http://127.0.0.1:1"]
    assert publish(now=1) == 0
    assert not PublicationItem.objects.exists()


def test_publish__more_than_nodes_keep__the_rest_waits_for_a_block(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transactions, "MOST_WAITING", 2)
    monkeypatch.setattr(proposing, "BATCH", 1)
    _, now = world.proposed("one", "two", "three")
    publications = list(Publication.objects.order_by("pk"))
    for publication in publications:
        world.sign(publication, 0, 1, 2, now=now)
    world.node.hold()
    publish(now=now)
    publish(now=now)
    assert [stage_of(each) for each in publications] == [S.SENT, S.SENT, S.SIGNED]
    world.node.mine()
    publish(now=now)
    world.node.mine()
    publish(now=now)
    assert [stage_of(each) for each in publications] == [S.MINED] * 3
    nonces = list(ChainTransaction.objects.order_by("pk").values_list("nonce", flat=True))
    assert nonces == list(range(nonces[0], nonces[0] + 3))
