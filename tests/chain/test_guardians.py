"""Cancels, a changed attestor set, and prices that were set otherwise."""

from __future__ import annotations

from dev import accounts
from oracle import signer
from protocol import signing
from settlement.chain.wallet import Wallet
from settlement.models import ChainTransaction
from settlement.services.proposing import STALE_SECONDS, propose
from settlement.services.publications import items_of, message_of
from settlement.services.publishing import publish
from settlement.services.signing import add_signature
from settlement.stages import PublicationStage
from tests.cast import ETHER
from tests.chain.conftest import World
from tests.chain.test_publishing import assert_published_once, stage_of

S = PublicationStage


def test_cancel__inside_the_delay__fails_and_is_proposed_at_the_next_attempt(world: World) -> None:
    publication, now = world.signed()
    expiry = items_of(publication)[0].expiry
    publish(now=now)
    publish(now=now)
    world.cancel(expiry, 0)
    world.bury()
    publish(now=now)
    assert (stage_of(publication), publication.reason) == (S.FAILED, "the guardians cancelled all of it")
    again = world.propose(now)
    assert [(i.expiry_id, i.attempt) for i in items_of(again)] == [(expiry.id, 1)]
    world.sign(again, 2, 3, 4, now=now)
    publish(now=now)
    publish(now=now)
    world.bury()
    publish(now=now)
    assert stage_of(again) == S.FINAL
    assert world.oracle.price_of(expiry.id) == expiry.price


def test_cancel__one_of_two__the_other_becomes_final(world: World) -> None:
    publication, now = world.signed("one", "two")
    one, two = items_of(publication)
    publish(now=now)
    publish(now=now)
    world.cancel(one.expiry, 0)
    world.bury()
    publish(now=now)
    assert stage_of(publication) == S.FINAL
    one.refresh_from_db()
    assert not one.live
    assert world.oracle.price_of(one.expiry_id) is None
    assert world.oracle.price_of(two.expiry_id) == two.price
    assert [item.expiry_id for item in items_of(world.propose(now))] == [one.expiry_id]


def submit_directly(world: World, expiry_id: str, price: int) -> None:
    """Three attestors go around the service."""
    item = {
        "expiry": expiry_id,
        "attempt": 0,
        "price": price,
        "transcript": "0x" + "1" * 64,
        "payouts": "0x" + "2" * 64,
    }
    digest = signer.digest("Attestations", {"items": [item]})
    rogues = sorted(accounts.ATTESTORS[:3], key=accounts.address)
    world.holder(2).send(
        world.oracle.submit([item], [signing.sign(accounts.key(each), digest) for each in rogues])
    )


def test_publish__set_already_otherwise__waits_with_an_alarm_and_spends_nothing(world: World) -> None:
    publication, now = world.signed()
    submit_directly(world, items_of(publication)[0].expiry_id, 99 * ETHER)
    for _ in range(3):
        publish(now=now)
    assert stage_of(publication) == S.SIGNED
    assert publication.reason == "the oracle would refuse it: set already, otherwise"
    assert not ChainTransaction.objects.exists()


def test_publish__attempt_moved_on_before_it_was_sent__failed_and_proposed_anew(world: World) -> None:
    publication, now = world.signed("one", "two")
    one, two = items_of(publication)
    submit_directly(world, one.expiry_id, 99 * ETHER)
    world.cancel(one.expiry, 0)
    publish(now=now)
    assert stage_of(publication) == S.FAILED
    assert "is at attempt 1, not 0" in publication.reason
    again = world.propose(now)
    assert [item.attempt for item in items_of(again)] == [1, 0]
    world.sign(again, 0, 1, 2, now=now)
    publish(now=now)
    world.bury()
    publish(now=now)
    assert stage_of(again) == S.FINAL
    assert world.oracle.price_of(one.expiry_id) == one.price


def test_propose__a_proposal_overtaken_while_it_waits__failed_and_proposed_anew(world: World) -> None:
    publication, now = world.proposed()
    item = items_of(publication)[0]
    submit_directly(world, item.expiry_id, 99 * ETHER)
    world.cancel(item.expiry, 0)
    assert propose(now=now) == 0
    assert propose(now=now + STALE_SECONDS) == 0
    assert stage_of(publication) == S.FAILED
    assert [each.attempt for each in items_of(world.propose(now + STALE_SECONDS))] == [1]


def change_set(world: World, threshold: int, *members: int) -> None:
    """The owner proposes these accounts as the next set, and it comes to work."""
    owner = Wallet(world.client, accounts.key(accounts.PUBLISHER))
    ascending = sorted((accounts.address(each) for each in members), key=lambda member: int(member, 16))
    owner.send(world.oracle.call("propose_set", ascending, threshold))
    world.node.mine_at(world.node.now() + 100)
    owner.send(world.oracle.call("apply_set", 2))


def test_propose__threshold_lowered_after_the_signatures__they_count(world: World) -> None:
    publication, now = world.proposed()
    world.sign(publication, 0, 1, now=now)
    change_set(world, 2, *accounts.ATTESTORS)
    propose(now=now)
    assert stage_of(publication) == S.PLANNED
    propose(now=now + STALE_SECONDS)
    assert stage_of(publication) == S.SIGNED
    assert_published_once(world, publication, now + STALE_SECONDS)


def test_publish__set_changed_after_the_signatures__asks_the_new_set(world: World) -> None:
    publication, now = world.signed()
    change_set(world, 3, 6, 7, 21, 22, 23)
    publish(now=now)
    assert (stage_of(publication), publication.transaction) == (S.PLANNED, None)
    assert publication.reason == "the attestor set has changed: 2 of 3 signatures count"
    digest = signer.digest("Attestations", message_of(items_of(publication)))
    add_signature(publication_id=publication.pk, signature=signing.sign(accounts.key(21), digest), now=now)
    assert stage_of(publication) == S.SIGNED
    assert_published_once(world, publication, now)
