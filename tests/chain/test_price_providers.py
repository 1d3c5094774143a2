"""C-31 to C-33 for prices: what one of three nodes forges, omits or garbles is outvoted; no quorum, no move."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from eth_abi import encode

from oracle.models import Act
from settlement import tasks
from settlement.alarms import open_alarms
from settlement.chain import providers, quorum
from settlement.chain.contracts import Series
from settlement.chain.providers import StaleReads
from settlement.models import ChainTransaction, Publication
from settlement.services.opening import open_due, value_at
from settlement.services.proposing import propose
from settlement.services.publishing import publish
from settlement.services.series import list_series
from settlement.services.signing import Problem
from settlement.stages import PublicationStage
from tests.cast import ETHER
from tests.chain.conftest import World
from tests.chain.proxy import Liar, before, honest
from tests.chain.test_publishing import assert_published_once, stage_of

S = PublicationStage
DAY = 86_400


@pytest.fixture
def three(world: World, settings: Any) -> Iterator[list[Liar]]:
    """Three nodes, of which two must agree. They are one node behind three proxies."""
    with ExitStack() as stack:
        liars = [stack.enter_context(before(world.node.url)) for _ in range(3)]
        settings.RPC_URLS, settings.RPC_QUORUM = [liar.url for liar in liars], 2
        yield liars


def another_price(method: str, answer: Any) -> Any:
    """Every expiry is set and final at 99, and the attestors are one stranger."""
    if method != "eth_call" or answer is None:
        return answer
    if len(answer) == 2 + 5 * 64:
        return "0x" + encode(["uint256"] * 4 + ["bool"], [99, 1, 2, 7, True]).hex()
    return "0x" + encode(["address[]"], [["0x" + "9" * 40]]).hex()


def forged(method: str, answer: Any) -> Any:
    """Every split was a thousand times as much."""
    if method != "eth_getLogs":
        return answer
    return [{**each, "data": each["data"][:-64] + f"{10**30:064x}"} for each in answer or []]


def left_out(method: str, answer: Any) -> Any:
    return [] if method == "eth_getLogs" else answer


def moved(method: str, answer: Any) -> Any:
    """Every block was a day later: the splits count for less."""
    if method != "eth_getBlockByNumber" or answer is None or answer["number"] == "0x0":
        return answer
    return {**answer, "timestamp": hex(int(answer["timestamp"], 16) + DAY)}


def another_chain(method: str, answer: Any) -> Any:
    return "0x1" if method == "eth_chainId" else answer


def silent(method: str, answer: Any) -> Any:
    return None


def nonsense(method: str, answer: Any) -> Any:
    return {"no": ["sense"]} if method != "eth_chainId" else answer


def bottomless(method: str, answer: Any) -> Any:
    """JSON that no parser of ours can read to its end."""
    return Bottomless() if method != "eth_chainId" else answer


class Bottomless(dict[str, Any]):
    """Written as a hundred thousand brackets."""


LIES = [another_price, forged, left_out, moved, another_chain, silent, nonsense]


def secured(world: World) -> tuple[Any, int]:
    """An expiry that secures 3 ETH by the chain, and a time at which it can be opened."""
    expiry = world.list_expiry(ahead=2 * DAY)
    (series,) = list_series(expiry=expiry, strikes=[ETHER], now=world.node.now())
    world.holder().send(Series(world.client, series.address).call("split", 3 * ETHER, value=3 * ETHER))
    return expiry, world.pass_expiry(expiry)


@pytest.mark.parametrize("lie", LIES, ids=lambda lie: lie.__name__)
def test_one_of_three__lies_all_along__outvoted_to_the_end(world: World, three: list[Liar], lie: Any) -> None:
    three[LIES.index(lie) % 3].twist = lie
    expiry, now = secured(world)
    assert value_at(providers.connect(), expiry, world.node.height()) == 3 * ETHER
    now = world.decide((expiry, 2_500 * ETHER), now=now)
    assert Act.objects.get(kind="Opened").message["value_secured"] == str(3 * ETHER)
    publication = world.propose(now)
    assert [item.attempt for item in publication.items.all()] == [0]
    world.sign(publication, 0, 1, 2, now=now)
    assert_published_once(world, publication, now)


def test_one_of_three__dead__outvoted(world: World, three: list[Liar]) -> None:
    three[1].dead = True
    publication, now = world.signed()
    assert_published_once(world, publication, now)


LOGS = [(forged, left_out), (another_chain, forged), (moved, silent), (silent, nonsense)]


@pytest.mark.parametrize("lies", LOGS, ids=lambda lies: "-".join(each.__name__ for each in lies))
def test_opening__two_of_three_lie__stays_shut_and_says_so(
    world: World, three: list[Liar], lies: Any
) -> None:
    expiry, now = secured(world)
    three[0].twist, three[2].twist = lies
    with pytest.raises(StaleReads):
        open_due(now=now)
    assert not Act.objects.exists()
    three[0].twist = honest
    assert open_due(now=now) == 1
    expiry.refresh_from_db()
    assert expiry.value_secured == 3 * ETHER


STATES = [(another_price, silent), (another_chain, another_price), (nonsense, nonsense)]


@pytest.mark.parametrize("lies", STATES, ids=lambda lies: "-".join(each.__name__ for each in lies))
def test_planning__two_of_three_lie__nothing_planned_until_they_agree(
    world: World, three: list[Liar], lies: Any
) -> None:
    expiry = world.list_expiry()
    now = world.decide((expiry, 2_500 * ETHER), now=world.pass_expiry(expiry))
    three[0].twist, three[2].twist = lies
    with pytest.raises(StaleReads):
        propose(now=now)
    assert not Publication.objects.exists()
    three[2].twist = honest
    publication = world.propose(now)
    assert [item.attempt for item in publication.items.all()] == [0]


def test_publishing__two_of_three_down__nothing_sent_and_nothing_called_final(
    world: World, three: list[Liar]
) -> None:
    publication, now = world.signed()
    three[0].dead = three[2].dead = True
    with pytest.raises(StaleReads):
        publish(now=now)
    assert (stage_of(publication), ChainTransaction.objects.count()) == (S.SIGNED, 0)
    three[0].dead = False
    publish(now=now)
    world.bury()
    three[0].dead = True
    with pytest.raises(StaleReads):
        publish(now=now)
    assert stage_of(publication) != S.FINAL
    three[0].twist, three[0].dead = another_price, False
    with pytest.raises(StaleReads):
        publish(now=now)
    assert stage_of(publication) != S.FINAL
    three[2].dead = False
    publish(now=now)
    assert stage_of(publication) == S.FINAL


def test_signature__two_of_three_name_another_set__not_taken(world: World, three: list[Liar]) -> None:
    publication, now = world.proposed()
    three[0].twist, three[2].twist = another_price, silent
    with pytest.raises(StaleReads):
        world.sign(publication, 0, now=now)
    assert not publication.signatures.exists()
    three[2].twist = honest
    (taken,) = world.sign(publication, 0, now=now)
    assert not isinstance(taken, Problem)


def test_oracle__forged_by_the_quorum_itself__is_what_the_quorum_says(
    world: World, three: list[Liar]
) -> None:
    """The limit: who holds a quorum of the nodes holds the word. This is why a majority is the least."""
    expiry = world.list_expiry()
    three[0].twist = three[1].twist = another_price
    assert quorum.oracle().records_of([expiry.id])[expiry.id].price == 99


def test_tasks__below_the_quorum__one_alarm_each_until_they_agree(world: World, three: list[Liar]) -> None:
    expiry = world.list_expiry()
    world.decide((expiry, 2_500 * ETHER), now=world.pass_expiry(expiry))
    three[0].dead = three[2].dead = True
    for _ in range(3):
        assert tasks.propose().startswith("StaleReads: ")
    (alarm,) = open_alarms()
    assert (alarm.kind, alarm.subject) == ("below_quorum", "propose")
    assert "propose waits: " in alarm.words
    three[0].dead = False
    assert tasks.propose() == "1 proposed"
    assert not open_alarms()


def test_garbage__json_without_a_bottom__a_node_lost_and_no_more(
    world: World, three: list[Liar], monkeypatch: pytest.MonkeyPatch
) -> None:
    """C-33: nesting beyond what the parser can follow is no crash of ours (decision 20)."""
    code = "import sys, settlement.chain; print(sys.getrecursionlimit())"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(said.stdout) <= 1000, "the tests' own libraries raise it for themselves"
    three[0].twist = bottomless
    plain = json.dumps

    def deep(value: Any, **options: Any) -> str:
        found = any(isinstance(each, dict) and isinstance(each.get("result"), Bottomless) for each in value)
        return "[" * 100_000 if found else plain(value, **options)

    expiry, limit = world.list_expiry(), sys.getrecursionlimit()
    monkeypatch.setattr("tests.chain.proxy.json.dumps", deep)
    sys.setrecursionlimit(1000)
    try:
        assert quorum.oracle().records_of([expiry.id])[expiry.id].price == 0
    finally:
        sys.setrecursionlimit(limit)
