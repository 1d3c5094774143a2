"""A transaction that gets into no block: bumped, overtaken, at the ceiling, out of funds (C-22 to C-25, I-17)."""

from __future__ import annotations

from typing import Any

import pytest
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from dev import accounts
from settlement.alarms import AlarmKind, open_alarms
from settlement.chain.answers import Answer, Sent
from settlement.chain.client import GWEI
from settlement.chain.providers import Providers
from settlement.models import Attempt, ChainTransaction, Publication
from settlement.services import transactions
from settlement.services.bumping import OUTBID_SECONDS
from settlement.services.publishing import publish
from settlement.stages import PublicationStage, TransactionState
from tests.chain.conftest import CONFIRMATION, World
from tests.chain.test_publishing import Killed, assert_published_once, stage_of

S = PublicationStage
BUMP = 60


@pytest.fixture
def stuck(world: World) -> tuple[Publication, int]:
    """A publication whose transaction waits, because no block is made."""
    publication, now = world.signed()
    world.node.hold()
    publish(now=now)
    return publication, now


def attempts() -> list[Attempt]:
    return list(Attempt.objects.order_by("number"))


def assert_all_of_one_nonce() -> None:
    """One payload for ever, each attempt an eighth above the one before, rounded up."""
    rows = attempts()
    assert len({row.transaction_id for row in rows}) == 1
    for before, after in zip(rows, rows[1:], strict=False):
        assert after.max_fee * 8 >= before.max_fee * 9
        assert after.tip * 8 >= before.tip * 9


def assert_rests(world: World, publication: Publication, now: int) -> None:
    world.node.rpc("evm_setAutomine", True)
    world.node.mine()
    assert_published_once(world, publication, now)
    assert_all_of_one_nonce()


def test_bump__no_block_for_bump_seconds__same_payload_with_higher_fees_is_mined(
    world: World, stuck: tuple[Publication, int]
) -> None:
    publication, now = stuck
    publish(now=now + BUMP - 1)
    assert len(attempts()) == 1
    with capture_logs(processors=[merge_contextvars]) as lines:
        publish(now=now + BUMP)
    first, second = attempts()
    assert ChainTransaction.objects.get().hash == second.hash != first.hash
    assert [line["transaction"] for line in lines if line["event"] == "transaction.bumped"] == [second.transaction_id]
    assert (second.number, second.signed_at, second.sent_at) == (2, now + BUMP, now + BUMP)
    assert second.answer == Answer.TAKEN
    assert_rests(world, publication, now + BUMP)
    assert ChainTransaction.objects.get().hash == second.hash


def test_bump__then_the_original_is_mined__it_counts(world: World, stuck: tuple[Publication, int]) -> None:
    publication, now = stuck
    publish(now=now + BUMP)
    first, second = attempts()
    world.node.rpc("anvil_dropTransaction", second.hash)
    world.client.broadcast(first.raw)
    world.node.mine()
    publish(now=now + BUMP + 1)
    row = ChainTransaction.objects.get()
    assert (row.state, row.hash, stage_of(publication)) == (TransactionState.MINED, first.hash, S.MINED)
    assert publication.tx_hash == first.hash
    assert_rests(world, publication, now + BUMP + 1)


def test_bump__mined_and_reorganised__the_newest_is_sent_again(world: World, stuck: tuple[Publication, int]) -> None:
    publication, now = stuck
    publish(now=now + BUMP)
    world.node.mine()
    publish(now=now + BUMP + 1)
    assert stage_of(publication) == S.MINED
    world.node.reorg(1)
    publish(now=now + BUMP + 2)
    assert stage_of(publication) == S.SENT
    assert (publication.tx_hash, publication.block_number) == (None, None)
    assert_rests(world, publication, now + BUMP + 2)
    assert len(attempts()) == 2


