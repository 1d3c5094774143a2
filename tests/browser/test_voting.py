"""Voting as people do it: sealed by a salt that the wallet makes again anywhere, revealed later, on any device."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account
from eth_account.messages import encode_defunct
from icalendar import Calendar
from playwright.sync_api import BrowserContext, Page, Request, expect

from alerts.models import Follow
from alerts.services import reminders
from oracle import signer
from oracle.models import Act, Expiry
from oracle.services.time import pass_time
from pages.reading import decimal
from protocol import signing
from protocol.hashing import keccak
from protocol.vote_salt import salt_of, salt_text, text_digest
from tests.browser import axe, court
from tests.browser.conftest import NARROW, WIDE, Clock
from tests.browser.test_reading import look_at
from tests.browser.wallet import Wallet
from tests.cast import ETHER, person
from tests.web.conftest import WINDOW
from tests.web.story import PRICE, to_ballot

COMMIT, REVEAL = "/expiries/eth-usd-test/commit/", "/expiries/eth-usd-test/reveal/"
VOTE = 2_501 * ETHER
VECTOR = Path(__file__).resolve().parents[2] / "docs" / "voting.vector.json"


@pytest.fixture
def ballot(voters: None, reporting: Expiry, at: Clock) -> Expiry:
    """The first second of COMMIT; Vera and Victor may vote."""
    at.now = to_ballot(reporting) + 1
    reporting.refresh_from_db()
    assert (reporting.stage, reporting.ballot) == ("COMMIT", 1)
    return reporting


@pytest.fixture
def vera(open_context: Callable[..., BrowserContext]) -> Callable[..., tuple[Page, Wallet]]:
    """A new device of Vera's each time: nothing is known in it but her wallet."""

    def device(kind: type[Wallet] = Wallet, name: str = "vera", **options: Any) -> tuple[Page, Wallet]:
        context = open_context(**options)
        wallet = kind(person(name).key).install(context)
        return context.new_page(), wallet

    return device


class Forgetful(Wallet):
    """Signs each text with other randomness: what the same text gives is never the same twice."""

    def _sign(self, method: str, params: list[Any]) -> str:
        if method != "personal_sign":
            return super()._sign(method, params)
        self.signed.append(bytes.fromhex(params[0][2:]).decode())
        other = Account.create()  # any other signature will do
        return "0x" + bytes(Account.sign_message(encode_defunct(hexstr=params[0]), other.key).signature).hex()


def make_salt(page: Page) -> None:
    court.button(page).get_by_text("Make the salt").click()


def commit(page: Page, price: str = "2501") -> None:
    page.goto(COMMIT)
    page.get_by_label("The price you vote for").fill(price)
    make_salt(page)
    court.ready(page)
    court.button(page).click()
    expect(page.get_by_role("heading", name="Taken")).to_be_visible()


def to_reveal(ballot: Expiry, at: Clock) -> None:
    at.now += WINDOW
    pass_time(now=at.now)
    ballot.refresh_from_db()
    assert ballot.stage == "REVEAL"


def reveal(page: Page) -> None:
    court.ready(page)
    court.button(page).click()
    expect(page.get_by_role("heading", name="Taken")).to_be_visible()


def expected_salt(ballot: Expiry) -> str:
    who = person("vera")
    text = salt_text(signer.domain(), ballot.id, 1, who.address)
    return salt_of(signing.sign(who.key, text_digest(text)))


