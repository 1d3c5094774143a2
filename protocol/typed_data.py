"""The EIP-712 types of PROTOCOL 7 and their encoding, by hand because this is the hot path of every act.

A message is a dict with exactly the fields of its type: int for uint256, str for address, bytes32 and string,
a list of dicts for an array. The types below stand as the law writes them and everything else is derived from
them at import. Whatever is wrong with a message is a ValueError, also a wrong type: callers answer all of it
with `malformed`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from protocol.hashing import (
    ADDRESS_BYTES,
    abi_word,
    address_word,
    bytes32_word,
    from_hex,
    keccak,
    uint256_word,
)

Message = dict[str, Any]

MAX_ITEMS = 100  # of an array: what the service proposes for one submit (PROTOCOL 8)

_LAW = """
Report(address account,bytes32 expiry,uint256 price,uint256 bond,bytes32 evidence,bytes32 salt)
Pledge(address account,bytes32 expiry,uint256 round,uint256 price,uint256 amount,bytes32 evidence,\
uint256 nonce,uint256 until)
VoteCommit(address account,bytes32 expiry,uint256 ballot,bytes32 commitment)
VoteReveal(address account,bytes32 expiry,uint256 ballot,uint256 price,bytes32 salt)
Ruling(bytes32 expiry,uint256 price,bytes32 reason)
Stake(address account,uint256 amount,uint256 nonce)
Unstake(address account,uint256 amount,uint256 nonce)
Withdrawal(address account,uint256 amount,uint256 nonce)
Opened(bytes32 expiry,uint256 block,uint256 value_secured,uint256 reward)
Electorate(bytes32 expiry,uint256 seq,bytes32 root)
Outage(bytes32 expiry,uint256 from,uint256 to)
Deposit(address account,uint256 amount,uint256 block,bytes32 tx,uint256 log_index)
Final(bytes32 expiry,uint256 price,bytes32 payouts)
Receipt(bytes32 digest,bytes32 expiry,bytes32 head,uint256 seq,bytes32 book,uint256 at,string code)
Beat(uint256 seq,bytes32 book,uint256 at)
Attestations(Attestation[] items)
Attestation(bytes32 expiry,uint256 attempt,uint256 price,bytes32 transcript,bytes32 payouts)
Root(uint256 epoch,bytes32 root,uint256 block)
Cancel(bytes32 expiry,uint256 attempt)
CancelRoot(uint256 epoch)
"""


class Field(NamedTuple):
    """One field of a type: its name in messages and its EIP-712 type."""

    name: str
    type: str

    @property
    def item_kind(self) -> str | None:
        """The kind of an array's items, None where the field is no array."""
        return self.type.removesuffix("[]") if self.type.endswith("[]") else None


def _read(law: str) -> dict[str, tuple[Field, ...]]:
    types = {}
    for line in law.split("\n")[1:-1]:
        kind, fields = line.rstrip(")").split("(")
        types[kind] = tuple(
            Field(name, type_) for type_, name in (part.split(" ") for part in fields.split(","))
        )
    return types


TYPES: dict[str, tuple[Field, ...]] = _read(_LAW)
"""Every struct of PROTOCOL 7: its fields in order."""

_NESTED = {field.item_kind for fields in TYPES.values() for field in fields if field.item_kind}
KINDS: frozenset[str] = frozenset(TYPES) - _NESTED
"""What can be signed. An Attestation alone cannot: it is signed as one of Attestations, also when it is the
only one.
"""

DOMAIN_TYPE = (
    Field("name", "string"),
    Field("version", "string"),
    Field("chainId", "uint256"),
    Field("verifyingContract", "address"),
)
NAME, VERSION = "Assize", "1"


def encode_type(kind: str) -> str:
    """The EIP-712 `encodeType` of a struct: itself, then the structs that it holds."""
    head = f"{kind}({','.join(f'{field.type} {field.name}' for field in TYPES[kind])})"
    return head + "".join(encode_type(field.item_kind) for field in TYPES[kind] if field.item_kind)