def test_bump__base_fee_outgrows_it__raised_at_once_to_todays(world: World, stuck: tuple[Publication, int]) -> None:
    publication, now = stuck
    (first,) = attempts()
    base = int(first.max_fee) + GWEI
    world.node.rpc("anvil_setNextBlockBaseFeePerGas", hex(base))
    world.node.rpc("anvil_dropTransaction", first.hash)
    world.node.mine()
    world.node.rpc("anvil_setNextBlockBaseFeePerGas", hex(base))
    publish(now=now + 1)
    assert len(attempts()) == 2, "nobody waits a minute for what no block can take"
    assert attempts()[1].max_fee > base
    assert_rests(world, publication, now + 1)


def test_bump__two_stuck__only_the_lowest_nonce(world: World) -> None:
    one, now = world.signed("one")
    two, later = world.signed("two")
    now = max(now, later)
    world.node.hold()
    publish(now=now)
    assert [row.nonce for row in ChainTransaction.objects.order_by("nonce")][1:] != []
    publish(now=now + BUMP)
    bumped = Attempt.objects.filter(number=2).select_related("transaction")
    assert [each.transaction.nonce for each in bumped] == [ChainTransaction.objects.earliest("nonce").nonce]
    world.node.rpc("evm_setAutomine", True)
    world.node.mine()
    for _ in range(2):
        publish(now=now + BUMP + 1)
        world.bury()
    publish(now=now + BUMP + 2)
    assert [stage_of(each) for each in (one, two)] == [S.FINAL, S.FINAL]


def test_bump__at_the_ceiling__says_so_raises_an_alarm_and_goes_on_resending(
    world: World, stuck: tuple[Publication, int], settings: Any
) -> None:
    publication, now = stuck
    settings.MAX_FEE_GWEI = 1 + attempts()[0].max_fee // GWEI
    for minute in range(1, 4):
        publish(now=now + minute * BUMP)
    rows = attempts()
    assert all(row.max_fee <= settings.MAX_FEE_GWEI * GWEI for row in rows)
    assert rows[-1].max_fee * 9 > settings.MAX_FEE_GWEI * GWEI * 8, "as far as it goes"
    assert rows[-1].sent_at == now + 3 * BUMP
    publish(now=now + 4 * BUMP)
    assert len(attempts()) == len(rows)
    assert "ceiling" in ChainTransaction.objects.get().reason
    stage_of(publication)
    assert "ceiling" in publication.reason
    assert [(a.kind, a.subject) for a in open_alarms()] == [
        (AlarmKind.FEE_CEILING, f"publication:{publication.pk}")
    ]
    assert_rests(world, publication, now + 4 * BUMP)
    assert not open_alarms().exists()
    assert ChainTransaction.objects.get().reason == ""


def test_bump__base_fee_above_the_ceiling_before_the_first__nothing_is_signed(world: World, settings: Any) -> None:
    publication, now = world.signed()
    settings.MAX_FEE_GWEI = 5
    world.node.rpc("anvil_setNextBlockBaseFeePerGas", hex(6 * GWEI))
    world.node.mine()
    world.node.rpc("anvil_setNextBlockBaseFeePerGas", hex(6 * GWEI))
    publish(now=now)
    assert stage_of(publication) == S.SIGNED
    assert "MAX_FEE_GWEI" in publication.reason
    assert not ChainTransaction.objects.exists()
    settings.MAX_FEE_GWEI = 100
    assert_published_once(world, publication, now)


