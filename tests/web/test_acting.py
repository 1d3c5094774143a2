"""What the form of an act says before anything is signed: risk, bounds, and what is in the way."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from oracle.models import Expiry
from tests.cast import person
from tests.web.conftest import Clock
from tests.web.story import to_challenge

REPORT, DISPUTE = "/expiries/eth-usd-test/report/", "/expiries/eth-usd-test/dispute/"


def ask(client: Client, path: str, **fields: str) -> dict[str, Any]:
    found: dict[str, Any] = client.post(path, fields).json()
    return found


@pytest.mark.parametrize(
    "path, fields",
    [
        (REPORT, {"price": "2500", "bond": "0.1"}),
        (DISPUTE, {"price": "2400"}),
        ("/me/stake/", {"amount": "1"}),
        ("/me/unstake/", {"amount": "1"}),
        ("/me/withdraw/", {"amount": "1"}),
    ],
)
def test_form__no_account_known__says_nothing_of_its_money(
    reporting: Expiry, client: Client, at: Clock, path: str, fields: dict[str, str]
) -> None:
    if path == DISPUTE:
        at.now = to_challenge(reporting) + 1
    found = ask(client, path, **fields)
    assert (found["ready"], found["note"]) == (False, "Connect a wallet: the account is part of what is signed.")
    assert "errors" not in found
    poor = ask(client, path, **fields, account=person("nobody").address)
    assert list(poor["errors"]) == ["bond" if path == REPORT else "amount"]
