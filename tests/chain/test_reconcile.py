"""Every price beside the oracle's, in a final block and by a quorum: states, alarms, what stops and goes on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from settlement import tasks
from settlement.alarms import open_alarms
from settlement.chain import quorum
from settlement.chain.providers import StaleReads
from settlement.models import Alarm, Attempt, ChainState, ChainTransaction, OracleRecord, Publication
from settlement.services import reconciling, watching
from settlement.services.comparing import compare
from settlement.services.opening import open_due
from settlement.services.publications import items_of
from settlement.services.publishing import publish
from settlement.services.reconciling import look
from settlement.stages import PublicationStage
from tests.cast import ETHER
from tests.chain.conftest import DELAY, FINALITY, World
from tests.chain.proxy import Liar, before
from tests.chain.test_guardians import submit_directly
from tests.chain.test_price_providers import another_price, silent
from tests.chain.test_publishing import assert_published_once, stage_of

S = OracleRecord.State


def looked(world: World, blocks: int = FINALITY) -> dict[str, str]:
    """The states by slug after a look, once what is there now is final."""
    world.node.mine(blocks)
    look(now=world.node.now())
    return dict(OracleRecord.objects.values_list("expiry__slug", "state"))


def alarms() -> list[tuple[str, str]]:
    return list(open_alarms().values_list("kind", "words"))


def goes_on(world: World, publication: Publication, now: int) -> None:
    """By itself, with one transaction, to the end."""
    for _ in range(2):
        publish(now=now)
        world.bury()
    publish(now=now)
    assert stage_of(publication) == PublicationStage.FINAL
    assert ChainTransaction.objects.count() == 1


@pytest.fixture
def three(world: World, settings: Any) -> Iterator[list[Liar]]:
    with ExitStack() as stack:
        liars = [stack.enter_context(before(world.node.url)) for _ in range(3)]
        settings.RPC_URLS, settings.RPC_QUORUM = [liar.url for liar in liars], 2
        yield liars


def test_look__from_final_to_on_chain__each_state_in_turn(world: World) -> None:
    world.list_expiry("later", ahead=9_000)
    publication, now = world.signed("one", "two")
    assert looked(world) == {"one": S.WAITING, "two": S.WAITING}
    publish(now=now)
    assert looked(world, 0) == {"one": S.WAITING, "two": S.WAITING}, "its block is not final"
    assert looked(world) == {"one": S.DELAY, "two": S.DELAY}
    one, two = sorted(items_of(publication), key=lambda item: item.expiry.slug)
    world.cancel(one.expiry, 0)
    assert looked(world) == {"one": S.CANCELLED, "two": S.DELAY}
    world.node.mine_at(world.node.now() + DELAY)
    assert looked(world) == {"one": S.CANCELLED, "two": S.EQUAL}
    row = OracleRecord.objects.get(expiry=two.expiry_id)
    assert (row.price, row.was_final, row.block) == (two.price, True, world.node.height() - FINALITY)
    assert alarms() == []


def test_look__a_price_that_the_book_does_not_have__alarm_and_publishing_stops_until_it_is_gone(
    world: World,
) -> None:
    publication, now = world.signed()
    waiting = world.list_expiry("waiting", ahead=9_000)
    submit_directly(world, waiting.id, 98 * ETHER)
    assert looked(world) == {"one": S.WAITING, "waiting": S.EARLY}
    ((kind, words),) = alarms()
    assert kind == "price_differs"
    assert words.startswith(
        f"waiting: the oracle has {98 * ETHER}, the book no price yet; guardians can cancel"
    )
    for _ in range(3):
        publish(now=now)
    assert (stage_of(publication), ChainTransaction.objects.count()) == (PublicationStage.SIGNED, 0)
    assert publication.reason == f"stopped by an alarm: {words}"
    world.cancel(waiting, 0)
    look(now=world.node.now())
    publish(now=now)
    assert not ChainTransaction.objects.exists(), "the cancel may still be reorganised away"
    assert looked(world) == {"one": S.WAITING}
    assert alarms() == []
    assert Alarm.objects.get().cleared_why.endswith("says the same as the book")
    goes_on(world, publication, now)


def test_look__alarm_after_the_send__followed_but_not_sent_again(world: World) -> None:
    publication, now = world.signed()
    world.node.hold()
    publish(now=now)
    row = ChainTransaction.objects.get()
    world.node.rpc("anvil_dropTransaction", row.hash)
    world.node.rpc("evm_setAutomine", True)
    other = world.list_expiry("other", ahead=9_000)
    submit_directly(world, other.id, 98 * ETHER)
    looked(world)
    publish(now=now + 100)
    assert world.client.receipt(row.hash) is None, "not sent while the alarm is open"
    world.cancel(other, 0)
    looked(world)
    goes_on(world, publication, now + 200)


def test_look__another_price_than_the_books__different_for_ever_once_it_is_final(world: World) -> None:
    publication, _ = world.proposed()
    decided = items_of(publication)[0].expiry
    submit_directly(world, decided.id, 99 * ETHER)
    assert looked(world) == {"one": S.DIFFERENT}
    world.node.mine_at(world.node.now() + DELAY)
    assert looked(world) == {"one": S.DIFFERENT}
    assert alarms() == [
        ("price_differs", f"one: the oracle has {99 * ETHER}, the book {decided.price}; for ever")
    ]
    since = OracleRecord.objects.get().since
    look(now=world.node.now() + 500)
    assert OracleRecord.objects.get().since == since


def test_look__an_expiry_that_nobody_listed__named(world: World) -> None:
    submit_directly(world, "0x" + "ab" * 32, 5)
    assert looked(world) == {}
    ((kind, words),) = alarms()
    assert (kind, "an expiry that is not listed here: the oracle has 5" in words) == ("price_differs", True)


def test_look__a_deep_reorg_took_a_final_price__alarm_until_it_is_back(world: World) -> None:
    publication, now = world.signed()
    height = world.node.height()
    assert_published_once(world, publication, now)
    assert looked(world) == {"one": S.EQUAL}
    world.node.reorg(world.node.height() - height)
    assert looked(world) == {"one": S.DIFFERENT}
    assert alarms() == [("price_differs", "one: was final on chain, but the oracle has no price now")]
    world.client.broadcast(Attempt.objects.get().raw)
    world.bury()
    assert looked(world) == {"one": S.EQUAL}
    assert alarms() == []


def test_look__published_but_never_seen_as_final_and_gone__alarm(world: World) -> None:
    publication, now = world.signed()
    height = world.node.height()
    assert_published_once(world, publication, now)
    world.node.reorg(world.node.height() - height)
    assert looked(world) == {"one": S.DIFFERENT}


def test_look__final_in_the_book_for_hours_and_not_on_chain__overdue(world: World, settings: Any) -> None:
    publication, now = world.signed()
    looked(world)

    def watched(seconds: int) -> list[str]:
        watching.watch(now=now + seconds)
        return [words for kind, words in alarms() if kind == "price_overdue"]

    assert watched(settings.PRICE_OVERDUE_SECONDS - 1) == []
    (words,) = watched(settings.PRICE_OVERDUE_SECONDS)
    assert words.startswith("1 final prices are not on chain; one since")
    publish(now=now)
    looked(world)
    assert OracleRecord.objects.get().state == S.DELAY
    assert watched(settings.PRICE_OVERDUE_SECONDS) == []
    assert stage_of(publication) != PublicationStage.FAILED


def test_look__two_of_three_lie_or_are_down__unknown_and_the_last_good_knowledge_stays(
    world: World, three: list[Liar]
) -> None:
    world.signed()
    assert looked(world) == {"one": S.WAITING}
    good, row = ChainState.objects.get(), OracleRecord.objects.get()
    assert (good.agreeing, good.nodes, good.problem) == (3, 3, "")
    three[0].twist, three[2].twist = another_price, silent
    with pytest.raises(StaleReads):
        look(now=world.node.now() + 7)
    bad = ChainState.objects.get()
    assert (bad.good_at, bad.looked_at, bad.problem != "") == (good.good_at, good.good_at + 7, True)
    assert OracleRecord.objects.get().__dict__ | {"_state": 0} == row.__dict__ | {"_state": 0}
    assert tasks.reconcile_prices().startswith("StaleReads")
    assert [kind for kind, _ in alarms()] == ["below_quorum"]
    with pytest.raises(CommandError, match="unknown: "):
        call_command("reconcile", stdout=StringIO())
    three[2].twist = lambda method, answer: answer
    assert looked(world) == {"one": S.WAITING}


def test_look__one_of_three_forges_or_hides_logs__outvoted(world: World, three: list[Liar]) -> None:
    three[1].twist = lambda method, answer: [] if method == "eth_getLogs" else answer
    waiting = world.list_expiry("waiting", ahead=9_000)
    submit_directly(world, waiting.id, 98 * ETHER)
    assert looked(world) == {"waiting": S.EARLY}


def test_look__all_nodes_hide_a_log__the_sweep_finds_it(
    world: World, three: list[Liar], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Logs only say where to look first: every expiry is looked at within the hour."""
    for liar in three:
        liar.twist = lambda method, answer: [] if method == "eth_getLogs" else answer
    monkeypatch.setattr(reconciling, "LEAST_SLICE", 1)
    expiries = sorted((world.list_expiry(f"e{n}", ahead=9_000 + n) for n in range(3)), key=lambda e: e.id)
    submit_directly(world, expiries[2].id, 98 * ETHER)
    assert looked(world) == {}
    assert looked(world) == {}
    assert looked(world) == {expiries[2].slug: S.EARLY}
    assert looked(world) == {expiries[2].slug: S.EARLY}
    assert ChainState.objects.get().swept_at > 0