def test_vote__committed_and_revealed__one_salt_signature_and_the_price_counts(
    ballot: Expiry, vera: Any, at: Clock
) -> None:
    page, wallet = vera()
    sent: list[Request] = []
    page.on("request", lambda request: sent.append(request))
    commit(page)
    act = Act.objects.get(kind="VoteCommit")
    salt = expected_salt(ballot)
    assert act.commitment == signing.commitment(ballot.id, 1, person("vera").address, VOTE, salt)
    assert wallet.count("personal_sign") == 2, "the first time, to see that both are alike"
    # Nothing that left this browser has price or salt in it.
    left = "\n".join(f"{each.url} {each.post_data or ''} {each.headers}" for each in sent)
    assert act.commitment in left
    assert not any(secret in left for secret in ("2501", salt, salt[2:], f"{VOTE:x}"))
    to_reveal(ballot, at)
    page.goto("/vote/eth-usd-test/1/reveal")
    expect(page.get_by_label("The price you voted for")).to_have_value("2501")
    reveal(page)
    assert wallet.count("personal_sign") == 2, "this browser has kept the salt"
    assert Act.objects.get(kind="VoteReveal").price == VOTE


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_vote__from_the_home_page__three_clicks_and_two_to_reveal(
    ballot: Expiry, vera: Any, at: Clock, size: dict[str, int]
) -> None:
    page, wallet = vera(viewport=size)
    clicks = court.Clicks(page)
    page.goto("/")
    page.get_by_role("link", name=f"Commit {ballot.slug}").click()
    page.get_by_label("The price you vote for").fill("2501")
    make_salt(page)
    court.ready(page)
    court.button(page).click()
    expect(page.get_by_role("heading", name="Taken")).to_be_visible()
    assert clicks.count == 3
    to_reveal(ballot, at)
    page.goto("/")
    page.get_by_role("link", name=f"Reveal {ballot.slug}").click()
    reveal(page)
    assert clicks.count == 5
    assert wallet.count("eth_signTypedData_v4") == 2
    assert Act.objects.get(kind="VoteReveal").price == VOTE


def test_reveal__another_device__salt_made_again_and_price_typed(
    ballot: Expiry, vera: Any, at: Clock
) -> None:
    commit(vera()[0])
    to_reveal(ballot, at)
    page, wallet = vera()
    page.goto(REVEAL)
    make_salt(page)
    state, price = page.locator("#vote-state"), page.get_by_label("The price you voted for")
    price.fill("2501")
    expect(state).to_contain_text("Your vote: 2501.")
    for other in ("2502", "two"):
        price.fill(other)
        expect(court.error_of(page, "price")).to_contain_text("does not open" if other == "2502" else "Write a number")
        expect(state).not_to_contain_text("Your vote")
        expect(page.get_by_text("Download the backup file")).to_be_hidden()
    price.fill("2501.0")
    reveal(page)
    expect(state).to_have_text("Your vote is revealed. Your weight is 10 ETH.")
    page.reload()
    expect(state).to_have_text("Your vote is revealed. Your weight is 10 ETH.")
    assert (wallet.count("personal_sign"), wallet.count("eth_signTypedData_v4")) == (1, 1)
    assert Act.objects.get(kind="VoteReveal").message["salt"] == expected_salt(ballot)


def test_reveal__opened_while_votes_are_committed__opens_with_what_was_typed(
    ballot: Expiry, vera: Any, at: Clock
) -> None:
    commit(vera()[0])
    page, _ = vera()
    page.goto(REVEAL)
    expect(page.locator("#wallet-state")).to_contain_text(person("vera").address)
    price = page.get_by_label("The price you voted for")
    price.fill("2501")
    expect(court.why(page)).to_contain_text("Nothing can be revealed yet")
    to_reveal(ballot, at)
    price.fill("2501.0")
    expect(page.locator("#vote-state")).to_contain_text("This browser does not have the salt. Make it again")
    expect(page.locator(".banner .stage").first).to_have_text("REVEAL")
    make_salt(page)
    reveal(page)
    expect(court.why(page)).to_have_text("It was taken. An account reveals once in a ballot.")
    assert Act.objects.get(kind="VoteReveal").price == VOTE


def test_reveal__by_the_link_of_a_reminder__from_commit_to_another_device(
    ballot: Expiry, vera: Any, at: Clock
) -> None:
    """After committing: a file for the calendar and a reminder, two clicks. Its link opens the vote elsewhere."""
    page, _ = vera()
    page.goto("/login/?next=" + COMMIT)
    court.button(page).click()
    page.wait_for_url("**" + COMMIT)
    page.get_by_label("The price you vote for").fill("2501")
    make_salt(page)
    court.ready(page)
    court.button(page).click()
    expect(page.get_by_role("heading", name="Taken")).to_be_visible()
    with page.expect_download() as started:
        page.get_by_role("link", name="its windows for your calendar").click()
    windows = Calendar.from_ical(Path(started.value.path()).read_bytes()).walk("VEVENT")
    page.get_by_role("link", name="be reminded").click()
    page.get_by_role("button", name="Follow").click()
    expect(page.get_by_text("ballots on which my stake counts")).to_be_visible()
    assert Follow.objects.get().account == person("vera").address
    to_reveal(ballot, at)
    assert reminders.remind(now=at.now + WINDOW - 2) == 1
    feed = page.get_by_role("link", name="Atom feed").get_attribute("href") or ""
    link = re.search(r'href="([^"]*/reveal)"', page.request.get(feed).text())
    assert link is not None
    assert windows[1]["URL"] == link[1]
    other, _ = vera()
    other.goto(link[1])
    make_salt(other)
    other.get_by_label("The price you voted for").fill("2501")
    reveal(other)
    assert Act.objects.get(kind="VoteReveal").price == VOTE


