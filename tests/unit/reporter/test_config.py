"""An attestor's settings: file, options, and what a wrong one is answered with."""

from pathlib import Path
from typing import Any

import pytest

from reporter import __main__
from reporter.attest.config import KEYS, TABLES, read_config
from reporter.stop import Stop

EXAMPLE = Path(__file__).resolve().parents[3] / "docs" / "attestor.example.toml"
LEAST = 'key_file = "k"\nrpc_url = ["http://a"]\nstate_dir = "s"\n'


def read(folder: Path, text: str, **options: Any) -> Any:
    path = folder / "attestor.toml"
    path.write_text(text)
    return read_config(path, options)


def test_example__every_key__is_there_and_loads() -> None:
    config = read_config(EXAMPLE, {})
    assert config.rpc_url == ("https://node-a.example", "https://node-b.example")
    assert config.price_check is not None
    assert config.price_check.deviation_bps == 50
    text = EXAMPLE.read_text()
    for rows in (KEYS, *TABLES.values()):
        for row in rows:
            assert f"\n{row.name} = " in text or f" {row.name} = " in text, row.name


def test_options__given__override_the_file(tmp_path: Path) -> None:
    config = read(tmp_path, LEAST + "poll = 7\ndepth = 3\n", poll=9, rpc_url=["http://b", "http://c"], depth=None)
    assert (config.poll, config.depth, config.rpc_url) == (9, 3, ("http://b", "http://c"))
    assert config.url == "http://127.0.0.1:8000"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("pol = 5", "pol is no key; there are url, key_file"),
        ("poll = 0", "poll must be a whole number from 1 to 60, and it is 0"),
        ("poll = true", "poll must be a whole number"),
        ('depth = "12"', "depth must be a whole number"),
        ('oracle = "0x12"', "oracle must be an address"),
        ("accept_unwitnessed = 1", "accept_unwitnessed must be true or false"),
        ('price_check = "x"', r"price_check must be a table: \[price_check\]"),
        ("[price_check]\ndeviation_bps = 1", "price_check needs either command or url"),
        ('[price_check]\ncommand = ["a"]', "price_check.deviation_bps is missing"),
        ('[price_check]\ncommand = ["a"]\nurl = "http://b"\ndeviation_bps = 1', "needs either"),
        ('[price_check]\ncommand = "a b"\ndeviation_bps = 1', "command must be a list of texts"),
        ("[alarm]", "alarm.command is missing"),
        ('[alarm]\ncommand = ["a"]\nshell = true', "alarm.shell is no key; there are command, timeout"),
        ("poll = ", "is no TOML"),
    ],
)  # fmt: skip
def test_file__wrong__one_line_says_which_and_what_is_right(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(Stop, match=words) as stop:
        read(tmp_path, LEAST + text)
    assert "\n" not in str(stop.value)


def test_needed_key__nowhere__is_named(tmp_path: Path) -> None:
    with pytest.raises(Stop, match="state_dir is missing: .*or --state-dir"):
        read(tmp_path, 'key_file = "k"\nrpc_url = ["http://a"]')
    with pytest.raises(Stop, match="No such file"):
        read_config(tmp_path / "none.toml", {})


def test_check__nothing_there__each_line_is_not_ok(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "attestor.toml"
    path.write_text('pol = "x"')
    assert __main__.main(["attest", "--config", str(path), "--check"]) == 1
    assert "not ok  config:" in capsys.readouterr().out
