"""A source that reads a recording: a CSV file of one-minute closes (venue, minute, close), frozen by its hash.

`minute` is when a bar begins, in UTC. The price is the mean of the closes of all bars that begin in the `window`
seconds before the spec's `instant`; where one of them is missing there is no price.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from pathlib import Path
from typing import Any

from protocol.evidence import observation
from protocol.hashing import keccak, to_hex
from reporter.sources import Reading, round_half_up, window_of
from reporter.stop import Stop
from reporter.units import PRICE_UNIT

BAR = 60  # seconds


class Recording:
    """Recordings in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def read(self, spec: Mapping[str, Any], source: Mapping[str, Any]) -> Reading:
        venue, instant, window = source["venue"], int(spec["instant"]), window_of(spec)
        if window < BAR:
            raise Stop(f"{venue}: a recording needs an index with a window, of {BAR} s at least")
        raw, closes = self._closes(source, venue)
        minutes = range(instant - window, instant, BAR)
        missing = [minute for minute in minutes if minute not in closes]
        if missing:
            raise Stop(f"{venue}: {len(missing)} of {len(minutes)} minutes are missing in {source['file']}")
        total = sum((Fraction(closes[minute]) for minute in minutes), Fraction(0))
        observations = [
            observation(
                source=venue,
                instant=minute + BAR,
                price=round_half_up(Fraction(closes[minute]) * PRICE_UNIT, 1),
                raw=raw,
            )
            for minute in minutes
        ]
        return Reading(venue, total / len(minutes), observations)

    def _closes(self, source: Mapping[str, Any], venue: str) -> tuple[str, dict[int, Decimal]]:
        """The hash of the file, and a venue's closes by the minute in which each bar begins."""
        path = self.folder / Path(source["file"]).name
        try:
            raw = path.read_bytes()
        except OSError as error:
            raise Stop(f"{venue}: recording {path}: {error.strerror}; name its folder by --recordings") from None
        if hashlib.sha256(raw).hexdigest() != source.get("sha256"):
            raise Stop(f"{venue}: {path} is not the recording that the index names (its sha256 differs)")
        try:
            rows = csv.DictReader(raw.decode().splitlines())
            closes = {_minute(row["minute"]): Decimal(row["close"]) for row in rows if row["venue"] == venue}
        except (KeyError, ValueError, TypeError, InvalidOperation) as error:
            raise Stop(f"{venue}: {path} cannot be read: {type(error).__name__} {error}") from None
        return to_hex(keccak(raw)), closes


def _minute(text: str) -> int:
    begins = datetime.fromisoformat(text)
    if begins.tzinfo is None:
        raise ValueError(f"{text} has no time zone")
    return int(begins.timestamp())
