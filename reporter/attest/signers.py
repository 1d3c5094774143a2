"""The oracle's attestors, its guardians and the set that waits, by one's own reading of the chain (PROTOCOL 8)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError

from protocol.hashing import from_hex, keccak, to_hex
from reporter.attest.chain import Chain
from reporter.attest.nodes import ChainUnreadable

_SET = "address[]"


@dataclass(frozen=True, slots=True)
class SignerSet:
    """Who attests, and how many of them must sign. Addresses ascend."""

    members: tuple[str, ...]
    threshold: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """A set that the owner has proposed: its nonce, and the unix second from which it can be applied."""

    nonce: int
    proposed: SignerSet
    applies_from: int


@dataclass(frozen=True, slots=True)
class Signers:
    """All that the oracle says of who signs; `set_delay` in seconds."""

    running: SignerSet
    waiting: Waiting | None
    guardians: SignerSet
    owner: str
    set_delay: int


def read_running(chain: Chain, oracle: str) -> SignerSet:
    """The set whose signatures count now."""
    return SignerSet(_addresses(chain, oracle, "get_attestors()"), _number(chain, oracle, "attestor_threshold()"))


def read_waiting(chain: Chain, oracle: str) -> Waiting | None:
    """The set that waits, None where none does."""
    kinds = ["uint256", _SET, "uint256", "uint256"]
    nonce, members, threshold, applies_from = _ask(chain, oracle, "get_proposal()", kinds)
    if not applies_from:
        return None
    return Waiting(nonce, SignerSet(_lower(members), threshold), applies_from)


def read_signers(chain: Chain, oracle: str) -> Signers:
    """Everything at once, for a person to look at."""
    guardians = SignerSet(
        _addresses(chain, oracle, "get_guardians()"), _number(chain, oracle, "GUARDIAN_THRESHOLD()")
    )
    (owner,) = _ask(chain, oracle, "owner()", ["address"])
    running, waiting = read_running(chain, oracle), read_waiting(chain, oracle)
    return Signers(running, waiting, guardians, owner.lower(), _number(chain, oracle, "SET_DELAY()"))


def _addresses(chain: Chain, oracle: str, function: str) -> tuple[str, ...]:
    return _lower(_ask(chain, oracle, function, [_SET])[0])


def _number(chain: Chain, oracle: str, function: str) -> int:
    return int(_ask(chain, oracle, function, ["uint256"])[0])


def _lower(members: Any) -> tuple[str, ...]:
    return tuple(str(each).lower() for each in members)


def _ask(chain: Chain, oracle: str, function: str, kinds: list[str]) -> tuple[Any, ...]:
    answer = chain.view(oracle, to_hex(keccak(function.encode())[:4]))
    try:
        return decode(kinds, from_hex(answer, (len(answer) - 2) // 2))
    except (DecodingError, ValueError):
        raise ChainUnreadable(f"{oracle} answered {function} with something else: is it the price oracle?") from None
