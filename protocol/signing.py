"""Signed acts, expiry ids, commitments, heads and the book (PROTOCOL 7).

from the wire        parse    -> message (strict: one spelling of each act)
what is signed       digest   -> bytes32, the identity of the act
who signed           recover  -> address
what is chained      next_head (the acts of one expiry), next_book (every entry)
"""

from collections.abc import Callable
from typing import Any

from coincurve import PrivateKey, PublicKey

from protocol.hashing import (
    ADDRESS_BYTES,
    UINT256_END,
    address_word,
    bytes32_word,
    from_hex,
    hash_words,
    keccak,
    to_hex,
    uint256_word,
)
from protocol.typed_data import (
    KINDS,
    TYPES,
    Domain,
    Message,
    check_items,
    check_shape,
    hash_struct,
    string_word,
    typed_data,
)

__all__ = [
    "BOOK_0",
    "KINDS",
    "TYPES",
    "BadSignature",
    "Domain",
    "Message",
    "address_of",
    "commitment",
    "digest",
    "expiry_id",
    "next_book",
    "next_head",
    "parse",
    "recover",
    "sign",
    "to_json",
    "typed_data",
]

_CURVE_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
_S_END = _CURVE_ORDER // 2 + 1
_UINT256_DIGITS = len(str(UINT256_END - 1))


class BadSignature(ValueError):  # noqa: N818
    """The bytes are no canonical signature, or no key can have made them."""


def digest(domain: Domain, kind: str, message: Message) -> str:
    """The EIP-712 digest of a message, a bytes32 string: the identity of the act (PROTOCOL 7).

    `message` holds exactly the fields of `kind`, as `parse` returns them. ValueError names what is wrong.
    """
    _check_kind(kind)
    return to_hex(keccak(domain.prefix + hash_struct(kind, message)))


def sign(private_key: str, digest: str) -> str:
    """Sign a digest: r, low s, v 27 or 28, as 65 bytes in hex (RFC 6979). ValueError for a bad key."""
    raw = _key(private_key).sign_recoverable(bytes32_word(digest), hasher=None)
    return to_hex(raw[:64] + bytes([raw[64] + 27]))


def address_of(private_key: str) -> str:
    """The account of a private key (0x and 64 hex digits); ValueError for a bad key."""
    return _address(_key(private_key).public_key)


def recover(digest: str, signature: str) -> str:
    """The address whose key signed `digest` (PROTOCOL 7).

    Takes one spelling of each signature only: 65 bytes of lower-case hex, 0 < r < n, 0 < s <= n / 2, v 27 or
    28. BadSignature otherwise, also where no point of the curve fits r; ValueError for a bad digest.
    """
    message = bytes32_word(digest)
    try:
        raw = from_hex(signature, 65)
    except ValueError as error:
        raise BadSignature(f"a signature {error}") from None
    r, s, v = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:64], "big"), raw[64]
    if v not in (27, 28):
        raise BadSignature("a signature must end in v = 27 or 28 (1b or 1c)")
    if not 0 < r < _CURVE_ORDER:
        raise BadSignature("r of a signature must lie between 1 and the order of the curve less 1")
    if not 0 < s < _S_END:
        raise BadSignature("s of a signature must be low: between 1 and half the order of the curve")
    try:
        key = PublicKey.from_signature_and_message(raw[:64] + bytes([v - 27]), message, hasher=None)
    except ValueError:
        raise BadSignature("no key can have made this signature") from None
    return _address(key)


def parse(kind: str, json_message: object) -> Message:
    """A message as it came in JSON, to the form that `digest` takes (PROTOCOL 6 `malformed`).

    ValueError, naming the field and what to do, for an unknown kind, an unknown or missing field, and every
    value that is not in canonical form: integers are decimal strings without sign or leading zero below
    2^256, addresses and bytes32 are 0x and lower-case hex (a checksummed address is refused: one act has one
    spelling).
    """
    _check_kind(kind)
    return _parse_struct(kind, json_message)


def to_json(kind: str, message: Message) -> dict[str, Any]:
    """The inverse of `parse`: the message as JSON values. ValueError where it is no message of `kind`."""
    _check_kind(kind)
    hash_struct(kind, message)
    return _json_struct(kind, message)


def expiry_id(index: str, expiry_at: int, terms: str) -> str:
    """The id of an expiry: the hashes of its index and of its terms as listed, its unix second between."""
    return hash_words(bytes32_word(index), uint256_word(expiry_at), bytes32_word(terms))


def commitment(expiry: str, ballot: int, voter: str, price: int, salt: str) -> str:
    """What a voter commits to. The voter is part of it, so a copied commitment opens for nobody else."""
    return hash_words(
        bytes32_word(expiry),
        uint256_word(ballot),
        address_word(voter),
        uint256_word(price),
        bytes32_word(salt),
    )


BOOK_0 = to_hex(keccak(b"Assize"))
"""The book before its first entry."""


def next_head(head: str, digest: str, at: int) -> str:
    """The head of an expiry after one more act, received at unix second `at`. `head_0` is the expiry's id."""
    return hash_words(bytes32_word(head), bytes32_word(digest), uint256_word(at))


def next_book(book: str, n: int, digest: str, at: int) -> str:
    """The book after its entry `n` (the first is 1), taken at unix second `at`. It begins as BOOK_0."""
    return hash_words(bytes32_word(book), uint256_word(n), bytes32_word(digest), uint256_word(at))


def _check_kind(kind: object) -> None:
    if not isinstance(kind, str) or kind not in KINDS:
        raise ValueError(f"kind: must be one of {', '.join(sorted(KINDS))}")


def _key(private_key: str) -> PrivateKey:
    try:
        return PrivateKey(bytes32_word(private_key))
    except ValueError:  # without the cause: its text and frames are no place for a key
        raise ValueError(
            "a private key must be 0x and 64 lower-case hex digits, within the curve's order"
        ) from None


def _address(key: PublicKey) -> str:
    return to_hex(keccak(key.format(compressed=False)[1:])[-ADDRESS_BYTES:])


def _parse_struct(kind: str, json_message: object) -> Message:
    fields = check_shape(kind, json_message)
    message: Message = {}
    for field in TYPES[kind]:
        value = fields[field.name]
        try:
            if field.item_kind:
                message[field.name] = [_parse_struct(field.item_kind, item) for item in check_items(value)]
            else:
                message[field.name] = _PARSERS[field.type](value)
        except ValueError as error:
            raise ValueError(f"{kind}.{field.name}: {error}") from None
    return message


def _parse_uint256(value: object) -> int:
    digits = value if isinstance(value, str) and len(value) <= _UINT256_DIGITS else ""
    if digits.isascii() and digits.isdigit() and (digits == "0" or digits[0] != "0"):
        number = int(digits)
        if number < UINT256_END:
            return number
    raise ValueError('must be a decimal string such as "1000": no sign, point or leading zero, below 2^256')


def _checked(word: Callable[[object], bytes]) -> Callable[[object], object]:
    def parse_value(value: object) -> object:
        word(value)
        return value

    return parse_value


_PARSERS: dict[str, Callable[[object], object]] = {
    "uint256": _parse_uint256,
    "address": _checked(address_word),
    "bytes32": _checked(bytes32_word),
    "string": _checked(string_word),
}


def _json_struct(kind: str, message: Message) -> dict[str, Any]:
    return {field.name: _json_value(field.item_kind, message[field.name]) for field in TYPES[kind]}


def _json_value(item_kind: str | None, value: Any) -> Any:
    if item_kind:
        return [_json_struct(item_kind, item) for item in value]
    return str(value) if isinstance(value, int) else value