def test_reveal__price_forgotten_but_named_by_others__found(ballot: Expiry, vera: Any, at: Clock) -> None:
    commit(vera()[0], "2500")
    to_reveal(ballot, at)
    page, _ = vera()
    page.goto(REVEAL)
    make_salt(page)
    expect(page.get_by_label("The price you voted for")).to_have_value("2500")
    reveal(page)
    assert Act.objects.get(kind="VoteReveal").price == PRICE


def test_commit__a_second_vote_on_this_device__one_signature_for_the_salt(
    ballot: Expiry, vera: Any, at: Clock
) -> None:
    page, wallet = vera()
    page.goto(COMMIT)
    make_salt(page)
    expect(page.locator("#vote-state")).to_contain_text("The salt is made")
    page.reload()
    make_salt(page)
    expect(page.locator("#vote-state")).to_contain_text("The salt is made")
    assert wallet.count("personal_sign") == 3


def test_commit__wallet_that_signs_differently_each_time__random_salt_and_a_file_first(
    ballot: Expiry, vera: Any, at: Clock, tmp_path: Path
) -> None:
    page, _ = vera(Forgetful)
    page.goto(COMMIT)
    page.get_by_label("The price you vote for").fill("2501")
    make_salt(page)
    expect(court.why(page)).to_contain_text("signs the same text differently")
    with page.expect_download() as started:
        court.button(page).get_by_text("Download the backup file").click()
    file = tmp_path / started.value.suggested_filename
    started.value.save_as(file)
    court.ready(page)
    court.button(page).click()
    expect(page.get_by_role("heading", name="Taken")).to_be_visible()
    kept = json.loads(file.read_text())
    act = Act.objects.get(kind="VoteCommit")
    opened = signing.commitment(ballot.id, 1, person("vera").address, int(kept["price"]), kept["salt"])
    assert act.commitment == opened == kept["commitment"]
    assert kept["salt"] != expected_salt(ballot)
    to_reveal(ballot, at)
    other, wallet = vera(Forgetful)
    other.goto(REVEAL)
    other.locator("#from-file").set_input_files(file)
    expect(other.get_by_label("The price you voted for")).to_have_value("2501")
    reveal(other)
    assert wallet.count("personal_sign") == 0
    assert Act.objects.get(kind="VoteReveal").price == VOTE


def test_reveal__from_a_backup_file__asks_for_no_salt_and_tells_a_wrong_file(
    ballot: Expiry, vera: Any, at: Clock, tmp_path: Path
) -> None:
    page, _ = vera()
    commit(page)
    with page.expect_download() as started:
        page.locator("#backup").click()
    file = tmp_path / started.value.suggested_filename
    started.value.save_as(file)
    to_reveal(ballot, at)
    other, wallet = vera()
    other.goto(REVEAL)
    other_ballot = json.dumps({**json.loads(file.read_text()), "ballot": "2"})
    for name, text, said in (("a", "[", "no backup file of a vote."), ("b", other_ballot, "of another ballot.")):
        wrong = tmp_path / name
        wrong.write_text(text)
        other.locator("#from-file").set_input_files(wrong)
        expect(other.locator("#vote-state")).to_contain_text(f"{said} Your weight is 10 ETH.")  # still
    other.locator("#from-file").set_input_files(file)
    reveal(other)
    assert wallet.count("personal_sign") == 0
    assert Act.objects.get(kind="VoteReveal").price == VOTE


