"""What our contracts' logs say, read from their bytes: the nodes are believed about bytes, never about meaning."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError

from protocol.hashing import keccak, to_hex
from settlement.chain.contracts import built
from settlement.chain.errors import ChainError
from settlement.chain.readings import Log


class UnknownEvent(ChainError):
    """A log of a contract that its own interface does not explain."""


def read(entry: Log, contract: str = "Escrow") -> tuple[str, dict[str, Any]]:
    """The event's name and arguments: int, and lower-case str for addresses and words."""
    event = _events(contract).get(entry.topics[0] if entry.topics else "")
    if event is None:
        raise UnknownEvent(f"log {entry.log_index} of {entry.tx} is no event of {contract}")
    indexed = [each for each in event["inputs"] if each["indexed"]]
    plain = [each for each in event["inputs"] if not each["indexed"]]
    try:
        words = [
            decode([each["type"]], bytes.fromhex(word[2:]))[0]
            for each, word in zip(indexed, entry.topics[1:], strict=True)
        ]
        values = decode([each["type"] for each in plain], bytes.fromhex(entry.data[2:]))
    except (DecodingError, ValueError) as error:
        raise UnknownEvent(f"log {entry.log_index} of {entry.tx} cannot be read: {error}") from error
    names = [each["name"] for each in (*indexed, *plain)]
    return event["name"], {name: _plain(value) for name, value in zip(names, (*words, *values), strict=True)}


@cache
def _events(contract: str = "Escrow") -> Mapping[str, Any]:
    """A contract's events by their topic."""
    found = {}
    for each in built(contract)["abi"]:
        if each["type"] == "event":
            types = ",".join(argument["type"] for argument in each["inputs"])
            found[to_hex(keccak(f"{each['name']}({types})".encode()))] = each
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return to_hex(value)
    return value.lower() if isinstance(value, str) else value
