"""/me/ and an account's page: money on its way, what waits for what, and acts page by page."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from oracle.models import Act, Expiry, Unbonding
from settlement.index_models import EscrowLog
from tests.cast import person
from tests.web.conftest import Clock, queries
from tests.web.test_api_deposits import log as log_of
from tests.web.test_pages import read
from tests.web.test_voting import MOST_QUERIES, log_in

ALICE = person("alice")
THEIRS = f"/accounts/{ALICE.address}/"


def log(number: int, **columns: Any) -> EscrowLog:
    return log_of(number, account=ALICE.address, **columns)


@pytest.fixture
def acts(reporting: Expiry, at: Clock) -> list[int]:
    """Entries of alice's acts: seven stakes upon what came before; pages have three rows here."""
    for _ in range(7):
        assert ALICE.stake(1, at.now).refusal is None
    return list(Act.objects.filter(account=ALICE.address).order_by("-seq").values_list("seq", flat=True))


@pytest.mark.parametrize("path", ["/me/", THEIRS])
def test_acts__more_than_a_page__older_ones_behind_a_link(
    acts: list[int], client: Client, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    for module in ("mine", "views"):
        monkeypatch.setattr(f"pages.{module}.ROWS", 3)
    log_in(client, "alice")
    seen: list[int] = []
    query, pages = "", 0
    while pages == 0 or query:
        page = client.get(path + query).content.decode()
        found = [int(seq) for seq in re.findall(r"entry (\d+)(?:</a>|</span>)", page[page.index('id="acts"') :])]
        assert len(found) <= 3
        assert ("Before entry" in page) is (pages > 0)
        seen, pages = seen + found, pages + 1
        link = re.search(r'href="(\?before=\d+)#acts" rel="next"', page)
        query = link[1] if link else ""
    assert seen == acts
    assert pages == -(-len(acts) // 3)
    assert "None before that." in read(client, f"{path}?before=1")
    assert client.get(f"{path}?before=x").status_code == 404


def test_account_page__deposit_on_its_way_behind_many_that_are_final__is_shown(
    reporting: Expiry, client: Client
) -> None:
    log(1)
    for number in range(2, 62):
        log(number, state="GONE")
    text = read(client, THEIRS)
    assert text.count("not final yet") == 1
    assert "more are on their way" not in text


def test_account_page__more_on_their_way_than_it_shows__says_so(
    reporting: Expiry, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pages.views.ROWS", 2)
    for number in (1, 2, 3):
        log(number)
    text = read(client, THEIRS)
    assert text.count("not final yet") == 2
    assert "The newest 2; more are on their way." in text


def test_my_page__deposits__older_ones_behind_a_link(
    reporting: Expiry, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pages.mine.ROWS", 2)
    for number in range(1, 6):
        log(number, amount=number)
    log_in(client, "alice")
    seen: list[str] = []
    query = ""
    for rows in (2, 2, 1):
        page = client.get(f"/me/{query}").content.decode()
        part = page[page.index('id="deposits"') : page.index("<h2>Bonded</h2>")]
        found = re.findall(r'<td class="number">(\d)</td><td class="wide">', part)
        assert len(found) == rows
        seen += found
        link = re.search(r'href="(\?deposits=[\d.]+)#deposits" rel="next"', page)
        query = link[1] if link else ""
    assert (seen, query) == (list("54321"), "")
    assert "None before that." in read(client, "/me/?deposits=1.0.0")
    for wrong in ("x", "1", "1.2", "1.2.3.4", ""):
        assert client.get(f"/me/?deposits={wrong}").status_code == 404


def test_my_page__more_unbonds_than_it_shows__says_so(
    acts: list[int], client: Client, at: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pages.mine.ROWS", 2)
    for _ in range(3):
        assert ALICE.unstake(1, at.now).refusal is None
    assert Unbonding.objects.count() == 3
    log_in(client, "alice")
    text = read(client, "/me/")
    assert text.count("unstaked, free") == 2
    assert "These are the 2 that are free first" in text


def test_account_page__follow__leads_to_a_new_alert(reporting: Expiry, client: Client) -> None:
    assert f'href="/me/alerts/new/?account={ALICE.address}"' in client.get(THEIRS).content.decode()
    log_in(client, "bob")
    assert f'value="{ALICE.address}"' in client.get(f"/me/alerts/new/?account={ALICE.address}").content.decode()


def test_my_page__with_deposits_and_acts__at_most_twelve_queries(acts: list[int], client: Client) -> None:
    log(1)
    log_in(client, "alice")
    client.get("/me/")
    assert queries(lambda: client.get("/me/")) <= MOST_QUERIES
    assert queries(lambda: client.get(THEIRS)) <= MOST_QUERIES
