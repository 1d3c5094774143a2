"""A source for any index: the operator's own program or address says what each venue showed (docs/reporting.md).

It is asked as an attestor's price check is, `{"index": the spec, "instant": "1790000000"}`, and answers
`{"observations": [{"source": "Kraken", "instant": "1790000000", "price": "2498.7"}]}`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from shutil import which
from typing import Any

from protocol.evidence import INTEGER, LAST_SECOND, MAX_OBSERVATIONS, SOURCE, observation
from protocol.hashing import keccak, to_hex
from reporter.asking import NoAnswer, ask
from reporter.sources import Reading, round_half_up, window_of
from reporter.stop import Stop
from reporter.units import PRICE_UNIT, show_time

PRICE = re.compile(r"[0-9]{1,30}(\.[0-9]{1,60})?")
FORM = '{"observations": [{"source": "Kraken", "instant": "1790000000", "price": "2498.7"}]}'


@dataclass(frozen=True)
class Seen:
    """One observation: the exact `price` in quote units that `source` showed at a unix second."""

    source: str
    instant: int
    price: Fraction


@dataclass(frozen=True)
class OwnSource:
    """Exactly one of a command (run without a shell) and an address (POST); the timeout in seconds."""

    command: Sequence[str] | None
    url: str | None
    timeout: int

    def read(self, spec: Mapping[str, Any], instant: int) -> tuple[list[Reading], bytes]:
        """Each venue's price at `instant` as the spec's window wants it, and the answer that it is read from.

        NoAnswer where there is none for now; Stop where there is no such program, or the answer is not in form or not
        what the index asks for.
        """
        if self.command and which(self.command[0]) is None:
            raise Stop(f"the source cannot be run: {self.command[0]} is no program that is found here")
        try:
            raw = ask(
                {"index": dict(spec), "instant": str(instant)}, command=self.command, url=self.url, timeout=self.timeout
            )
        except NoAnswer as failed:
            raise NoAnswer(f"the source {failed}") from None
        by_venue: dict[str, list[Seen]] = {}
        for seen in parse_answer(raw):
            by_venue.setdefault(seen.source, []).append(seen)
        hashed, window = to_hex(keccak(raw)), window_of(spec)
        return [_reading(venue, seen, instant, window, hashed) for venue, seen in by_venue.items()], raw


def parse_answer(raw: bytes) -> list[Seen]:
    """The observations in an answer; Stop where it is not exactly in form."""
    try:
        document = json.loads(raw.decode("utf-8"))
        if set(document) == {"observations"} and len(document["observations"]) <= MAX_OBSERVATIONS:
            return [_seen(each) for each in document["observations"]]
    except (ValueError, TypeError, LookupError, RecursionError):
        pass
    raise Stop(f"the source answered with something else than at most {MAX_OBSERVATIONS} observations, such as {FORM}")


def _seen(found: Mapping[str, str]) -> Seen:
    source, instant, price = found["source"], found["instant"], found["price"]
    if len(found) != 3 or not (SOURCE.fullmatch(source) and INTEGER.fullmatch(instant) and PRICE.fullmatch(price)):
        raise ValueError
    if int(instant) > LAST_SECOND:
        raise ValueError
    return Seen(source, int(instant), Fraction(price))


def _reading(venue: str, seen: Sequence[Seen], instant: int, window: int, raw: str) -> Reading:
    """A venue's only observation or, over a window, the mean of all; never of less than were given."""
    seen = sorted(seen, key=lambda each: each.instant)
    if not window and len(seen) > 1:
        raise Stop(f"{venue}: {len(seen)} observations, and the index has no window to take their mean over: give one")
    if len({each.instant for each in seen}) < len(seen):
        raise Stop(f"{venue}: two observations of one second")
    outside = [each for each in seen if window and not instant - window < each.instant <= instant]
    if outside:
        raise Stop(f"{venue}: the observation of {show_time(outside[0].instant)} is outside the index's window")
    observations = [
        observation(
            source=venue, instant=each.instant, price=round_half_up(each.price * PRICE_UNIT, 1), raw=raw
        )
        for each in seen
    ]  # fmt: skip
    return Reading(venue, sum((each.price for each in seen), Fraction(0)) / len(seen), observations)
