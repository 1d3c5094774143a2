"""C-34: whatever is changed about a signed act, it is no longer accepted as its author's."""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from protocol.signing import KINDS, TYPES, Domain, address_of, digest, parse, recover, sign, to_json

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
DOMAIN = Domain(31337, "0x" + "a5" * 20)
Json = dict[str, Any]
Sent = tuple[Domain, str, Any, Any]  # where, kind, message in JSON, signature


def accepted(sent: Sent, author: str) -> bool:
    """Whether an honest reader takes this as an act of `author`."""
    domain, kind, message, signature = sent
    try:
        return recover(digest(domain, kind, parse(kind, message)), signature) == author
    except ValueError:
        return False


def test_mutants__of_acts_of_every_kind__none_is_accepted() -> None:
    seeded, counted = random.Random(34), Counter[str]()
    for kind in sorted(KINDS):
        for _ in range(3):
            key = hexed(seeded, 32)
            author = address_of(key)
            message = message_of(kind, seeded)
            original = (DOMAIN, kind, to_json(kind, message), sign(key, digest(DOMAIN, kind, message)))
            assert accepted(original, author)
            for mutant in mutants(original):
                assert mutant != original
                assert not accepted(mutant, author), mutant
                counted[kind] += 1
    assert len(counted) == len(KINDS)
    assert counted.total() > 100_000


def hexed(seeded: random.Random, size: int) -> str:
    return "0xab" + seeded.randbytes(size - 1).hex()  # a letter, so that upper case is another spelling


def message_of(kind: str, seeded: random.Random) -> Json:
    make: dict[str, Callable[[], Any]] = {
        "address": lambda: hexed(seeded, 20),
        "bytes32": lambda: hexed(seeded, 32),
        "string": lambda: "too_large",
        "uint256": lambda: seeded.randrange(1, 2 ** seeded.choice([8, 64, 256])),
    }
    return {
        field.name: [message_of(field.item_kind, seeded) for _ in range(3)]
        if field.item_kind
        else make[field.type]()
        for field in TYPES[kind]
    }


def mutants(original: Sent) -> Iterator[Sent]:
    domain, kind, message, signature = original
    for bad in signatures_like(signature):
        yield domain, kind, message, bad
    for changed in messages_like(kind, message):
        yield domain, kind, changed, signature
    for other in KINDS - {kind}:
        yield domain, other, message, signature
    for bit in range(160):
        yield Domain(domain.chain_id, flipped(domain.contract, bit)), kind, message, signature
    for bit in range(256):
        yield Domain(domain.chain_id ^ 1 << bit, domain.contract), kind, message, signature


def signatures_like(signature: str) -> Iterator[Any]:
    for bit in range(8 * 65):
        yield flipped(signature, bit)
    r, s, v = int(signature[2:66], 16), int(signature[66:130], 16), int(signature[130:], 16)
    yield packed(r, ORDER - s, 55 - v)  # the twin that eth_account takes: high s, the other v
    yield packed(r, ORDER - s, v)
    yield from (packed(r, s, other) for other in range(256) if other != v)
    yield from (packed(r, bad, v) for bad in (0, ORDER, 2**256 - 1, ORDER // 2 + 1))
    yield from (packed(bad, s, v) for bad in (0, ORDER, 2**256 - 1))
    yield from (signature[:end] for end in range(len(signature)))
    yield from (signature + more for more in ("0", "00", " ", "\n", "00" * 32, signature))
    # EIP-2098 packs v into the top bit of s
    yield "0x" + f"{r:064x}{s | (v - 27) << 255:064x}"
    yield from spellings(signature)
    yield [signature]
    yield bytes.fromhex(signature[2:])


def messages_like(kind: str, message: Json) -> Iterator[Any]:
    for field in TYPES[kind]:
        value = message[field.name]
        for changed in values_like(field.type, value, field.item_kind):
            yield {**message, field.name: changed}
        yield {name: kept for name, kept in message.items() if name != field.name}
        yield {name + " " * (name == field.name): kept for name, kept in message.items()}
    swappable = [
        (a.name, b.name) for a in TYPES[kind] for b in TYPES[kind] if a.type == b.type and a.name < b.name
    ]
    for a, b in swappable:
        if message[a] != message[b]:
            yield {**message, a: message[b], b: message[a]}
    yield from ({**message, extra: "1"} for extra in ("", "extra", "Account", "__proto__"))
    yield from (None, [], [message], str(message), list(message.items()))


def values_like(type_: str, value: Any, item_kind: str | None) -> Iterator[Any]:
    yield from (None, True, 1, 1.5, "", " ", "0x", [], {}, [value], {"value": value})
    if item_kind:
        yield from (value[1:], value[::-1], value + value[:1], dict(enumerate(value)), tuple(value))
        for item in messages_like(item_kind, value[1]):
            yield [value[0], item, *value[2:]]
    elif type_ == "uint256":
        number = int(value)
        yield from (str(number ^ 1 << bit) for bit in range(256))
        yield from (
            number,
            float(number),
            hex(number),
            str(-number),
            str(number + 2**256),
            value + "0",
            "9" * 5000,
        )
        yield from (
            "0" + value,
            "+" + value,
            " " + value,
            value + "\n",
            value + ".0",
            value + "e0",
            value + "_0",
        )
        yield value.translate({ord("0") + digit: ord("٠") + digit for digit in range(10)})
    elif type_ == "string":
        yield from (value.upper(), value + " ", value + "\0", value[:-1], "\ud800", "")
    else:
        yield from (flipped(value, bit) for bit in range(4 * (len(value) - 2)))
        yield from (value + "00", value[:-2], "0x00" + value[2:], int(value, 16), bytes.fromhex(value[2:]))
        yield from spellings(value)


def spellings(value: str) -> Iterator[str]:
    """The same bytes, as looser readers of hex would take them."""
    letter = next(each for each in value if each in "abcdef")
    yield from (value[2:], "0X" + value[2:], value.upper(), "0x" + value[2:].upper())
    yield from (value.replace(letter, letter.upper()), value.replace(letter, chr(ord(letter) + 0xFEE0)))
    yield from (" " + value, value + " ", value + "\n", value[:10] + " " + value[10:])


def flipped(value: str, bit: int) -> str:
    return f"0x{int(value, 16) ^ 1 << bit:0{len(value) - 2}x}"


def packed(r: int, s: int, v: int) -> str:
    return f"0x{r:064x}{s:064x}{v:02x}"
