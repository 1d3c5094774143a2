"""`attest --check`: all that an attestor needs, one line each, ok or not."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from reporter.attest.chain import Chain
from reporter.attest.config import Config, read_config
from reporter.attest.escrow import EscrowReader
from reporter.attest.signers import read_running, read_waiting
from reporter.keys import load_key
from reporter.service import Service
from reporter.stop import Stop
from reporter.units import show_time

BAD = 1
Look = Callable[[], str]


def check(file: Path | None, options: Mapping[str, Any]) -> int:
    """Print every line; the exit code is 1 where one is not ok."""
    try:
        config = read_config(file, options)
    except Stop as stop:
        print(f"not ok  config: {stop}")
        return BAD
    print(f"ok      config: {file or 'by the command line alone'}")
    good = True
    for name, look in _looks(config):
        try:
            print(f"ok      {name}: {look()}")
        except (Stop, KeyError, ValueError) as problem:
            good = False
            print(f"not ok  {name}: {problem}")
    return 0 if good else BAD


def _looks(config: Config) -> Iterator[tuple[str, Look]]:
    yield "key", lambda: load_key(config.key_file).address
    yield "state_dir", lambda: _folder(config.state_dir)
    if config.receipts_dir:
        yield "receipts_dir", lambda: _readable(config.receipts_dir)
    service = Service(config.url)
    yield "service", lambda: f"{config.url}, whose key is {service.about()['service']}"
    for url in config.rpc_url:
        yield f"node {url}", partial(_node, url, service)
    chain = Chain(config.rpc_url)
    for name in ("oracle", "factory"):
        yield name, partial(_deployed, chain, config, service, name)
    yield "escrow", lambda: _escrow(chain, config, service)
    yield "set", lambda: _set(chain, _address(config, service, "oracle"), config)
    for name, command in (
        ("price_check", config.price_check and config.price_check.command),
        ("alarm", config.alarm and config.alarm.command),
    ):
        if command:
            yield name, partial(_program, command[0])


def _deployed(chain: Chain, config: Config, service: Service, name: str) -> str:
    return _contract(chain, _address(config, service, name), name)


def _address(config: Config, service: Service, name: str) -> str:
    return str(getattr(config, name) or dict(service.about())[name] or "")


def _folder(folder: Path) -> str:
    place = next(each for each in (folder, *folder.absolute().parents) if each.exists())
    if not place.is_dir() or not os.access(place, os.W_OK):
        raise Stop(f"{folder} cannot be written")
    if proofs := sorted(folder.glob("proof-*.json")):
        raise Stop(f"{proofs[0]} lies there: nothing is signed until a person has looked and moved it away")
    return str(folder)


def _readable(folder: Path | None) -> str:
    if folder is None or not folder.is_dir() or not os.access(folder, os.R_OK):
        raise Stop(f"{folder} is no folder that can be read")
    return str(folder)


def _node(url: str, service: Service) -> str:
    node = Chain([url])
    ours, theirs = node.chain_id(), int(service.about()["chain_id"])
    if ours != theirs:
        raise Stop(f"it is on chain {ours}, the service on {theirs}")
    return f"chain {ours}, block {node.latest_block()}"


def _contract(chain: Chain, address: str, name: str) -> str:
    if not address or not chain.has_code(address):
        raise Stop(f"there is no contract at the {name}'s address {address or '(none)'}")
    return address


def _escrow(chain: Chain, config: Config, service: Service) -> str:
    address = _address(config, service, "escrow")
    if not address:
        return "none"
    _contract(chain, address, "escrow")
    if EscrowReader(chain, address).oracle() != _address(config, service, "oracle"):
        raise Stop(f"{address} is the escrow of another oracle")
    return address


def _set(chain: Chain, oracle: str, config: Config) -> str:
    running, waiting = read_running(chain, oracle), read_waiting(chain, oracle)
    own = load_key(config.key_file).address
    if own not in running.members:
        raise Stop(f"{own} is not in the running set of {len(running.members)}")
    words = f"{running.threshold} of {len(running.members)} sign, we are one of them"
    return f"{words}; another waits until {show_time(waiting.applies_from)}" if waiting else words


def _program(name: str) -> str:
    if not shutil.which(name):
        raise Stop(f"{name} is no program that can be run")
    return name
