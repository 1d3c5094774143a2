"""Prices: recordings, medians, ticks, and that the demo's figures are those of the real venues."""

import csv
import hashlib
import io
import json
import zipfile
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.terms import Index
from reporter.quote import Sources, read_quote
from reporter.sources import combine, median, round_half_up
from reporter.stop import Stop

DEMO = Path(__file__).resolve().parents[3] / "demo"
CENT = 10**16
ARCHIVES = {
    "Binance BTC/BUSD": "crypto_binance_minute_btcbusd_20221213_trade.zip",
    "Bybit BTC/USDT": "crypto_bybit_minute_btcusdt_20221213_trade.zip",
    "Binance BTC futures": "cryptofuture_binance_minute_btcusd_20221213_trade.zip",
}


def demo_spec() -> dict[str, Any]:
    spec: dict[str, Any] = json.loads((DEMO / "index.json").read_text())
    return spec


def test_demo__all_venues__is_the_median_of_three_means() -> None:
    quote = read_quote(demo_spec(), Sources(DEMO))
    means = {reading.venue: round_half_up(reading.price * 10**18, CENT) // CENT for reading in quote.readings}
    assert means == {"Binance BTC/BUSD": 1789539, "Bybit BTC/USDT": 1787597, "Binance BTC futures": 1789107}
    assert quote.price == 17_891_07 * CENT
    assert quote.spread_ppm == 1085


def test_demo__binance_alone__lies_within_tolerance_of_the_median() -> None:
    alone = read_quote(demo_spec(), Sources(DEMO, ["Binance BTC/BUSD"]))
    assert alone.price == 17_895_39 * CENT
    assert abs(alone.price - 17_891_07 * CENT) * 10**6 <= 1_000 * alone.price


def test_demo__index__is_valid() -> None:
    assert Index.from_json(demo_spec()).problems() == []


def test_demo__recording__is_what_the_venues_traded_at(shared: Path) -> None:
    with (DEMO / "recording.csv").open() as file:
        ours = {(row["venue"], row["minute"]): row["close"] for row in csv.DictReader(file)}
    theirs = {}
    for venue, name in ARCHIVES.items():
        with zipfile.ZipFile(shared / "data" / "prices" / "lean_minute" / name) as archive:
            for row in csv.reader(io.StringIO(archive.read(archive.namelist()[0]).decode())):
                minute = int(row[0]) // 60_000
                if 13 * 60 + 20 <= minute < 14 * 60:
                    theirs[venue, f"2022-12-13T{minute // 60:02d}:{minute % 60:02d}Z"] = row[4]
    assert len(ours) == 120
    assert ours == theirs


def recorded(folder: Path, rows: list[str], **changes: Any) -> dict[str, Any]:
    """A spec over two minutes of a recording with these rows."""
    text = "venue,minute,close\n" + "".join(f"{row}\n" for row in rows)
    (folder / "r.csv").write_text(text)
    source = {"venue": "A", "type": "recording", "file": "r.csv", "sha256": hashlib.sha256(text.encode()).hexdigest()}
    return {
        "instant": "120", "window": "120", "combine": "median", "rounding": "half_up", "tick": "1",
        "sources": [source | changes],
    }


TWO = ["A,1970-01-01T00:00Z,10", "A,1970-01-01T00:01Z,11", "A,1970-01-01T00:02Z,99", "B,1970-01-01T00:00Z,50"]


def test_recording__window__takes_bars_that_begin_in_it(tmp_path: Path) -> None:
    assert read_quote(recorded(tmp_path, TWO), Sources(tmp_path)).price == 10_500_000_000_000_000_000


@pytest.mark.parametrize(
    ("rows", "changes", "words"),
    [
        (TWO[1:], {}, "1 of 2 minutes are missing"),
        (TWO, {"sha256": "00"}, "not the recording"),
        (TWO, {"file": "other.csv"}, "No such file"),
        (TWO, {"type": "oracle"}, "no source of type"),
        (["A,1970-01-01T00:00Z,ten", TWO[1]], {}, "cannot be read"),
        (["A,1970-01-01T00:00,10", TWO[1]], {}, "no time zone"),
    ],
)
def test_recording__bad__stops_with_words(
    tmp_path: Path, rows: list[str], changes: dict[str, str], words: str
) -> None:
    with pytest.raises(Stop, match=words):
        read_quote(recorded(tmp_path, rows, **changes), Sources(tmp_path))


def test_quote__unknown_venue__stops(tmp_path: Path) -> None:
    with pytest.raises(Stop, match="no venue 'C'"):
        read_quote(recorded(tmp_path, TWO), Sources(tmp_path, ["C"]))


def test_quote__recording_path_with_folders__stays_in_the_folder(tmp_path: Path) -> None:
    spec = recorded(tmp_path, TWO, file="/etc/../r.csv")
    assert read_quote(spec, Sources(tmp_path)).price > 0


def test_combine__unknown_way__stops() -> None:
    with pytest.raises(Stop, match="mean"):
        combine({"combine": "mean", "rounding": "half_up"}, [Fraction(1)])


@pytest.mark.parametrize(("value", "tick", "rounded"), [("5/2", 1, 3), ("49/20", 1, 2), ("15", 10, 20), ("14", 10, 10)])
def test_round_half_up__halves__go_up(value: str, tick: int, rounded: int) -> None:
    assert round_half_up(Fraction(value), tick) == rounded


@given(st.lists(st.fractions(min_value=1, max_value=10**6), min_size=1, max_size=9))
def test_median__any_prices__half_lie_on_each_side(prices: list[Fraction]) -> None:
    middle = median(prices)
    assert 2 * sum(price <= middle for price in prices) >= len(prices)
    assert 2 * sum(price >= middle for price in prices) >= len(prices)
