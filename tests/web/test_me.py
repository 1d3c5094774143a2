"""/me/ and an account's page: money on its way, what waits for what, and acts page by page."""

from __future__ import annotations

import re
import secrets
from typing import Any

import pytest
from django.test import Client

from oracle.models import Act, Expiry, Unbonding
from protocol.show import utc
from settlement.finality import finality
from settlement.index_models import EscrowIndex, EscrowLog
from settlement.models import Root
from tests.cast import ETHER, Answer, Person, person
from tests.web.conftest import OPEN, WINDOW, Clock, queries
from tests.web.story import PRICE, dispute, to_ballot, to_challenge
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
    monkeypatch.setattr("pages.paging.ROWS", 3)
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
    monkeypatch.setattr("pages.paging.ROWS", 2)
    for number in (1, 2, 3):
        log(number)
    text = read(client, THEIRS)
    assert text.count("not final yet") == 2
    assert "The newest 2; more are on their way." in text


def test_my_page__deposits__older_ones_behind_a_link(
    reporting: Expiry, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pages.paging.ROWS", 2)
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
    monkeypatch.setattr("pages.paging.ROWS", 2)
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


def withdraw(who: Person, amount: int, now: int) -> Answer:
    return who.send("Withdrawal", {"amount": amount, "nonce": secrets.randbits(64)}, now)


@pytest.fixture
def asked(reporting: Expiry, client: Client, at: Clock) -> Client:
    """Alice, logged in, has asked for 3 ETH."""
    assert withdraw(ALICE, 3 * ETHER, at.now).refusal is None
    log_in(client, "alice")
    return client


def make_root(epoch: int = 4, **columns: Any) -> Root:
    """One that counts the whole book."""
    seq = Act.objects.order_by("-seq").values_list("seq", flat=True)[0]
    given = {"root": "0x", "block": 1, "seq": seq, "accounts": 1, "debt": 1, "created_at": OPEN}
    return Root.objects.create(**{"epoch": epoch, **given, **columns})


WAITS = "3 ETH wait for the next root: attestors sign what everybody is owed, and the escrow pays by it after a delay. "


def test_my_page__withdrawal_and_no_root__says_that_there_was_none(asked: Client) -> None:
    assert WAITS + "There has been no root yet." in read(asked, "/me/")


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({}, "The one of epoch 4 waits for attestors' signatures. "),
        ({"reason": "too few"}, "The one of epoch 4 waits for attestors' signatures (too few). "),
        ({"stage": "SIGNED"}, "The one of epoch 4 is signed, and waits for its transaction. "),
        ({"stage": "SENT"}, "The one of epoch 4 is sent, and waits for a block. "),
        ({"stage": "POSTED"}, "its delay, in which guardians can cancel it, is not known to be over. "),
        ({"stage": "FINAL", "final_at": OPEN}, "is final and does not count them; the next one is due 2026-09-23 "),
        ({"stage": "FAILED", "reason": "no attestor"}, "epoch 4, came to nothing (no attestor); another one is made. "),
    ],
)
def test_my_page__withdrawal__says_where_the_newest_root_is(asked: Client, columns: Any, said: str) -> None:
    make_root(epoch=3, stage="FINAL", final_at=OPEN)
    make_root(**columns)
    text = read(asked, "/me/")
    assert WAITS + "The " in text
    assert said in text
    assert "asked for after it was made" not in text


def test_my_page__root_in_the_escrow__says_when_its_delay_ends(asked: Client, at: Clock) -> None:
    make_root(stage="POSTED")
    posted: dict[str, Any] = {"kind": "RootPosted", "account": None, "amount": None}
    log_of(5, **posted, message={"epoch": "4", "final_at": str(at.now + 3_600)})
    log_of(6, **posted, message={"epoch": "4", "final_at": "1"}, state="GONE")
    assert "in which guardians can cancel it, ends 2026-09-22 15:13:21 UTC (in 1 h)." in read(asked, "/me/")
    at.now += 3_600
    assert "its delay is over; it waits for a block deep enough." in read(asked, "/me/")
    log_of(7, **posted, message={"epoch": "3", "final_at": str(at.now + 3_600)})
    assert "is not known to be over." in read(asked, "/me/")


