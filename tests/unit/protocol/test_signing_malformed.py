"""One act has one spelling: what `parse`, `digest` and `recover` refuse, naming the field that is off."""

from typing import Any

import pytest

from protocol.signing import BadSignature, Domain, digest, parse, recover, sign, to_json

DOMAIN = Domain(31337, "0x" + "a5" * 20)
ALICE, EXPIRY = "0x" + "a1" * 20, "0x" + "e0" * 32
PLEDGE = {
    "account": ALICE,
    "expiry": EXPIRY,
    "round": "1",
    "price": "17630",
    "amount": "10",
    "evidence": "0x" + "00" * 32,
    "nonce": "0",
    "until": "1700000000",
}
ATTESTATION = {"expiry": EXPIRY, "attempt": "0", "price": "1", "transcript": EXPIRY, "payouts": EXPIRY}

BAD_INTEGERS = [
    "",
    "01",
    "00",
    "+1",
    "-1",
    "-0",
    "1e3",
    "1.0",
    " 1",
    "1 ",
    "1_000",
    "0x1",
    "١",
    "１",
    "²",
    "1\n",
    str(2**256),
    "9" * 79,
    "9" * 100_000,
    1,
    0,
    1.0,
    True,
    None,
    ["1"],
    {"value": "1"},
]
BAD_BYTES32 = [
    "",
    "0x",
    "e0" * 32,
    "0X" + "e0" * 32,
    "0x" + "E0" * 32,
    "0x" + "e0" * 31,
    "0x" + "e0" * 33,
    "0x" + "e" * 63,
    "0x" + "g0" * 32,
    "0x" + "e0" * 31 + " e0",
    "0x" + "e0" * 31 + "  ",
    EXPIRY + "\n",
    " " + EXPIRY,
    b"\xe0" * 32,
    0,
    None,
    True,
    [EXPIRY],
    "0x" + "ｅ0" * 32,
]
BAD_ADDRESSES = [
    "",
    "0x",
    "a1" * 20,
    "0x" + "A1" * 20,
    "0xA1" + "a1" * 19,
    "0x" + "a1" * 19,
    "0x" + "a1" * 32,
    ALICE + " ",
    "alice.eth",
    0,
    None,
    [ALICE],
]


@pytest.mark.parametrize("value", BAD_INTEGERS)
def test_parse__bad_integer__names_the_field(value: Any) -> None:
    with pytest.raises(ValueError, match=r"^Pledge\.amount: must be a decimal string"):
        parse("Pledge", {**PLEDGE, "amount": value})


@pytest.mark.parametrize("value", BAD_BYTES32)
def test_parse__bad_bytes32__names_the_field(value: Any) -> None:
    with pytest.raises(ValueError, match=r"^Pledge\.expiry: must be a string of 0x and 64 lower-case"):
        parse("Pledge", {**PLEDGE, "expiry": value})


@pytest.mark.parametrize("value", BAD_ADDRESSES)
def test_parse__bad_address__names_the_field_and_asks_for_lower_case(value: Any) -> None:
    with pytest.raises(
        ValueError, match=r"^Pledge\.account: must be .* write a checksummed address in lower case"
    ):
        parse("Pledge", {**PLEDGE, "account": value})


@pytest.mark.parametrize("field", PLEDGE)
def test_parse__missing_field__names_it(field: str) -> None:
    with pytest.raises(ValueError, match=rf"^Pledge\.{field}: is missing"):
        parse("Pledge", {name: value for name, value in PLEDGE.items() if name != field})


@pytest.mark.parametrize("field", ["Amount", "amount ", "", "kind", "signature"])
def test_parse__unknown_field__names_it(field: str) -> None:
    with pytest.raises(ValueError, match=rf"^Pledge\.{field}: is no field"):
        parse("Pledge", {**PLEDGE, field: "1"})


@pytest.mark.parametrize(
    "kind", ["", "report", "Pledge ", "EIP712Domain", "Attestation", None, 1, ["Pledge"], {}]
)
def test_parse__unknown_kind__is_refused(kind: Any) -> None:
    with pytest.raises(ValueError, match="^kind: must be one of"):
        parse(kind, PLEDGE)


@pytest.mark.parametrize("message", [None, [], "", 1, list(PLEDGE.items())])
def test_parse__no_object__is_refused(message: Any) -> None:
    with pytest.raises(ValueError, match="^Pledge: must be an object"):
        parse("Pledge", message)


@pytest.mark.parametrize("items", [[], [ATTESTATION] * 101, ATTESTATION, None, "items"])
def test_parse__no_list_of_1_to_100_items__is_refused(items: Any) -> None:
    with pytest.raises(ValueError, match=r"^Attestations\.items: must be a list of 1 to 100"):
        parse("Attestations", {"items": items})


def test_parse__bad_item__names_the_field_inside() -> None:
    with pytest.raises(ValueError, match=r"^Attestations\.items: Attestation\.price: must be a decimal"):
        parse("Attestations", {"items": [ATTESTATION, {**ATTESTATION, "price": "01"}]})
    assert len(parse("Attestations", {"items": [ATTESTATION] * 100})["items"]) == 100


@pytest.mark.parametrize("code", [None, 1, ["late"], "\ud800"])
def test_parse__bad_text__names_the_field(code: Any) -> None:
    receipt = {"digest": EXPIRY, "expiry": EXPIRY, "head": EXPIRY, "seq": "1", "book": EXPIRY, "at": "1"}
    assert parse("Receipt", {**receipt, "code": ""})["code"] == ""
    with pytest.raises(ValueError, match=r"^Receipt\.code: must be"):
        parse("Receipt", {**receipt, "code": code})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("amount", "10"),
        ("amount", -1),
        ("amount", 2**256),
        ("amount", True),
        ("amount", 1.0),
        ("account", ALICE.upper()),
        ("account", bytes(20)),
        ("expiry", EXPIRY[2:]),
        ("expiry", None),
        ("more", 1),
    ],
)
def test_digest__message_not_canonical__is_refused_and_not_hashed(field: str, value: Any) -> None:
    message = parse("Pledge", PLEDGE)
    with pytest.raises(ValueError, match=rf"^Pledge\.{field}: "):
        digest(DOMAIN, "Pledge", {**message, field: value})
    with pytest.raises(ValueError, match=rf"^Pledge\.{field}: "):
        to_json("Pledge", {**message, field: value})


def test_digest__field_renamed__names_the_missing_one() -> None:
    message = parse("Pledge", PLEDGE)
    message["Amount"] = message.pop("amount")
    with pytest.raises(ValueError, match=r"^Pledge\.amount: is missing"):
        digest(DOMAIN, "Pledge", message)


@pytest.mark.parametrize(
    "signature", ["", "0x", None, 1, b"\x01" * 65, "0x" + "00" * 64, "0x" + "00" * 66, "0x" + "zz" * 65]
)
def test_recover__no_65_bytes__is_a_bad_signature(signature: Any) -> None:
    with pytest.raises(BadSignature, match="0x and 130 lower-case"):
        recover(EXPIRY, signature)


def test_recover__bad_digest__is_a_value_error() -> None:
    with pytest.raises(ValueError, match="64 lower-case"):
        recover(EXPIRY[2:], sign("0x" + "11" * 32, EXPIRY))
