"""One node of RPC_URLS, asked many things in one request; whatever comes back that cannot be read is no answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import requests
import structlog

from protocol.hashing import from_hex
from settlement.chain.answers import Answer, Sent
from settlement.chain.errors import refusal

log = structlog.get_logger(__name__)

Question = tuple[str, list[Any]]
Reader = Callable[[Any], Any]
TIMEOUT_SECONDS = 10
BATCH = 50
"""Questions in one request."""
_UNREADABLE = (requests.RequestException, ValueError, TypeError, KeyError, AttributeError, RecursionError)


class Nothing:
    """A node gave no answer that can be read."""


NOTHING = Nothing()


class Provider:
    """One node; once lost, it answers nothing."""

    def __init__(self, place: int, url: str) -> None:
        self.place, self.url = place, url
        self.why_lost = ""
        self._session = requests.Session()

    @property
    def is_lost(self) -> bool:
        return bool(self.why_lost)

    def lost(self, why: str) -> None:
        """Ask it nothing more in this round."""
        self.why_lost = why
        log.warning("providers.lost", provider=self.place, why=why)

    def answers(self, questions: Sequence[Question], read: Reader, of_error: Reader | None = None) -> list[Any]:
        """Its answers in the order of the questions, NOTHING for each that cannot be read.

        `of_error` reads errors where they are answers: that a contract refuses a call is one.
        """
        found: list[Any] = []
        for start in range(0, len(questions), BATCH):
            some = questions[start : start + BATCH]
            found += [NOTHING] * len(some) if self.is_lost else self._batch(some, read, of_error)
        return found

    def send(self, raw: str) -> Sent:
        """Hand it a signed transaction. Whatever it says, the bytes may have landed, or not."""
        if self.is_lost:
            return Sent(self.place, Answer.NO_ANSWER, self.why_lost)
        question = {"jsonrpc": "2.0", "id": 0, "method": "eth_sendRawTransaction", "params": [raw]}
        try:
            said = self._post(question)
            if said.get("error") is None:
                from_hex(said["result"].lower(), 32)
                return Sent(self.place, Answer.TAKEN)
            refused = refusal(" ".join(str(said["error"]["message"]).split())[:300])
        except _UNREADABLE as error:
            return Sent(self.place, Answer.NO_ANSWER, type(error).__name__)
        return Sent(self.place, refused.answer, str(refused))

    def _batch(self, questions: Sequence[Question], read: Reader, of_error: Reader | None) -> list[Any]:
        body = [
            {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
            for number, (method, params) in enumerate(questions)
        ]
        try:
            by_id = {each["id"]: each for each in self._post(body)}
            found = [by_id.get(number, {}) for number in range(len(questions))]
            return [_readable(each, read, of_error) for each in found]
        except _UNREADABLE as error:
            self.lost(type(error).__name__)
            return [NOTHING] * len(questions)

    def _post(self, body: Any) -> Any:
        return self._session.post(self.url, json=body, timeout=TIMEOUT_SECONDS).json()


def _readable(answer: Any, read: Reader, of_error: Reader | None) -> Any:
    """A node can answer anything at all; what cannot be read is no answer."""
    try:
        if of_error is not None and answer.get("error") is not None:
            return of_error(answer["error"])
        return read(answer.get("result"))
    except (ValueError, TypeError, KeyError, AttributeError):
        return NOTHING