def test_commit__service_answers_with_another_commitment__nothing_is_signed(
    ballot: Expiry, vera: Any
) -> None:
    page, wallet = vera()
    page.goto(COMMIT)
    page.get_by_label("The price you vote for").fill("2501")

    def forged(route: Any) -> None:
        if route.request.method != "POST":
            route.continue_()
            return
        response = route.fetch()
        body = response.json()
        if body.get("ready"):
            body["typed_data"]["message"]["commitment"] = "0x" + "66" * 32
        route.fulfill(response=response, json=body)

    page.route(f"**{COMMIT}", forged)
    make_salt(page)
    expect(court.why(page)).to_contain_text("another vote than yours")
    expect(court.button(page)).to_be_disabled()
    assert wallet.count("eth_signTypedData_v4") == 0


def test_commit__somebody_without_stake__told_before_any_signature(ballot: Expiry, vera: Any) -> None:
    page, wallet = vera(name="alice")
    page.goto(COMMIT)
    page.get_by_label("The price you vote for").fill("2501")
    expect(court.button(page)).to_be_disabled()
    assert wallet.count("personal_sign") == 0


def test_salt__vector_of_the_docs__the_browser_computes_the_same(page: Page, url: str) -> None:
    vector = json.loads(VECTOR.read_text())
    page.goto("/vote/")
    found = page.evaluate(
        """async (v) => {
          const m = await import('/static/pages/salt.js');
          const salt = m.saltOf(v.signature);
          return { text: m.saltText(v), salt, commitment: m.commitmentOf({ ...v, salt }) };
        }""",
        vector,
    )
    assert found == {name: vector[name] for name in ("text", "salt", "commitment")}


TYPED = ("2500", "2,512.45", " 1,234,567 ", "2 512.5", ".5", "7.", "1,234", "2,5", "1,23,456.0", "1.5.5", "-1", ".", "")


def test_price__as_people_type_it__is_read_as_on_every_other_page(page: Page, url: str) -> None:
    page.goto("/vote/")
    found = page.evaluate(
        """async (all) => {
          const m = await import('/static/pages/vote.js');
          return all.map((text) => m.integer(text)?.toString() ?? null);
        }""",
        list(TYPED),
    )

    def read(text: str) -> str | None:
        try:
            return str(decimal(text))
        except ValueError:
            return None

    assert dict(zip(TYPED, found, strict=True)) == {text: read(text) for text in TYPED}
    assert read("2,512.45") is not None


def test_keccak__any_length__is_pythons(page: Page, url: str) -> None:
    page.goto("/vote/")
    cases = [bytes(range(256))[:length] * times for length in (0, 1, 135, 136, 137, 255) for times in (1, 3)]
    found = page.evaluate(
        """async (all) => {
          const m = await import('/static/pages/keccak.js');
          return all.map((bytes) => [...m.keccak256(Uint8Array.from(bytes))]);
        }""",
        [list(case) for case in cases],
    )
    assert [bytes(each) for each in found] == [keccak(case) for case in cases]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_voting_pages__axe_finds_nothing_and_nothing_sticks_out(
    ballot: Expiry, vera: Any, at: Clock, scheme: str
) -> None:
    for name, size in (("vera", WIDE), ("victor", NARROW)):
        page, _ = vera(name=name, color_scheme=scheme, viewport=size)
        page.goto("/login/?next=/vote/")
        court.button(page).click()
        expect(page.get_by_role("link", name="Vote in ballot 1")).to_be_visible(timeout=20_000)
        look_at(page, f"vote-{size['width']}-{scheme}")
        page.goto("/vote/eth-usd-test/1/")
        look_at(page, f"ballot-{size['width']}-{scheme}")
        page.goto(COMMIT)
        page.get_by_label("The price you vote for").fill("2501")
        make_salt(page)
        court.ready(page)
        look_at(page, f"commit-{size['width']}-{scheme}")
        court.button(page).click()
        expect(page.get_by_role("heading", name="Taken")).to_be_visible()
        look_at(page, f"committed-{size['width']}-{scheme}")
    to_reveal(ballot, at)
    for size in (WIDE, NARROW):
        page, _ = vera(color_scheme=scheme, viewport=size)
        page.goto(REVEAL)
        expect(court.button(page)).to_contain_text("Make the salt")
        look_at(page, f"reveal-{size['width']}-{scheme}")
    assert axe.findings(page) == []
