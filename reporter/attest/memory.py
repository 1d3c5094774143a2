"""What was signed: never two different contents for one expiry and attempt, whatever happens to this process."""

from __future__ import annotations

from collections.abc import Sequence

from protocol.signing import Message, parse, to_json
from reporter.attest.store import Lines

_KEY = ("expiry", "attempt")


class Memory:
    """The items that were ever signed, in `signed.jsonl`."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._items: dict[tuple[str, int], Message] = {}
        for line in lines:
            self._keep(parse("Attestations", line)["items"])

    def problem(self, item: Message) -> str | None:
        """Why an item must not be signed: another content of the same expiry and attempt was; None otherwise."""
        signed = self._items.get((item["expiry"], item["attempt"]))
        if signed is None or signed == item:
            return None
        return f"attempt {item['attempt']} was signed before with price {signed['price']}"

    def remember(self, items: Sequence[Message]) -> None:
        """Write items down; only when this returns may a signature over them leave. ValueError where one must not."""
        for item in items:
            if problem := self.problem(item):
                raise ValueError(problem)
        new = [item for item in items if (item["expiry"], item["attempt"]) not in self._items]
        if new:
            self._lines.append(to_json("Attestations", {"items": new}))
            self._keep(new)

    def _keep(self, items: Sequence[Message]) -> None:
        for item in items:
            self._items[item["expiry"], item["attempt"]] = item

    def __len__(self) -> int:
        return len(self._items)
