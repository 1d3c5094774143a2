"""The wallet that the other tests of this folder use is one: it signs what the law says is signed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import Error, Page

from oracle import signer
from oracle.models import Expiry
from protocol import signing
from tests.browser.wallet import Mode, Wallet
from tests.cast import ETHER, NO_EVIDENCE, person

ASK = """async ([method, params]) => {
  const found = await new Promise((resolve) => {
    window.addEventListener("eip6963:announceProvider", (event) => resolve(event.detail), { once: true });
    window.dispatchEvent(new Event("eip6963:requestProvider"));
  });
  return found.provider.request({ method, params });
}"""


def ask(page: Page, method: str, *params: Any) -> Any:
    return page.evaluate(ASK, [method, list(params)])


def test_wallet__asked_for_a_report__signs_the_digest_of_the_law(
    reporting: Expiry, page: Page, wallet: Wallet
) -> None:
    alice = person("alice")
    message = {
        "account": alice.address, "expiry": reporting.id, "price": 2_500 * ETHER, "bond": ETHER,
        "evidence": NO_EVIDENCE, "salt": "0x" + "5a" * 32,
    }  # fmt: skip
    document = signing.typed_data(signer.domain(), "Report", signing.to_json("Report", message))
    page.goto("/")
    assert ask(page, "eth_accounts") == [wallet.address]
    signature = ask(page, "eth_signTypedData_v4", wallet.address, json.dumps(document))
    assert signing.recover(signer.digest("Report", message), signature) == alice.address


def test_wallet__its_owner_refuses__an_error_with_its_code(page: Page, wallet: Wallet) -> None:
    wallet.mode = Mode.REJECT
    page.goto("/")
    with pytest.raises(Error, match="denied"):
        ask(page, "personal_sign", "0x61", wallet.address)
    assert wallet.signed == []
