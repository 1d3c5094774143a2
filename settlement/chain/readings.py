"""What a node's JSON says, read strictly into our own types. What cannot be read so raises whatever Python raises."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from protocol.hashing import from_hex


@dataclass(frozen=True, slots=True)
class Header:
    """A block's number, hash, the hash of the block below, and unix second."""

    number: int
    hash: str
    parent: str
    timestamp: int


@dataclass(frozen=True, slots=True)
class Log:
    """One event as the chain keeps it."""

    block: int
    block_hash: str
    tx: str
    log_index: int
    address: str
    topics: tuple[str, ...]
    data: str


@dataclass(frozen=True, slots=True)
class TxReceipt:
    """Where a transaction was mined, whether it succeeded, and all of its logs."""

    tx: str
    block_hash: str
    succeeded: bool
    logs: tuple[Log, ...]


@dataclass(frozen=True, slots=True)
class Mined:
    """Where a transaction of ours was mined, and how it went."""

    tx: str
    block_number: int
    block_hash: str
    gas_used: int
    succeeded: bool


def integer(raw: Any) -> int:
    """A quantity."""
    return int(raw, 16)


def integer_or_header(raw: Any) -> int | Header:
    """Whichever it is."""
    return header(raw) if isinstance(raw, dict) else integer(raw)


def data(raw: Any) -> bytes:
    """Bytes of any length."""
    if not raw.startswith("0x"):
        raise ValueError("no bytes")
    return bytes.fromhex(raw[2:])


def header(raw: Any) -> Header:
    """A block, without its transactions."""
    return Header(integer(raw["number"]), _word(raw["hash"]), _word(raw["parentHash"]), integer(raw["timestamp"]))


def logs(raw: Any) -> tuple[Log, ...]:
    """A list of logs, in order of the chain."""
    return tuple(sorted((_log(each) for each in raw), key=lambda found: (found.block, found.log_index)))


def receipt(raw: Any) -> TxReceipt:
    """A receipt with its logs."""
    return TxReceipt(
        _word(raw["transactionHash"]), _word(raw["blockHash"]), integer(raw["status"]) == 1, logs(raw["logs"])
    )


def mined(raw: Any, *, up_to: int) -> Mined | None:
    """A receipt without its logs; None where there is none in blocks up to `up_to`."""
    if raw is None or integer(raw["blockNumber"]) > up_to:
        return None
    return Mined(
        _word(raw["transactionHash"]),
        integer(raw["blockNumber"]),
        _word(raw["blockHash"]),
        integer(raw["gasUsed"]),
        integer(raw["status"]) == 1,
    )


_REFUSALS = ("revert", "invalid opcode", "invalid jump")
"""Of a contract, in the words of the nodes that errors.DIALECTS names."""


def reverted(error: Any) -> bytes | None:
    """None for an error that says that the contract refuses the call."""
    said = str(error["message"]).lower()
    if not any(words in said for words in _REFUSALS):
        raise ValueError("another error")
    return None


def _word(raw: Any, size: int = 32) -> str:
    word = str(raw).lower()
    from_hex(word, size)
    return word


def _log(raw: Any) -> Log:
    return Log(
        block=integer(raw["blockNumber"]),
        block_hash=_word(raw["blockHash"]),
        tx=_word(raw["transactionHash"]),
        log_index=integer(raw["logIndex"]),
        address=_word(raw["address"], 20),
        topics=tuple(_word(each) for each in raw["topics"]),
        data=str(raw["data"]).lower(),
    )
