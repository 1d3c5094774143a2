"""One node behind a proxy with faults."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from tests.proxy.corruption import corrupt
from tests.proxy.lies import lie
from tests.proxy.plan import CORRUPTION, ONLY, TRANSPORT, Fault, Plan
from tests.proxy.rules import Finality, Pool
from tests.proxy.transport import Transport
from tests.proxy.wire import Reply, Upstream, serving


class FaultyNode:
    """Answers as the node behind, but for what the plan and the rules say. One request at a time."""

    def __init__(
        self, node_url: str, plan: Plan, pool: Pool | None = None, finality: Finality | None = None
    ) -> None:
        self.plan, self.url = plan, ""
        self._upstream = Upstream(node_url)
        self._transport = Transport(self._deliver)
        self._pool, self._finality = pool, finality
        self._one_at_a_time = threading.Lock()
        self._released = threading.Event()

    def release(self) -> None:
        """Nobody is held any more."""
        self._released.set()

    def again(self, plan: Plan) -> None:
        """A chain that begins anew, under another plan."""
        self.plan, self._transport = plan, Transport(self._deliver)

    def answer(self, body: bytes) -> Reply | None:
        """What this node says to the bytes of a request; None for nothing at all."""
        with self._one_at_a_time:
            asked = json.loads(body)
            questions: list[dict[str, Any]] = asked if isinstance(asked, list) else [asked]
            fault, chance = self.plan.draw([each["method"] for each in questions])
            if fault is None:
                return Reply(self._transport.pass_on(body))
            if fault is Fault.HANG:
                self._released.wait()
                return None
            if fault in TRANSPORT:
                return self._transport.inject(fault, body, chance)
            truth = self._transport.pass_on(body)
            if fault in CORRUPTION:
                return corrupt(fault, truth, chance)
            return Reply(self._lied(fault, questions, json.loads(truth), chance))

    def _lied(
        self, fault: Fault, questions: list[dict[str, Any]], truth: Any, chance: random.Random
    ) -> bytes:
        """A lie about each question that the fault is about."""
        by_id = {each.get("id"): each for each in (truth if isinstance(truth, list) else [truth])}
        for question in questions:
            told = by_id.get(question["id"], {})
            if question["method"] in ONLY[fault] and "result" in told:
                told["result"] = lie(fault, question, told["result"], chance, self._ask)
        return json.dumps(truth).encode()

    def _deliver(self, body: bytes) -> bytes:
        """Ask the node behind, under the rules."""
        if self._pool is None and self._finality is None:
            return self._upstream.post(body)
        asked = json.loads(body)
        if isinstance(asked, dict) and asked["method"] == "eth_sendRawTransaction" and self._pool is not None:
            error = self._pool.refusal(asked["params"][0], self._ask)
            if error is not None:
                return json.dumps({"jsonrpc": "2.0", "id": asked["id"], "error": error}).encode()
        if self._finality is not None and (b'"finalized"' in body or b'"safe"' in body):
            for each in asked if isinstance(asked, list) else [asked]:
                if each["method"] == "eth_getBlockByNumber":
                    each["params"] = self._finality.tagged(each["params"], self._ask)
            body = json.dumps(asked).encode()
        return self._upstream.post(body)

    def _ask(self, method: str, params: list[Any]) -> Any:
        question = {"jsonrpc": "2.0", "id": 0, "method": method, "params": params}
        return json.loads(self._upstream.post(json.dumps(question).encode())).get("result")


@contextmanager
def before(
    node_url: str, plans: Sequence[Plan], *, pool: Pool | None = None, finality: Finality | None = None
) -> Iterator[list[FaultyNode]]:
    """A proxy for each plan before one node; the rules are the same for all of them."""
    with ExitStack() as stack:
        nodes = [FaultyNode(node_url, plan, pool, finality) for plan in plans]
        for node in nodes:
            node.url = stack.enter_context(serving(node.answer))
            stack.callback(node.release)
        yield nodes
