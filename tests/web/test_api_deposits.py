"""What an account reads of its deposits before and after they count."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from ledger import names
from oracle.models import Expiry
from oracle.services import funding
from protocol.reward import reward_account
from settlement.index_models import EscrowIndex, EscrowLog
from tests.cast import ETHER
from tests.web.conftest import OPEN

ALICE = "0x" + "a1" * 20
WORD = "0x" + "7" * 64


def log(number: int, **columns: Any) -> EscrowLog:
    where = {"block": number, "block_hash": f"0x{number:064x}", "tx": WORD, "log_index": number}
    given = {"kind": "Deposited", "account": ALICE, "amount": ETHER, "message": {}}
    return EscrowLog.objects.create(**{**where, **given, **columns})


def get(client: Client, path: str, status: int = 200) -> Any:
    answer = client.get(f"/api/v1/{path}")
    assert answer.status_code == status
    return answer.json()


def test_deposits__pending_final_and_gone__the_newest_first(client: Client, db: None) -> None:
    assert get(client, f"accounts/{ALICE}/deposits") == {
        "results": [], "next": None, "credited_to": None, "stale": False,
    }  # fmt: skip
    log(1, state="FINAL", entry=4)
    log(2, state="GONE")
    log(3)
    log(4, account="0x" + "b0" * 20)
    EscrowIndex.objects.create(id=1, credited_to=1, stale="two nodes are dead")
    found = get(client, f"accounts/{ALICE}/deposits")
    assert [(each["block"], each["state"], each["entry"]) for each in found["results"]] == [
        ("3", "PENDING", None), ("2", "GONE", None), ("1", "FINAL", "4")
    ]
    assert (found["credited_to"], found["stale"]) == ("1", True)
    page = client.get(f"/accounts/{ALICE}/")
    assert page.content.count(b"not final yet") == 1


def test_deposits__page_by_page__every_one_once_also_where_blocks_forked(client: Client, db: None) -> None:
    for number in range(1, 5):
        log(number, tx=f"0x{number:064x}")
        log(number, log_index=0, tx=f"0x{number:064x}")
        log(number, block_hash=f"0x{number + 100:064x}", state="GONE")
    whole = get(client, f"accounts/{ALICE}/deposits")["results"]
    places = [(int(each["block"]), int(each["log_index"])) for each in whole]
    assert (places, len(places)) == (sorted(places, reverse=True), 12)
    found, cursor = [], ""
    while cursor is not None:
        page = get(client, f"accounts/{ALICE}/deposits?limit=5{cursor and '&cursor=' + cursor}")
        found, cursor = found + page["results"], page["next"]
    assert found == whole
    assert get(client, f"accounts/{ALICE}/deposits?cursor=7", 400)["code"] == "malformed"


@pytest.mark.parametrize("address", ["0x12", "0x" + "AB" * 20])
def test_deposits__no_address__refused(client: Client, db: None, address: str) -> None:
    assert get(client, f"accounts/{address}/deposits", 400)["code"] == "malformed"


def test_expiry__scheduled__shows_the_reward_that_was_deposited(expiry: Expiry, client: Client) -> None:
    account = reward_account(expiry.id)
    assert get(client, f"expiries/{expiry.slug}")["reward"] == "0"
    funding.credit(account=account, amount=7, block=3, tx=WORD, log_index=0, now=OPEN - 1_000)
    shown = get(client, f"expiries/{expiry.slug}")
    assert (shown["reward"], shown["reward_account"]) == ("7", account)
    assert get(client, "expiries")["results"][0]["reward"] == "7"
    assert names.free(account).endswith(account)