def test_look__clocks_apart__alarm_and_nothing_is_opened_or_sent(world: World, settings: Any) -> None:
    """C-20, either way round."""
    publication, now = world.signed()
    expiry = world.list_expiry("next")
    now = max(now, world.pass_expiry(expiry))
    for apart in (settings.CHAIN_CLOCK_SECONDS + 1, -settings.CHAIN_CLOCK_SECONDS - 1):
        look(now=world.node.now() + apart)
        assert [kind for kind, _ in alarms()] == ["clocks_apart"]
        assert open_due(now=now) == 0
        publish(now=now)
        assert not ChainTransaction.objects.exists()
    look(now=world.node.now() + settings.CHAIN_CLOCK_SECONDS)
    assert alarms() == []
    assert open_due(now=now) == 1
    assert_published_once(world, publication, now)


def test_look__finality_stalls__alarm_and_nothing_is_opened(world: World, settings: Any) -> None:
    """C-29: blocks come, but none becomes final."""
    world.pass_expiry(world.list_expiry())
    look(now=world.node.now())
    settings.FINALITY_DEPTH = world.node.height()
    settings.FINALITY_STALL_SECONDS = 500
    late = world.list_expiry("late")
    world.node.mine_at(late.expiry_at)
    settings.FINALITY_DEPTH = world.node.height() - ChainState.objects.get().final
    look(now=world.node.now())
    assert [kind for kind, _ in alarms()] == ["finality_stalls"]
    assert open_due(now=world.node.now()) == 1, "what lay in a final block before"
    settings.FINALITY_DEPTH = FINALITY
    world.node.mine(FINALITY)
    look(now=world.node.now())
    assert alarms() == []
    assert open_due(now=world.node.now()) == 1


