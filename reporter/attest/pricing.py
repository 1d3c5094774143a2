"""A price check of the attestor's own, and what it holds back for a person (docs/attestors.md).

It is asked after every ground: it can only keep a signature back. What differs too much, or could not be checked, is
*held*: `held-<expiry>.json` says why, and `decision-<expiry>.json`, which `attest release` or `attest refuse` writes,
what a person decided about exactly that price and attempt.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from pathlib import Path
from typing import Any

from protocol.listing import Expiry
from protocol.signing import Message
from reporter.asking import NoAnswer, ask
from reporter.attest.config import MAX_BPS, PriceCheckConfig
from reporter.sending import load, save
from reporter.stop import Stop
from reporter.units import PRICE_UNIT, show_price, show_time

ROUND_SECONDS = 30
"""Checks of one round take no longer than this and one timeout: entries must be seen within 180 s."""
RELEASED, REFUSED = "released", "refused"


class PriceCheck:
    """Asks the operator's own command or address about a price."""

    def __init__(self, config: PriceCheckConfig) -> None:
        self.config = config

    def problem(self, document: dict[str, Any], price: int) -> str | None:
        """Why a person must look at this price; None where the check agrees within the deviation."""
        try:
            config = self.config
            answer = self._read(ask(document, command=config.command, url=config.url, timeout=config.timeout))
            if isinstance(answer, bool):
                return None if answer else "our own check says that it is not within its bounds"
        except NoAnswer as failed:
            return f"our own check {failed}"
        off = abs(answer - price) * MAX_BPS / answer
        if off <= self.config.deviation_bps:
            return None
        ours = show_price(int(answer))
        bps = -(-off.numerator // off.denominator)
        return f"our own price {ours} lies {bps} bps off, over {self.config.deviation_bps}"

    def _read(self, raw: bytes) -> Fraction | bool:
        """A price with 18 decimals, or whether it is within the check's own bounds."""
        try:
            document = json.loads(raw)
            if set(document) == {"within"} and isinstance(document["within"], bool):
                return bool(document["within"])
            if set(document) == {"price"} and isinstance(document["price"], str):
                price = Fraction(Decimal(document["price"])) * PRICE_UNIT
                if price > 0:
                    return price
        except (ValueError, TypeError, InvalidOperation, OverflowError, RecursionError):
            pass
        raise NoAnswer('answered with neither {"price": "decimal"} nor {"within": true}')


class Doubts:
    """What is held in one folder, and the check that holds it. `clock` gives seconds for the budget of a round."""

    def __init__(
        self, folder: Path, check: PriceCheck | None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.folder, self.check = folder, check
        self._clock = clock
        self._passed: set[tuple[str, str]] = set()
        self._spend_until = 0.0

    def begin_round(self) -> None:
        self._spend_until = self._clock() + ROUND_SECONDS

    def about(self, item: Message, expiry: Expiry, now: int) -> str | None:
        """Why no signature over an item leaves now, as `code: sentence`; None where nothing holds it."""
        if held := _load(_held(self.folder, expiry.id)):
            if _same(held, item):
                return self._decided(held, item)
        elif self.check is None:
            return None
        key = (expiry.id, str(item["price"]))
        if self.check is None or key in self._passed:
            return None
        if self._clock() >= self._spend_until:
            return f"not_checked: expiry {expiry.id}: our own check has not come to it yet"
        document = {"index": dict(expiry.index), "instant": str(expiry.state.expiry_at),
                    "price": show_price(item["price"]).replace(",", "")}  # fmt: skip
        problem = self.check.problem(document, item["price"])
        if problem is None:
            self._passed.add(key)
            return None
        held = {"expiry": expiry.id, "attempt": str(item["attempt"]), "price": str(item["price"]), "reason": problem,
                "at": str(now), "asked": document, "told": []}  # fmt: skip
        save(_held(self.folder, expiry.id), held)
        return self._decided(held, item)

    def waiting(self) -> list[dict[str, Any]]:
        """What waits for a person: held and not decided."""
        held = (_load(path) for path in sorted(self.folder.glob("held-*.json")))
        return [each for each in held if each and _decision(self.folder, each) is None]

    def was_told(self, proposal: str, expiry: str) -> bool:
        """Whether the operator was told that this proposal is held, also before a restart."""
        held = _load(_held(self.folder, expiry))
        return held is not None and proposal in held["told"]

    def tell(self, proposal: str, expiry: str) -> None:
        """Write down that it was."""
        path = _held(self.folder, expiry)
        held = load(path)
        save(path, held | {"told": [*held["told"], proposal]})

    def _decided(self, held: dict[str, Any], item: Message) -> str | None:
        decision = _decision(self.folder, held)
        if decision == RELEASED:
            return None
        if decision == REFUSED:
            return f"refused_by_person: expiry {item['expiry']}: {held['reason']}"
        return f"held: expiry {item['expiry']}: {held['reason']}; a person decides"


def decide(folder: Path, expiry: str, decision: str, now: int) -> str:
    """Write down what a person decided about what is held for an expiry; the words to show. Stop where nothing is."""
    held = _load(_held(folder, expiry)) if expiry.startswith("0x") and "/" not in expiry else None
    if held is None:
        waiting = ", ".join(each["expiry"] for each in Doubts(folder, None).waiting()) or "nothing"
        raise Stop(f"nothing is held for {expiry} in {folder}; held there: {waiting}")
    earlier = _decision(folder, held)
    if earlier == REFUSED:
        raise Stop("this was refused for good")
    decided = {name: held[name] for name in ("expiry", "attempt", "price")}
    save(folder / f"decision-{expiry}.json", {**decided, "decision": decision, "at": str(now)})
    price = show_price(int(held["price"]))
    return f"{decision}: {price} for expiry {expiry}, held since {show_time(int(held['at']))}: {held['reason']}"


def _decision(folder: Path, held: dict[str, Any]) -> str | None:
    found = _load(folder / f"decision-{held['expiry']}.json")
    return str(found["decision"]) if found and all(found[n] == held[n] for n in ("attempt", "price")) else None


def _same(held: dict[str, Any], item: Message) -> bool:
    return bool((held["attempt"], held["price"]) == (str(item["attempt"]), str(item["price"])))


def _held(folder: Path, expiry: str) -> Path:
    return folder / f"held-{expiry}.json"


def _load(path: Path) -> dict[str, Any] | None:
    return load(path) if path.exists() else None