def test_my_page__asked_after_the_root_was_made__says_that_it_is_in_the_one_after(asked: Client, at: Clock) -> None:
    make_root()
    assert withdraw(person("bob"), 1, at.now).refusal is None
    assert "asked for after it was made" not in read(asked, "/me/")
    assert withdraw(ALICE, 1, at.now).refusal is None
    assert "What you asked for after it was made is in the one after it." in read(asked, "/me/")


def test_my_page__claim_that_is_not_final__does_not_wait_for_a_root(asked: Client) -> None:
    log(5, kind="Claimed", amount=2 * ETHER)
    text = read(asked, "/me/")
    assert "2 ETH are claimed: that counts once its block is final." in text
    assert "1 ETH wait for the next root" in text


def test_reserves__no_account__says_so_at_the_field(asked: Client) -> None:
    make_root(stage="FINAL", final_at=OPEN)
    page = asked.get("/reserves/?account=0x12")
    assert (page.status_code, b'value="0x12"' in page.content) == (200, True)
    assert b'<p class="error" id="account-error">An account is 0x and 40 digits' in page.content
    assert b"no leaf in that root" not in page.content
    assert b"account-error" not in asked.get("/reserves/").content


@pytest.mark.parametrize("what", ["stopped", "problem"])
def test_my_page__roots_have_stopped__says_why_as_reserves_does(asked: Client, what: str) -> None:
    EscrowIndex.objects.create(id=1, **{what: "a wei too much"})
    for path in ("/reserves/", "/me/"):
        assert "No new root is made: a wei too much" in read(asked, path)


def test_my_page__no_escrow__does_not_speak_of_roots(asked: Client, settings: Any) -> None:
    settings.ESCROW_ADDRESS = ""
    text = read(asked, "/me/")
    assert "3 ETH were asked for; there is no escrow here that could pay them." in text
    assert "root" not in text[: text.index("Deposits and payments")].replace("once a root that counts", "")


def test_my_page__bonds__until_when_at_the_latest(voters: None, reporting: Expiry, client: Client, at: Clock) -> None:
    at.now = to_challenge(reporting)
    log_in(client, "alice")
    latest = finality(Expiry.objects.get(), now=at.now).horizon.latest
    line = f"eth-usd-test1 ETH{utc(latest)} (in "
    assert line in read(client, "/me/")
    assert "unless a vote is held and nobody reveals in it" in read(client, "/me/")
    at.now = dispute(reporting, at.now)
    for name in ("vera", "victor"):
        assert person(name).commit(reporting.id, 1, PRICE, at.now).refusal is None
    at.now += WINDOW + 1
    assert person("vera").reveal(reporting.id, 1, PRICE, at.now).refusal is None
    assert "unless a vote is held and nobody reveals in it" not in read(client, "/me/"), "somebody has"


def test_my_page__guardians_without_a_deadline__says_so(reporting: Expiry, client: Client, at: Clock) -> None:
    at.now = to_ballot(reporting)
    log_in(client, "bob")
    assert "no deadline: the guardians decide" in read(client, "/me/")


def test_my_page__everything_at_once__at_most_twelve_queries(asked: Client, at: Clock) -> None:
    make_root(epoch=3, stage="FINAL", final_at=OPEN, document=b"")
    make_root(stage="POSTED")
    log(5, kind="Claimed", amount=ETHER)
    assert ALICE.report(Expiry.objects.get().id, PRICE, ETHER, at.now).refusal is None
    assert ALICE.stake(2, at.now).refusal is None
    assert ALICE.unstake(1, at.now).refusal is None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("settlement.reserves.proven", lambda *_: None)  # kept in memory
        assert "wait for the next root" in read(asked, "/me/")
        assert queries(lambda: asked.get("/me/")) <= MOST_QUERIES


def test_my_page__leads_to__webhooks_tokens_and_what_was_sent(asked: Client) -> None:
    page = asked.get("/me/").content.decode()
    for path in ("/me/alerts/", "/me/alerts/log/", "/me/tokens/"):
        assert f'href="{path}"' in page
        assert asked.get(path).status_code == 200