def test_look__many_expiries__requests_grow_by_fifties(world: World, three: list[Liar]) -> None:
    """Records of one block in batches: what is asked of a node grows with a fiftieth of the expiries."""

    def asked(number: int) -> int:
        oracle, sent = quorum.oracle(), []
        session = oracle.nodes._nodes[0]._session
        post = session.post
        session.post = lambda *given, **named: sent.append(1) or post(*given, **named)  # type: ignore[method-assign]
        compare(oracle, ["0x" + f"{n:064x}" for n in range(number)], now=1)
        return len(sent)

    assert [asked(number) for number in (1, 50, 51, 500)] == [1, 1, 2, 10]


def test_reconcile__published_as_decided__counts_and_nothing_to_say(world: World) -> None:
    world.list_expiry("later", ahead=9_000)
    publication, now = world.signed("one", "two")
    assert_published_once(world, publication, now)
    world.node.mine(FINALITY)
    out = StringIO()
    call_command("reconcile", stdout=out)
    assert "3 expiries compared in block" in out.getvalue()
    assert "2 EQUAL" in out.getvalue()
    assert "no price that the book does not have" in out.getvalue()


def test_reconcile__prices_that_the_book_does_not_have__each_named(world: World) -> None:
    publication, _ = world.proposed()
    waiting = world.list_expiry("waiting", ahead=9_000)
    decided = items_of(publication)[0].expiry
    submit_directly(world, decided.id, 99 * ETHER)
    submit_directly(world, waiting.id, 98 * ETHER)
    world.node.mine(FINALITY)
    out = StringIO()
    with pytest.raises(CommandError, match="2 differ"):
        call_command("reconcile", stdout=out)
    assert f"one: the oracle has {99 * ETHER}, the book {decided.price}" in out.getvalue()
    assert f"waiting: the oracle has {98 * ETHER}, the book no price yet" in out.getvalue()
