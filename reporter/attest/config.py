"""What an attestor is set to: a TOML file, and options of the command line, which override it.

Every key is one row of `KEYS`, which makes the options as well. A key that is unknown, or holds something else than it
should, is one line that says which and what is right.
"""

from __future__ import annotations

import argparse
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reporter.stop import Stop

MAX_BPS = 10_000

Read = Callable[[Any], Any]


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("a text")
    return value


def _url(value: Any) -> str:
    if not isinstance(value, str) or not re.match(r"https?://\S+\Z", value):
        raise ValueError("an address such as http://127.0.0.1:8000")
    return value


def _urls(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        raise ValueError("a list of addresses, at least one")
    return tuple(_url(each) for each in value)


def _path(value: Any) -> Path:
    return Path(_text(value)).expanduser()


def _address(value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"0x[0-9a-fA-F]{40}", value):
        raise ValueError("an address: 0x and 40 hex digits")
    return value.lower()


def _whole(least: int, most: int) -> Read:
    def read(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise ValueError(f"a whole number from {least} to {most}")
        return value

    return read


def _yes(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("true or false")
    return value


def _words(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not value or not all(isinstance(each, str) and each for each in value):
        raise ValueError('a list of texts, the program first, as ["./check", "--fast"]; no shell runs it')
    return tuple(value)


@dataclass(frozen=True, slots=True)
class KeyRow:
    """One key: how its value is read, what holds without it (None: nothing does), and its words in the help."""

    name: str
    read: Read
    default: Any
    words: str
    needed: bool = False


KEYS = (
    KeyRow("url", _url, "http://127.0.0.1:8000", "the service"),
    KeyRow("key_file", _path, None, "file with the attestor's private key, mode 600", needed=True),
    KeyRow("rpc_url", _urls, (), "a node of the chain; several must agree about everything", needed=True),
    KeyRow("state_dir", _path, None, "folder for what was seen and signed", needed=True),
    KeyRow("poll", _whole(1, 60), 5, "seconds between rounds"),
    KeyRow("listen", _text, "127.0.0.1", "where health, metrics and receipts are answered, with port"),
    KeyRow("port", _whole(0, 65_535), None, "answer GET /healthz, GET /metrics and POST /receipts on this port"),
    KeyRow("receipts_dir", _path, None, "folder that is watched for receipts that others hold"),
    KeyRow("oracle", _address, None, "the price oracle's address, where the service is not to be believed"),
    KeyRow("factory", _address, None, "the series factory's address, likewise"),
    KeyRow("escrow", _address, None, "the escrow's address, likewise"),
    KeyRow("treasury", _address, None, "the treasury's address, likewise"),
    KeyRow("from_block", _whole(0, 2**63), 0, "the block in which the factory was deployed"),
    KeyRow("depth", _whole(0, 100_000), 12, "blocks above the last deposit that a root counts"),
    KeyRow(
        "accept_operator_deposits", _yes, False,
        "sign roots also over deposits by the operator's word alone; never with real money",
    ),
    KeyRow(
        "accept_unwitnessed", _yes, False,
        "sign also for entries made while this attestor was away (see docs/attestors.md)",
    ),
)  # fmt: skip

PRICE_CHECK = (
    KeyRow("command", _words, None, "a program that says what the price is"),
    KeyRow("url", _url, None, "an address that does"),
    KeyRow("deviation_bps", _whole(0, MAX_BPS), None, "the most that its price may differ by", needed=True),
    KeyRow("timeout", _whole(1, 60), 10, "seconds until it counts as failed"),
)
ALARM = (
    KeyRow("command", _words, None, "a program that is run for each alarm, the words on its standard input", True),
    KeyRow("timeout", _whole(1, 600), 30, "seconds until it is ended"),
)
TABLES = {"price_check": PRICE_CHECK, "alarm": ALARM}


@dataclass(frozen=True, slots=True)
class PriceCheckConfig:
    """Exactly one of `command` and `url`; the deviation in basis points, the timeout in seconds."""

    command: tuple[str, ...] | None
    url: str | None
    deviation_bps: int
    timeout: int


@dataclass(frozen=True, slots=True)
class AlarmConfig:
    """What an alarm runs, and for how many seconds at most."""

    command: tuple[str, ...]
    timeout: int


@dataclass(frozen=True, slots=True)
class Config:
    """All that an attestor is set to; the fields are those of KEYS."""

    url: str
    key_file: Path
    rpc_url: tuple[str, ...]
    state_dir: Path
    poll: int = 5
    listen: str = "127.0.0.1"
    port: int | None = None
    receipts_dir: Path | None = None
    oracle: str | None = None
    factory: str | None = None
    escrow: str | None = None
    treasury: str | None = None
    from_block: int = 0
    depth: int = 12
    accept_operator_deposits: bool = False
    accept_unwitnessed: bool = False
    price_check: PriceCheckConfig | None = None
    alarm: AlarmConfig | None = None


def add_options(command: argparse.ArgumentParser) -> None:
    """An option for each key; one that is not given leaves the file's word, or the default."""
    for row in KEYS:
        option, words = f"--{row.name.replace('_', '-')}", row.words
        if row.read is _yes:
            command.add_argument(option, action="store_true", default=None, help=words)
        elif row.read is _urls:
            command.add_argument(option, action="append", help=words)
        else:
            shown = "" if row.default is None else f" (default {row.default})"
            command.add_argument(option, type=int if isinstance(row.default, int) or row.name == "port" else str,
                                 help=words + shown)  # fmt: skip


def read_config(file: Path | None, options: Mapping[str, Any]) -> Config:
    """The file's keys under those options that were given. Stop with one line where a key is wrong or missing."""
    found = _load(file) if file else {}
    where = f"{file}: " if file else ""
    tables = {name: _table(where, name, found.pop(name)) for name in TABLES if name in found}
    given = {row.name: options[row.name] for row in KEYS if options.get(row.name) is not None}
    values = _read(where, "", KEYS, found) | _read("", "--", KEYS, given)
    for row in KEYS:
        if row.needed and row.name not in values:
            raise Stop(f"{where}{row.name} is missing: {row.words} (or --{row.name.replace('_', '-')})")
    check, alarm = tables.get("price_check"), tables.get("alarm")
    if check and (check["command"] is None) == (check["url"] is None):
        raise Stop(f"{where}price_check needs either command or url")
    return Config(
        **{"url": KEYS[0].default} | values,
        price_check=PriceCheckConfig(**check) if check else None,
        alarm=AlarmConfig(**alarm) if alarm else None,
    )


def _load(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise Stop(f"{file}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Stop(f"{file} is no TOML: {error}") from None


def _table(where: str, name: str, found: Any) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise Stop(f"{where}{name} must be a table: [{name}]")
    rows = TABLES[name]
    values = {row.name: row.default for row in rows} | _read(where, f"{name}.", rows, found)
    for row in rows:
        if row.needed and values[row.name] is None:
            raise Stop(f"{where}{name}.{row.name} is missing: {row.words}")
    return values


def _read(where: str, prefix: str, rows: tuple[KeyRow, ...], found: Mapping[str, Any]) -> dict[str, Any]:
    known = {row.name: row for row in rows}
    values = {}
    for name, value in found.items():
        if name not in known:
            names = ", ".join([*known, *(TABLES if rows is KEYS else ())])
            raise Stop(f"{where}{prefix}{name} is no key; there are {names}")
        try:
            values[name] = known[name].read(value)
        except ValueError as error:
            shown = f"{prefix}{name.replace('_', '-') if prefix == '--' else name}"
            raise Stop(f"{where}{shown} must be {error}, and it is {value!r}") from None
    return values