@pytest.mark.parametrize("when", ["store", "stored", "sent"])
def test_bump__killed_around_it__one_transaction_is_mined(
    world: World, stuck: tuple[Publication, int], monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    """Before it is stored, between storing and sending, and right after it was sent."""
    publication, now = stuck
    send = Providers.send
    newest = attempts()[0].raw

    def killed(*arguments: Any, **named: Any) -> None:
        if when != "store" and arguments[-1] == newest:
            return send(*arguments, **named)
        if when == "sent":
            send(*arguments, **named)
        raise Killed

    with monkeypatch.context() as patch:
        target = (transactions, "add_attempt") if when == "store" else (Providers, "send")
        patch.setattr(*target, killed)
        with pytest.raises(Killed):
            publish(now=now + BUMP)
    assert len(attempts()) == (1 if when == "store" else 2)
    publish(now=now + BUMP + 1)
    assert len(attempts()) == 2
    assert attempts()[1].sent_at is not None
    assert_rests(world, publication, now + BUMP + 1)


@pytest.mark.parametrize("landed", [True, False])
def test_bump__its_send_times_out__unknown_is_not_failed(
    world: World, stuck: tuple[Publication, int], monkeypatch: pytest.MonkeyPatch, landed: bool
) -> None:
    publication, now = stuck
    send = Providers.send

    def silent(self: Providers, raw: str) -> list[Sent]:
        if landed:
            send(self, raw)
        return [Sent(1, Answer.NO_ANSWER, "nobody knows")]

    with monkeypatch.context() as patch:
        patch.setattr(Providers, "send", silent)
        publish(now=now + BUMP)
    assert attempts()[1].answer == Answer.NO_ANSWER
    publish(now=now + BUMP + 15)
    assert attempts()[1].answer == (Answer.ALREADY_KNOWN if landed else Answer.TAKEN)
    assert_rests(world, publication, now + BUMP + 15)
    assert len(attempts()) == 2


def test_bump__node_wants_more_to_replace_it__outbid_before_the_minute_is_over(
    world: World, stuck: tuple[Publication, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    publication, now = stuck

    send = Providers.send

    def greedy(self: Providers, raw: str) -> list[Sent]:
        if Attempt.objects.get(raw=raw).number < 3:
            return [Sent(1, Answer.UNDERPRICED, "replacement transaction underpriced")]
        return send(self, raw)

    monkeypatch.setattr(Providers, "send", greedy)
    publish(now=now + BUMP)
    publish(now=now + BUMP + OUTBID_SECONDS - 1)
    assert len(attempts()) == 2
    publish(now=now + BUMP + OUTBID_SECONDS)
    assert len(attempts()) == 3
    assert_rests(world, publication, now + BUMP + OUTBID_SECONDS)


def test_bump__no_funds__says_so_and_is_not_bumped(world: World, stuck: tuple[Publication, int]) -> None:
    publication, now = stuck
    sender = accounts.address(accounts.PUBLISHER)
    (first,) = attempts()
    world.node.rpc("anvil_dropTransaction", first.hash)
    world.node.rpc("anvil_setBalance", sender, "0x1")
    publish(now=now + BUMP)
    publish(now=now + BUMP + 15)
    assert (len(attempts()), attempts()[0].answer) == (1, Answer.NO_FUNDS)
    assert "ether" in ChainTransaction.objects.get().reason
    world.node.rpc("anvil_setBalance", sender, hex(10**20))
    publish(now=now + BUMP + 30)
    assert_rests(world, publication, now + BUMP + 30)


def test_bump__somebody_else_takes_the_nonce__all_attempts_are_dropped_and_it_is_signed_anew(
    world: World, stuck: tuple[Publication, int]
) -> None:
    publication, now = stuck
    publish(now=now + BUMP)
    for each in attempts():
        world.node.rpc("anvil_dropTransaction", each.hash)
    sender = accounts.address(accounts.PUBLISHER)
    theirs = {"from": sender, "to": sender, "value": "0x1", "gas": "0x5208"}
    world.node.rpc("eth_sendTransaction", theirs)
    world.node.mine(CONFIRMATION + 1)
    publish(now=now + BUMP + 1)
    world.node.mine(CONFIRMATION)
    publish(now=now + BUMP + 2)
    lost = ChainTransaction.objects.earliest("nonce")
    assert (lost.state, stage_of(publication)) == (TransactionState.DROPPED, S.SENT)
    assert publication.transaction is not None
    assert publication.transaction.nonce == lost.nonce + 1
    world.node.rpc("evm_setAutomine", True)
    world.node.mine()
    assert_published_once(world, publication, now + BUMP + 2)
