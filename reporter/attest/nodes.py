"""Asking several nodes the same at once, and waiting so long and no longer, whatever a node does.

A thread that waits for a node cannot be ended from outside, so it is left behind; until it comes back its node is asked
nothing more, and there is never more than one of it.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import Future, wait
from typing import Any

import requests

from reporter.stop import Stop

TIMEOUT = 10  # seconds

Question = tuple[str, list[Any]]


class ChainUnreadable(Stop):
    """A node does not answer, or nodes do not agree: below a quorum nothing is believed."""


class Node:
    """One node by its address, over a session of its own."""

    def __init__(self, url: str, session: requests.Session) -> None:
        self.url, self._session = url, session
        self._owed: Future[list[Any]] | None = None

    def ask(self, questions: Sequence[Question]) -> Future[list[Any]]:
        """Its answers, one after the other, when they come; ChainUnreadable in their place where it gives none."""
        answers: Future[list[Any]] = Future()
        if self._owed is not None and not self._owed.done():
            answers.set_exception(ChainUnreadable(f"node {self.url} still owes an answer"))
            return answers
        self._owed = answers
        threading.Thread(target=self._work, args=(list(questions), answers), daemon=True).start()
        return answers

    def _work(self, questions: list[Question], answers: Future[list[Any]]) -> None:
        try:
            answers.set_result([self._answer(*question) for question in questions])
        except BaseException as error:  # noqa: BLE001 - whoever waits gets it
            answers.set_exception(error)

    def _answer(self, method: str, parameters: list[Any]) -> Any:
        call: Any = {"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}
        try:
            answer = self._session.post(self.url, json=call, timeout=TIMEOUT).json()
            if "result" not in answer:
                said = answer.get("error", {}).get("message", "no result")
                raise ChainUnreadable(f"node {self.url}: {method}: {said}")
            return answer["result"]
        except (requests.RequestException, OSError, ValueError, AttributeError, RecursionError) as error:
            raise ChainUnreadable(f"node {self.url} does not answer {method}: {type(error).__name__}") from None


def ask_all(
    nodes: Sequence[Node], questions: Sequence[Question], seconds: float = TIMEOUT
) -> list[list[Any] | ChainUnreadable]:
    """What each node answers to these questions within so many seconds, in the order of the nodes."""
    asked = [node.ask(questions) for node in nodes]
    wait(asked, timeout=seconds)
    return [_said(node, future, seconds) for node, future in zip(nodes, asked, strict=True)]


def _said(node: Node, answers: Future[list[Any]], seconds: float) -> list[Any] | ChainUnreadable:
    if not answers.done():
        return ChainUnreadable(f"node {node.url} does not answer within {seconds} s")
    error = answers.exception()
    if error is None:
        return answers.result()
    if isinstance(error, ChainUnreadable):
        return error
    raise error
