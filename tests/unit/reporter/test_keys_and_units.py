"""Keys stay hidden and private; prices and amounts are read exactly."""

from pathlib import Path

import pytest

from protocol.signing import address_of
from reporter.keys import load_key
from reporter.stop import Stop
from reporter.units import parse_price, parse_wei, show_ether, show_ppm, show_price
from tests.unit.protocol.story import key


def key_file(folder: Path, text: str, mode: int = 0o600) -> Path:
    path = folder / "key"
    path.write_text(text)
    path.chmod(mode)
    return path


@pytest.mark.parametrize("text", [key(21), key(21)[2:], key(21) + "\n", key(171).upper().replace("0X", "0x")])
def test_load_key__file_of_its_owner__gives_the_address(tmp_path: Path, text: str) -> None:
    loaded = load_key(key_file(tmp_path, text))
    assert loaded.address == address_of("0x" + text.strip().lower().removeprefix("0x"))


def test_load_key__printed__shows_no_secret(tmp_path: Path) -> None:
    loaded = load_key(key_file(tmp_path, key(0xABCDEF)))
    assert "abcdef" not in f"{loaded} {loaded!r}"


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_load_key__others_may_read_it__stops(tmp_path: Path, mode: int) -> None:
    with pytest.raises(Stop, match="chmod 600"):
        load_key(key_file(tmp_path, key(21), mode))


@pytest.mark.parametrize("text", ["", "0x12", "zz" * 32, "00" * 32])
def test_load_key__no_key__stops_without_showing_it(tmp_path: Path, text: str) -> None:
    with pytest.raises(Stop, match="must hold a private key") as stop:
        load_key(key_file(tmp_path, text))
    assert not text or text not in str(stop.value)


def test_load_key__no_file__stops(tmp_path: Path) -> None:
    with pytest.raises(Stop, match="No such file"):
        load_key(tmp_path / "absent")


@pytest.mark.parametrize(("text", "wei"), [("1", 1), ("0.5ether", 5 * 10**17), ("2 ether", 2 * 10**18)])
def test_parse_wei__wei_or_ether__is_exact(text: str, wei: int) -> None:
    assert parse_wei(text) == wei


@pytest.mark.parametrize("text", ["", "0", "-1", "1.5", "x", "nan", "inf", "ether", "0.0000000000000000001ether"])
def test_parse_wei__no_amount__is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match="is not"):
        parse_wei(text)


def test_parse_price__decimals__has_18() -> None:
    assert parse_price("17630.01") == 1763001 * 10**16


def test_show__price_ether_ppm__read_well() -> None:
    assert show_price(17_630 * 10**18) == "17,630.00"
    assert show_price(1) == "0.000000000000000001"
    assert show_ether(1_500 * 10**15) == "1.5 ether"
    assert show_ppm(1_085) == "0.1085 %"