def check_shape(kind: str, message: object) -> Mapping[str, Any]:
    """The message, if an object with exactly the fields of `kind`; else ValueError names the first off."""
    if not isinstance(message, Mapping):
        names = ", ".join(name for name, _ in TYPES[kind])
        raise ValueError(f"{kind}: must be an object with the fields {names}")
    for name, _ in TYPES[kind]:
        if name not in message:
            raise ValueError(f"{kind}.{name}: is missing; add it")
    if len(message) != len(TYPES[kind]):
        known = {name for name, _ in TYPES[kind]}
        unknown = next(str(key)[:40] for key in message if key not in known)
        raise ValueError(f"{kind}.{unknown}: is no field of {kind}; leave it out")
    return message


def check_items(items: object) -> list[Any]:
    """The items, if they are a list of 1 to MAX_ITEMS; else ValueError."""
    if not isinstance(items, list) or not 1 <= len(items) <= MAX_ITEMS:
        raise ValueError(f"must be a list of 1 to {MAX_ITEMS} items")
    return items


def string_word(value: object) -> bytes:
    """The word of a text: the keccak of its UTF-8; ValueError where it is no text or has no UTF-8."""
    if not isinstance(value, str):
        raise ValueError("must be a string")
    try:
        return keccak(value.encode())
    except UnicodeEncodeError:
        raise ValueError("must be text that UTF-8 can hold, without lone surrogates") from None


def _array_word(kind: str) -> Callable[[object], bytes]:
    def word(items: object) -> bytes:
        return keccak(b"".join([hash_struct(kind, item) for item in check_items(items)]))

    return word


_WORDS: dict[str, Callable[[object], bytes]] = {
    "address": address_word,
    "bytes32": bytes32_word,
    "uint256": uint256_word,
    "string": string_word,
}
_TYPE_HASHES = {kind: keccak(encode_type(kind).encode()) for kind in TYPES}
_ENCODERS = {
    kind: tuple((name, _WORDS.get(type_) or _array_word(type_.removesuffix("[]"))) for name, type_ in fields)
    for kind, fields in TYPES.items()
}


def hash_struct(kind: str, message: Mapping[str, Any]) -> bytes:
    """EIP-712 `hashStruct`, 32 bytes. ValueError names the field unknown, missing or not canonical."""
    encoders = _ENCODERS[kind]
    if type(message) is not dict or len(message) != len(encoders):
        check_shape(kind, message)
    words = [_TYPE_HASHES[kind]]
    name = ""
    try:
        for name, word in encoders:
            words.append(word(message[name]))
    except KeyError:
        raise ValueError(f"{kind}.{name}: is missing; add it") from None
    except ValueError as error:
        raise ValueError(f"{kind}.{name}: {error}") from None
    return keccak(b"".join(words))


@dataclass(frozen=True)
class Domain:
    """The EIP-712 domain (PROTOCOL 7): the chain's id and the price oracle contract's address in canonical
    form.

    Hashed once, when it is made; ValueError where either is not canonical.
    """

    chain_id: int
    contract: str
    prefix: bytes = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        try:
            from_hex(self.contract, ADDRESS_BYTES)
            chain = uint256_word(self.chain_id)
        except ValueError as error:
            raise ValueError(f"the domain's chain id or contract: {error}") from None
        kind = f"EIP712Domain({','.join(f'{field.type} {field.name}' for field in DOMAIN_TYPE)})"
        words = [keccak(text.encode()) for text in (kind, NAME, VERSION)]
        separator = keccak(b"".join([*words, chain, abi_word("address", self.contract)]))
        object.__setattr__(self, "prefix", b"\x19\x01" + separator)


def typed_data(domain: Domain, kind: str, message: Message) -> dict[str, Any]:
    """The document that wallets sign by `eth_signTypedData_v4`, around `message` as it is given.

    A browser gets the message in the form of `to_json`: JavaScript rounds numbers above 2^53.
    """
    kinds = [kind, *(field.item_kind for field in TYPES[kind] if field.item_kind)]
    return {
        "types": {
            "EIP712Domain": [field._asdict() for field in DOMAIN_TYPE],
            **{each: [field._asdict() for field in TYPES[each]] for each in kinds},
        },
        "primaryType": kind,
        "domain": {
            "name": NAME,
            "version": VERSION,
            "chainId": domain.chain_id,
            "verifyingContract": domain.contract,
        },
        "message": message,
    }
