"""A stuck nonce given free by two operators: whichever a block takes counts, and nothing else is signed for it."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User

from desk.kinds import KINDS
from operators.models import Proposal
from operators.services import proposals
from settlement.chain.client import GWEI
from settlement.chain.providers import Providers
from settlement.models import Attempt, ChainTransaction, Publication
from settlement.services.cancelling import CANCEL_TRANSACTION
from settlement.services.publishing import publish
from settlement.signers.signer import read
from settlement.stages import PublicationStage, TransactionState
from tests.chain.conftest import CONFIRMATION, World
from tests.chain.test_bumping import BUMP
from tests.chain.test_bumping import stuck as stuck  # noqa: PLC0414 (a fixture)
from tests.chain.test_publishing import Killed, assert_published_once, stage_of

S = PublicationStage


def propose(now: int) -> Proposal:
    row = ChainTransaction.objects.earliest("nonce")
    one = User.objects.get_or_create(username="one", is_staff=True)[0]
    details = {"transaction": str(row.pk)}
    return proposals.propose(kind=CANCEL_TRANSACTION, details=details, reason="stuck", by=one, now=now)


def wanted_by_two(now: int) -> Proposal:
    two = User.objects.get_or_create(username="two", is_staff=True)[0]
    made = propose(now)
    seen = CANCEL_TRANSACTION.plan(made.details, now).hash
    return proposals.approve(kind=CANCEL_TRANSACTION, proposal_id=made.pk, seen=seen, by=two, now=now)


def carry_out(now: int) -> None:
    """The worker's round for what two people want."""
    proposals.carry_out(KINDS, signs=True, now=now)


def test_cancel__two_want_it__nonce_is_free_and_the_publication_signed_anew(
    world: World, stuck: tuple[Publication, int]
) -> None:
    publication, now = stuck
    proposal = wanted_by_two(now + 1)
    carry_out(now + 1)
    publish(now=now + 1)
    row, last = ChainTransaction.objects.get(), Attempt.objects.latest("number")
    said, sender = read(last.raw)
    assert (last.number, last.proposal_id, last.sent_at) == (2, proposal.pk, now + 1)
    assert (said.nonce, said.call.to, said.call.data, said.call.value) == (row.nonce, sender, "0x", 0)
    proposal.refresh_from_db()
    assert (proposal.ended_at, last.hash in proposal.outcome) == (now + 1, True)
    world.node.mine()
    publish(now=now + 2)
    row.refresh_from_db()
    assert (row.state, stage_of(publication)) == (TransactionState.SENT, S.SENT), "it may yet be taken back"
    world.node.rpc("evm_setAutomine", True)
    world.node.mine(CONFIRMATION)
    publish(now=now + 3)
    row.refresh_from_db()
    assert (row.state, row.hash) == (TransactionState.CANCELLED, last.hash)
    assert (row.succeeded, row.block_number is not None) == (None, True)
    stage_of(publication)
    assert publication.transaction is not None
    assert publication.transaction.nonce == row.nonce + 1
    assert_published_once(world, publication, now + 4)


def test_cancel__the_payload_is_mined_instead__it_counts(world: World, stuck: tuple[Publication, int]) -> None:
    publication, now = stuck
    wanted_by_two(now)
    carry_out(now)
    publish(now=now)
    first, second = Attempt.objects.order_by("number")
    world.node.rpc("anvil_dropTransaction", second.hash)
    world.client.broadcast(first.raw)
    world.node.rpc("evm_setAutomine", True)
    world.node.mine()
    assert_published_once(world, publication, now + 1)
    assert (ChainTransaction.objects.get().hash, publication.tx_hash) == (first.hash, first.hash)


def test_cancel__mined_before_it_is_carried_out__nothing_is_signed(
    world: World, stuck: tuple[Publication, int]
) -> None:
    """State is looked at again when it is carried out."""
    publication, now = stuck
    proposal = wanted_by_two(now)
    world.node.mine()
    ChainTransaction.objects.update(state=TransactionState.MINED, block_number=1, block_hash="0x", succeeded=True)
    carry_out(now + 1)
    proposal.refresh_from_db()
    assert proposal.outcome == "not done: it is MINED: only one that no block has can be cancelled"
    assert Attempt.objects.count() == 1
    world.node.rpc("evm_setAutomine", True)
    assert_published_once(world, publication, now + 2)


def test_cancel__one_alone_wants_it__nothing_is_signed(world: World, stuck: tuple[Publication, int]) -> None:
    _, now = stuck
    propose(now)
    carry_out(now + 1)
    publish(now=now + 1)
    assert Attempt.objects.count() == 1


def test_cancel__one_of_the_two_is_no_operator_any_more__nothing_is_signed(
    world: World, stuck: tuple[Publication, int]
) -> None:
    _, now = stuck
    proposal = wanted_by_two(now)
    User.objects.filter(username="one").update(is_active=False)
    carry_out(now + 1)
    proposal.refresh_from_db()
    assert proposal.outcome == "not done: one of the two people behind it is no operator any more"
    assert Attempt.objects.count() == 1


def test_cancel__of_what_is_at_the_ceiling__goes_above_it_and_is_bumped_too(
    world: World, stuck: tuple[Publication, int], settings: Any
) -> None:
    _, now = stuck
    settings.MAX_FEE_GWEI = -(-Attempt.objects.get().max_fee // GWEI)
    wanted_by_two(now)
    carry_out(now + 1)
    publish(now=now + 1 + BUMP)
    rows = list(Attempt.objects.order_by("number"))
    assert [row.proposal_id is None for row in rows] == [True, False, False], "the payload is not signed again"
    assert rows[-1].max_fee * 64 >= rows[0].max_fee * 81
    assert rows[-1].max_fee <= 2 * settings.MAX_FEE_GWEI * GWEI


@pytest.mark.parametrize("landed", [True, False])
def test_cancel__killed_around_its_send__is_sent_once_more_and_holds(
    world: World, stuck: tuple[Publication, int], monkeypatch: pytest.MonkeyPatch, landed: bool
) -> None:
    publication, now = stuck
    wanted_by_two(now)
    send = Providers.send

    def killed(self: Providers, raw: str) -> None:
        if landed:
            send(self, raw)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Providers, "send", killed)
        with pytest.raises(Killed):
            carry_out(now + 1)
    carry_out(now + 2)
    publish(now=now + 2)
    assert Attempt.objects.count() == 2
    world.node.rpc("evm_setAutomine", True)
    world.node.mine(CONFIRMATION + 1)
    publish(now=now + 3)
    assert ChainTransaction.objects.earliest("nonce").state == TransactionState.CANCELLED
    assert_published_once(world, publication, now + 4)
