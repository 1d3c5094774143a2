"""What a signer is. Signed bytes are read back and compared with what was asked, whoever made them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Protocol

from eth_account import Account
from eth_account.typed_transactions.typed_transaction import TypedTransaction
from eth_keys.constants import SECPK1_N
from eth_utils.address import to_checksum_address
from hexbytes import HexBytes

from protocol.hashing import keccak, to_hex
from settlement.chain.client import Call, Price
from settlement.chain.errors import ChainError


class CannotSign(ChainError):
    """The signer gave no signature to build on; what waits, waits. The text names no secret."""


@dataclass(frozen=True, slots=True)
class Unsigned:
    """Everything that an EIP-1559 transaction of ours says."""

    chain_id: int
    nonce: int
    call: Call
    price: Price

    def fields(self) -> dict[str, Any]:
        """As eth-account takes them; no `to` where it creates a contract."""
        to = {} if self.call.to is None else {"to": to_checksum_address(self.call.to)}
        return {
            "type": 2,
            "chainId": self.chain_id,
            "nonce": self.nonce,
            "value": self.call.value,
            "data": self.call.data,
            "gas": self.price.gas,
            "maxFeePerGas": self.price.max_fee,
            "maxPriorityFeePerGas": self.price.tip,
            **to,
        }


@dataclass(frozen=True, slots=True)
class Signed:
    """A signed transaction: its bytes and its hash."""

    raw: str
    hash: str


class Signer(Protocol):
    """One account that pays, wherever its key is."""

    @property
    def address(self) -> str:
        """Whose money it is, in lower case."""

    def sign(self, unsigned: Unsigned) -> Signed:
        """Exactly this, signed by `address`; CannotSign otherwise."""


def read(raw: str) -> tuple[Unsigned, str]:
    """What signed EIP-1559 bytes say, and who signed them. ValueError for anything else, an access list among it."""
    data = _bytes(raw)
    if data[:1] != b"\x02":
        raise ValueError("it is no EIP-1559 transaction")
    try:
        found: dict[str, Any] = TypedTransaction.from_bytes(HexBytes(data)).as_dict()
        sender = str(Account.recover_transaction(data)).lower()
    except Exception as error:  # the library raises what its own libraries raise
        raise ValueError(f"it cannot be read: {type(error).__name__}") from error
    if found["accessList"]:
        raise ValueError("it has an access list")
    if 2 * int(found["s"]) > SECPK1_N:
        raise ValueError("its signature is not canonical: s is high")
    call = Call(to_hex(found["to"]) if found["to"] else None, to_hex(found["data"]), int(found["value"]))
    price = Price(int(found["gas"]), int(found["maxFeePerGas"]), int(found["maxPriorityFeePerGas"]))
    return Unsigned(int(found["chainId"]), int(found["nonce"]), call, price), sender


def believed(raw: str, asked: Unsigned, address: str) -> Signed:
    """The bytes and their hash, if they say exactly what was asked and `address` signed them; else CannotSign."""
    try:
        found, sender = read(raw)
    except ValueError as error:
        raise CannotSign(f"the signer's answer: {error}") from None
    if sender != address:
        raise CannotSign(f"the signer's answer is signed by {sender}, not by {address}")
    wanted, got = asked.fields(), found.fields()
    if other := sorted(name for name in wanted.keys() | got.keys() if wanted.get(name) != got.get(name)):
        raise CannotSign(f"the signer's answer has another {', '.join(other)} than what was asked")
    return Signed(raw, to_hex(keccak(_bytes(raw))))


def _bytes(raw: str) -> bytes:
    if not re.fullmatch(r"0x([0-9a-f]{2})+", raw):
        raise ValueError("it is no lower-case hex")
    return bytes.fromhex(raw[2:])
