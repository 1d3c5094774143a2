"""Who may sign is a row: the first signer is taken, and only two people put another one in its place."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from dev import accounts
from operators.kinds import NotPossible
from operators.models import AuditEntry
from settlement.alarms import AlarmKind, open_alarms
from settlement.models import Attempt, ChainTransaction, Publication, PublisherKey
from settlement.services import publishers
from settlement.services.publishing import publish
from settlement.stages import PublicationStage, TransactionState
from tests.chain.conftest import CONFIRMATION, World
from tests.chain.proposals import carry_out, outcome_of, propose, wanted_by_two
from tests.chain.test_bumping import BUMP
from tests.chain.test_publishing import Killed, assert_published_once, stage_of

OLD, NEW = accounts.PUBLISHER, 20
DETAILS = {"address": accounts.address(NEW)}


@pytest.fixture
def stuck(world: World) -> tuple[Publication, int]:
    """The old key has signed what no block takes."""
    publication, now = world.signed()
    world.node.hold()
    publish(now=now)
    return publication, now


def uses(settings: Any, number: int) -> None:
    """The worker is started with another key."""
    settings.PUBLISHER_KEY = accounts.key(number)


def signers() -> list[str]:
    return list(ChainTransaction.objects.order_by("pk").values_list("sender", flat=True))


def test_publisher__the_first_to_sign__is_taken_and_told(world: World) -> None:
    assert publishers.current() == ""
    with pytest.raises(NotPossible, match="whoever signs first is taken"):
        propose("rotate_publisher", DETAILS, world.node.now())
    publication, now = world.signed()
    publish(now=now)
    key = PublisherKey.objects.get()
    assert (key.address, key.since, key.until, key.proposal_id) == (accounts.address(OLD), now, None, None)
    entry = AuditEntry.objects.get(what="publisher.adopted")
    assert (entry.subject, entry.actor) == (key.address, "service")


def test_publisher__killed_while_it_is_taken__the_next_round_takes_it_and_signs_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    publication, now = world.signed()

    def killed(*given: object, **named: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr("settlement.services.publishers.audit.record", killed)
        with pytest.raises(Killed):
            publish(now=now)
    assert (PublisherKey.objects.count(), signers()) == (0, [])
    publish(now=now)
    assert (publishers.current(), signers()) == (accounts.address(OLD), [accounts.address(OLD)])


def test_publisher__another_key_than_the_named_one__refused_until_two_people_name_it(
    world: World, settings: Any
) -> None:
    first, now = world.signed("one")
    publish(now=now)
    uses(settings, NEW)
    second, now = world.signed("two")
    publish(now=now)
    words = f"this process signs for {accounts.address(NEW)}, operators have named {accounts.address(OLD)}"
    assert second.reason == "" and stage_of(second) == PublicationStage.SIGNED
    assert second.reason == f"publisher: {words}"
    assert open_alarms().get(kind=AlarmKind.SIGNER_REFUSED).subject == f"publication:{second.pk}"
    propose("rotate_publisher", DETAILS, now)
    carry_out(now)
    publish(now=now)
    assert len(signers()) == 1, "one alone wants it"
    uses(settings, OLD)


def test_rotate_publisher__two_want_it__old_finishes_what_it_began_and_new_signs_the_rest(
    world: World, stuck: tuple[Publication, int], settings: Any
) -> None:
    first, now = stuck
    proposal = wanted_by_two("rotate_publisher", DETAILS, now)
    assert proposal.plan["changes"] == [
        {"what": "who signs our transactions", "before": accounts.address(OLD), "after": accounts.address(NEW)}
    ]
    under_way, funds, owner = proposal.plan["notes"]
    assert under_way.startswith(f"under way of {accounts.address(OLD)}: publication:{first.pk};")
    assert (funds, owner.split(" stays")[0]) == (f"{accounts.address(NEW)} has 10000 ETH", accounts.address(OLD))
    carry_out(now)
    assert outcome_of(proposal).startswith(f"{accounts.address(NEW)} signs whatever is new")
    old, new = PublisherKey.objects.order_by("pk")
    assert (old.until, new.since, new.until, new.proposal_id) == (now, now, None, proposal.pk)
    assert AuditEntry.objects.get(what="publisher.named").details["before"] == old.address
    # The old key's worker still runs: it raises fees and begins nothing.
    publish(now=now + BUMP)
    assert Attempt.objects.count() == 2
    world.node.rpc("evm_setAutomine", True)
    world.node.mine(CONFIRMATION)
    later = world.node.now()
    publish(now=later)
    second, now = world.signed("two")
    publish(now=now)
    assert second.reason == "" and stage_of(second) == PublicationStage.SIGNED
    assert second.reason.startswith(f"publisher: this process signs for {old.address}, operators have named")
    uses(settings, NEW)
    publish(now=now)
    assert signers() == [old.address, new.address]
    publish(now=now)
    world.bury()
    publish(now=now)
    assert (stage_of(first), stage_of(second)) == (PublicationStage.FINAL, PublicationStage.FINAL)
    assert not open_alarms().exists()


def test_rotate_publisher__the_new_key__cannot_touch_the_old_nonces(
    world: World, stuck: tuple[Publication, int], settings: Any
) -> None:
    publication, now = stuck
    wanted_by_two("rotate_publisher", DETAILS, now)
    carry_out(now)
    uses(settings, NEW)
    publish(now=now + BUMP)
    row = ChainTransaction.objects.get()
    assert row.reason == (
        f"its fee is not raised: publisher: the nonce is {row.sender}'s, this process signs for {accounts.address(NEW)}"
    )
    cancel = wanted_by_two("cancel_transaction", {"transaction": str(row.pk)}, now + BUMP)
    carry_out(now + BUMP)
    assert (Attempt.objects.count(), outcome_of(cancel)) == (1, ""), "it waits for a worker with the old key"
    uses(settings, OLD)
    carry_out(now + BUMP)
    assert (Attempt.objects.count(), outcome_of(cancel)[:16]) == (2, "sent under nonce"), "its own nonce"
    world.node.rpc("evm_setAutomine", True)
    world.node.mine(CONFIRMATION + 1)
    uses(settings, NEW)
    publish(now=now + BUMP + 1)
    row.refresh_from_db()
    assert row.state == TransactionState.CANCELLED
    assert_published_once(world, publication, now + BUMP + 2)
    assert signers() == [accounts.address(OLD), accounts.address(NEW)]


def test_rotate_publisher__named_by_another_proposal_meanwhile__not_what_was_approved(
    world: World, stuck: tuple[Publication, int]
) -> None:
    _, now = stuck
    first = wanted_by_two("rotate_publisher", DETAILS, now)
    with pytest.raises(NotPossible, match="proposed already"):
        propose("rotate_publisher", {"address": accounts.address(21)}, now)
    publishers.change(address=accounts.address(21), proposal=first, now=now)
    carry_out(now + 1)
    assert outcome_of(first) == "not done: it would do something else by now than what was approved"


@pytest.mark.parametrize("address", ["", "0x12", "nobody", accounts.address(OLD)])
def test_rotate_publisher__nonsense_or_who_signs_already__not_proposed(
    world: World, stuck: tuple[Publication, int], address: str
) -> None:
    with pytest.raises(NotPossible):
        propose("rotate_publisher", {"address": address}, stuck[1])


def test_publisher_key__rows__are_kept(world: World, stuck: tuple[Publication, int]) -> None:
    """By hand too: one signs, the first alone has no proposal, and what was stays as it was."""
    _, now = stuck
    refused = (
        lambda: PublisherKey.objects.create(address=accounts.address(NEW), since=now),
        lambda: PublisherKey.objects.update(address=accounts.address(NEW)),
        lambda: PublisherKey.objects.all().delete(),
        lambda: PublisherKey.objects.update(until=now) and PublisherKey.objects.update(until=None),
        lambda: PublisherKey.objects.update(until=now - 10**9),
    )
    for act in refused:
        with pytest.raises(IntegrityError), transaction.atomic():
            act()
    with pytest.raises(IntegrityError), transaction.atomic():
        PublisherKey.objects.update(until=now)
        PublisherKey.objects.create(address=accounts.address(NEW), since=now)
