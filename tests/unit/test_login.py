"""C-35: a login is good for one text, once, here, on this chain, now, by the key of the account in it."""

from __future__ import annotations

from typing import Any

import pytest
from eth_account import Account
from eth_account.messages import encode_defunct

from pages import login
from pages.login import Refused, Site
from tests.cast import person

SITE = Site("https://assize.example", 31337)
NONCE = "5a" * 16
NOW = 1_790_000_000
ALICE = person("alice")


def signed(text: str, key: str = ALICE.key) -> str:
    return "0x" + bytes(Account.sign_message(encode_defunct(text=text), key).signature).hex()


def made(site: Site = SITE, **changes: Any) -> str:
    given = {"address": ALICE.address, "nonce": NONCE, "now": NOW, **changes}
    return login.text(site, **given)


def answer(text: str, *, nonce: str | None = NONCE, now: int = NOW, signature: str | None = None) -> str:
    return login.check(SITE, text, signature or signed(text), nonce=nonce, now=now)


def test_check__as_it_was_asked__the_account() -> None:
    assert answer(made()) == ALICE.address
    assert made().startswith("assize.example wants you to sign in with your Ethereum account:\n0x")
    assert answer(made(), now=NOW + login.LIFE_SECONDS - 1) == ALICE.address


@pytest.mark.parametrize(
    "text, nonce, now, refusal",
    [
        (made(), None, NOW, Refused.NO_NONCE),
        (made(nonce="5b" * 16), NONCE, NOW, Refused.NONCE),
        (made(Site("https://assize.example.evil.org", 31337)), NONCE, NOW, Refused.DOMAIN),
        (made(Site("https://assize.example:8443", 31337)), NONCE, NOW, Refused.DOMAIN),
        (made().replace("/login/", "/admin/"), NONCE, NOW, Refused.URI),
        (made().replace("URI: https", "URI: http"), NONCE, NOW, Refused.URI),
        (made(Site("https://assize.example", 1)), NONCE, NOW, Refused.CHAIN),
        (made(), NONCE, NOW + login.LIFE_SECONDS, Refused.TIME),
        (made(now=NOW + 1), NONCE, NOW, Refused.TIME),
        (made().replace("2026-09-21T14:23:20Z", "2027-09-21T14:23:20Z"), NONCE, NOW, Refused.TIME),
        (made().replace("2026-09-21T14:13:20Z", "2026-13-41T14:13:20Z"), NONCE, NOW, Refused.TIME),
    ],
)  # fmt: skip
def test_check__one_thing_off__refused_with_its_reason(
    text: str, nonce: str | None, now: int, refusal: Refused
) -> None:
    assert answer(text, nonce=nonce, now=now) is refusal


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text + "\n",
        lambda text: text + "\nResources:\n- https://evil.example",
        lambda text: text.replace("Version: 1", "Version: 2"),
        lambda text: text.replace(login.STATEMENT, "Give all to Mallory."),
        lambda text: text.replace(f"Nonce: {NONCE}\n", ""),
        lambda text: text.replace("\n", "\r\n"),
        lambda text: "",
        lambda text: "x" * 10_000,
    ],
)
def test_check__another_form__malformed(change: Any) -> None:
    text = change(made())
    assert answer(text, signature=signed(made())) is Refused.MALFORMED


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "0x",
        "0x" + "00" * 65,
        signed(made(), person("mallory").key),
        signed(made())[:-2] + "00",
        signed(made()).upper(),
    ],
)
def test_check__not_the_accounts_signature__refused(signature: str) -> None:
    assert login.check(SITE, made(), signature, nonce=NONCE, now=NOW) is Refused.SIGNATURE


def test_check__signed_over_another_text__refused() -> None:
    assert answer(made(), signature=signed(made(now=NOW - 1))) is Refused.SIGNATURE


def test_check__address_without_its_checksum__refused() -> None:
    text = made()
    plain = text.replace(text.split("\n")[1], ALICE.address)
    assert plain != text
    assert answer(plain) is Refused.SIGNATURE


@pytest.mark.parametrize("address", ["", "0x12", ALICE.address.upper(), ALICE.address + "\nURI: x"])
def test_text__no_address__refused(address: str) -> None:
    with pytest.raises(ValueError, match="0x"):
        made(address=address)
