"""Keccak, and the 32-byte words that `abi.encode` makes of static values (PROTOCOL 7).

Everything this project hashes is static, so encoding is joining words. One reading of each value serves all
callers: a value that is not in canonical form never gets a hash, or two spellings of an act would pass for
one.
"""

from collections.abc import Callable

try:  # pysha3 hashes in a quarter of pycryptodome's time, and every recovery hashes three times
    from eth_hash.backends.pysha3 import keccak256
except ImportError:
    from eth_hash.backends.pycryptodome import keccak256

keccak: Callable[[bytes], bytes] = keccak256
"""keccak256, 32 bytes, by the fastest implementation that is installed."""

UINT256_END = 2**256
ADDRESS_BYTES = 20
_ADDRESS_PADDING = bytes(32 - ADDRESS_BYTES)


def to_hex(raw: bytes) -> str:
    """Bytes as `0x` and lower-case hex, the one canonical spelling."""
    return "0x" + raw.hex()


def from_hex(value: object, size: int) -> bytes:
    """The `size` bytes that `value` spells canonically; ValueError says what is wrong with it."""
    if isinstance(value, str):
        try:
            raw = bytes.fromhex(value[2:])
        except ValueError:
            raw = b""
        # The way back is the check: it catches upper case, a missing 0x and the blanks that fromhex forgives.
        if len(raw) == size and value == "0x" + raw.hex():
            return raw
    raise ValueError(f"must be a string of 0x and {2 * size} lower-case hex digits")


def bytes32_word(value: object) -> bytes:
    """The word of a bytes32 in canonical form, else ValueError."""
    return from_hex(value, 32)


def address_word(value: object) -> bytes:
    """The word of an address in canonical form, else ValueError. A checksummed address is not canonical."""
    try:
        return _ADDRESS_PADDING + from_hex(value, ADDRESS_BYTES)
    except ValueError as error:
        raise ValueError(f"{error}; write a checksummed address in lower case") from None


def uint256_word(value: object) -> bytes:
    """The word of an int in [0, 2^256), else ValueError. A bool is no number here."""
    if type(value) is int and 0 <= value < UINT256_END:
        return value.to_bytes(32, "big")
    raise ValueError("must be an integer from 0 to 2^256 - 1")


_WORDS = {"address": address_word, "bytes32": bytes32_word, "uint256": uint256_word}


def abi_word(abi_type: str, value: object) -> bytes:
    """The word of an `address`, `bytes32` or `uint256`; ValueError for another type or a bad value."""
    if abi_type not in _WORDS:
        raise ValueError(f"{abi_type}: only {', '.join(_WORDS)} can be encoded")
    return _WORDS[abi_type](value)


def hash_words(*words: bytes) -> str:
    """keccak256(abi.encode(...)) of words already encoded, as a bytes32 string."""
    return to_hex(keccak(b"".join(words)))
