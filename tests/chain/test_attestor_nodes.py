"""An attestor before nodes that hang: what they cost it, on a real chain behind the fault proxy."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest

from reporter.attest import chain as chain_module
from reporter.attest import nodes as nodes_module
from reporter.attest.chain import Chain
from reporter.attest.nodes import ChainUnreadable
from tests.chain.node import Node, running
from tests.proxy.node import FaultyNode, before
from tests.proxy.plan import Fault, Plan

CHAIN_ID = 31337
PATIENCE = 0.5
"""Seconds, in the place of AGREEING_SECONDS and TIMEOUT."""
ROOM = 0.6
"""For two shared cores."""
Found = TypeVar("Found")


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    with running(tmp_path_factory.mktemp("chain")) as found:
        yield found


@pytest.fixture
def nodes(node: Node, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[FaultyNode]]:
    monkeypatch.setattr(chain_module, "AGREEING_SECONDS", PATIENCE)
    monkeypatch.setattr(nodes_module.ask_all, "__defaults__", (PATIENCE,))
    with before(node.url, [Plan(str(number)) for number in range(5)]) as found:
        yield found


def hang(*nodes: FaultyNode) -> None:
    for each in nodes:
        each.plan.rate, each.plan.kinds = 1.0, frozenset([Fault.HANG])


def chain(nodes: list[FaultyNode]) -> Chain:
    return Chain([each.url for each in nodes])


def timed(work: Callable[[], Found]) -> tuple[Found, float]:
    begun = time.monotonic()
    return work(), time.monotonic() - begun


@pytest.mark.parametrize("hanging", [0, 1, 3, 5])
def test_agreeing__some_nodes_hang__costs_one_wait_however_many(nodes: list[FaultyNode], hanging: int) -> None:
    hang(*nodes[:hanging])
    found, seconds = timed(lambda: chain(nodes).agreeing(CHAIN_ID))
    assert found == 5 - hanging
    assert seconds < PATIENCE + ROOM if hanging else seconds < ROOM


def test_agreeing__a_node_that_still_hangs__is_not_waited_for_again(nodes: list[FaultyNode]) -> None:
    hang(nodes[0])
    reader = chain(nodes)
    assert reader.agreeing(CHAIN_ID) == 4
    found, seconds = timed(lambda: [reader.agreeing(CHAIN_ID) for _ in range(3)])
    assert (found, seconds < ROOM) == ([4, 4, 4], True)
    assert nodes[0].plan.requests == 1, "it owes an answer: nothing more is asked"
    nodes[0].plan.rate = 0.0
    nodes[0].release()
    deadline = time.monotonic() + 10
    while reader.agreeing(CHAIN_ID) < 5:
        assert time.monotonic() < deadline, "it is asked again once it has answered"


def test_agreeing__they_begin_to_hang_between_the_questions__costs_one_more_wait(
    nodes: list[FaultyNode], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = nodes[0].plan.draw

    def after_two(methods: Any) -> Any:
        if nodes[0].plan.requests == 2:
            hang(nodes[0])
        return asked(methods)

    monkeypatch.setattr(nodes[0].plan, "draw", after_two)
    hang(nodes[1])
    found, seconds = timed(lambda: chain(nodes).agreeing(CHAIN_ID))
    assert found == 3
    assert 2 * PATIENCE <= seconds < 2 * PATIENCE + ROOM


def test_question__nodes_hang__one_wait_and_nothing_is_believed(nodes: list[FaultyNode], tmp_path: Path) -> None:
    hang(*nodes[:3])
    begun = time.monotonic()
    with pytest.raises(ChainUnreadable, match="does not answer within 0.5 s"):
        chain(nodes).chain_id()
    assert time.monotonic() - begun < PATIENCE + ROOM
