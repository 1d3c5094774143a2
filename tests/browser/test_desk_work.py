"""Work at the desk: found in the queue, understood on its page, proposed by one person and approved by another."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import BrowserContext, Page, expect

from desk import addresses
from desk.kinds import KINDS
from operators.roles import Role
from operators.services import proposals
from operators.services.accounts import give
from oracle.models import Expiry
from oracle.services.opening import open_expiry
from oracle.services.time import pass_time
from settlement.alarms import AlarmKind, raise_alarm
from settlement.models import Alarm, ChainState, ChainTransaction, Publication
from settlement.services.bumping import STUCK_BUMPS
from settlement.services.publishing import publish
from settlement.stages import TransactionState
from tests.browser import axe
from tests.browser.conftest import NARROW, WIDE, Clock
from tests.browser.test_desk import at_the_desk
from tests.browser.test_reading import sticks_out
from tests.cast import ETHER, person
from tests.chain.conftest import CONFIRMATION, World, deployed, node, world
from tests.chain.test_bumping import BUMP
from tests.chain.test_bumping import stuck as on_chain
from tests.db.conftest import GUARDIANS, NOW, SPEC
from tests.two_people import carry_out
from tests.web.conftest import OPEN, WINDOW
from tests.web.story import dispute, to_ballot, to_challenge, vote
from tests.web.test_queue import stuck

__all__ = ["deployed", "node", "on_chain", "world"]
PICTURES = os.environ.get("SCREENS")
Enter = Callable[..., Page]
SLUG = "eth-usd-2026"


@pytest.fixture
def enter(open_context: Callable[..., BrowserContext], url: str) -> Enter:
    """A window of an operator or an approver, by name."""

    def made(name: str, role: Role, **options: Any) -> Page:
        person, _ = User.objects.get_or_create(username=name, is_staff=True)
        give(person, role)
        return at_the_desk(open_context(**options), url, person)

    return made


@pytest.fixture
def busy(voters: None, reporting: Expiry, at: Clock) -> Expiry:
    """A ruling that waits, a transaction that is stuck with its alarm, nodes that disagree."""
    now = to_ballot(reporting)
    for _ in range(6):  # nobody votes, in three ballots
        now += WINDOW
        pass_time(now=now)
    at.now = now + 5
    paid = {
        "max_fee": 30 * 10**9,
        "tip": 10**9,
        "gas": 100_000,
        "answer": "ALREADY_KNOWN",
        "signed_at": now - 3_900,
    }
    row = stuck(attempt=paid, reason="its fee is above the ceiling", created_at=now - 4_000)
    Publication.objects.create(created_at=now - 4_100, reason="its transaction is in no block")
    raise_alarm(
        AlarmKind.PUBLICATION_STUCK, row.purpose, "nonce 1 is in no block after 7 attempts", now=now - 900
    )
    raise_alarm(AlarmKind.CLOCKS_APART, "", "the newest block is 400 s old", now=now - 300)
    ChainState.objects.create(
        id=1,
        looked_at=at.now,
        good_at=at.now,
        nodes=3,
        agreeing=2,
        signer=row.sender,
        signer_wei=ETHER // 100,
        signer_at=at.now,
    )
    reporting.refresh_from_db()
    return reporting


def look(page: Page, name: str, *, keep: bool = False) -> None:
    """Nothing sticks out, axe finds nothing serious; a picture where SCREENS names a folder."""
    if PICTURES and keep:
        Path(PICTURES).mkdir(parents=True, exist_ok=True)
        page.evaluate("scrollTo(0, 0)")
        page.screenshot(path=Path(PICTURES) / f"desk-{name}.jpg", type="jpeg", quality=45, full_page=True)
    assert sticks_out(page) == [], name
    assert axe.findings(page) == [], name


def test_stuck_transaction__its_alarm_is_found_in_the_queue__is_resolved_by_two_people(
    world: World, on_chain: tuple[Publication, int], enter: Enter, at: Clock
) -> None:
    publication, now = on_chain
    purpose = f"publication:{publication.pk}"
    at.now = now = now + STUCK_BUMPS * BUMP
    publish(now=now)
    one = enter("ada", Role.OPERATOR)
    one.goto("/admin/")
    expect(one.get_by_role("heading", name="Transactions stuck")).to_be_visible()
    one.get_by_role("link", name=f"publication_stuck {purpose}", exact=True).click()
    expect(one.get_by_text("a transaction of ours gets into no block")).to_be_visible()
    look(one, "alarm-wide-light", keep=True)
    one.get_by_role("link", name="What to do").click()
    expect(one.get_by_role("heading", name="publication_stuck")).to_be_visible()
    look(one, "runbook")
    one.go_back()
    one.get_by_role("link", name=f"Transaction for {purpose}").click()
    expect(one.get_by_text("enough for the next block")).to_be_visible()
    look(one, "transaction-wide-light", keep=True)
    one.get_by_role("link", name="Propose to cancel it").click()
    one.get_by_role("button", name="Dry run").click()
    expect(one.get_by_text("Nothing has been written yet.")).to_be_visible()
    look(one, "dry-run-wide-light", keep=True)
    one.get_by_label("Why").fill("It waits for ten minutes, and the prices behind it are wanted.")
    one.get_by_role("button", name="Propose it").click()
    expect(one.get_by_text("Somebody else has to approve it").first).to_be_visible()
    expect(one.get_by_role("button", name="Approve it")).to_have_count(0)

    two = enter("grace", Role.APPROVER)
    two.goto("/admin/")
    section = two.locator("section", has_text="Proposals that wait for me")
    section.get_by_role("link", name="Cancel a stuck transaction").click()
    expect(two.get_by_text("ada wants it because")).to_be_visible()
    look(two, "proposal-wide-light", keep=True)
    two.get_by_role("button", name="Approve it").click()
    expect(two.get_by_text("The worker looks again whether it still is the same")).to_be_visible()

    proposals.carry_out(KINDS, signs=True, now=now + 1)
    world.node.rpc("evm_setAutomine", True)
    world.node.mine(CONFIRMATION + 1)
    publish(now=now + 2)
    publish(now=now + 3)
    at.now = now + 3
    assert ChainTransaction.objects.earliest("nonce").state == TransactionState.CANCELLED
    sees(two, "It is over: sent under nonce")
    one.goto("/admin/")
    expect(one.get_by_text("no transaction is stuck")).to_be_visible()
    expect(one.get_by_text(f"publication_stuck {purpose}")).to_have_count(0)
    one.goto(addresses.page(Alarm.objects.get(kind=AlarmKind.PUBLICATION_STUCK)))
    expect(one.get_by_text("It is over: a block has it.").first).to_be_visible()


@pytest.mark.parametrize("scheme, size", [("dark", NARROW), ("light", WIDE)], ids=["narrow", "wide"])
def test_desk__each_of_its_own_pages__axe_finds_nothing_and_nothing_sticks_out(
    busy: Expiry, enter: Enter, scheme: str, size: Any
) -> None:
    page = enter("ada", Role.OPERATOR, color_scheme=scheme, viewport=size)
    word = f"{'narrow' if size is NARROW else 'wide'}-{scheme}"
    page.goto("/admin/")
    look(page, f"queue-{word}", keep=True)
    page.goto(addresses.page(busy))
    expect(page.get_by_text("python -m reporter rule sign").first).to_be_visible()
    look(page, f"expiry-{word}", keep=True)
    for row in (ChainTransaction.objects.get(), Publication.objects.get()):
        page.goto(addresses.page(row))
        look(page, f"{row._meta.model_name}-{word}")
    page.goto(addresses.new_proposal())
    look(page, f"kinds-{word}", keep=size is WIDE)
    page.goto(addresses.new_proposal("cancel_transaction", transaction=7))
    page.get_by_role("button", name="Dry run").click()
    expect(page.get_by_role("alert")).to_have_text("Not possible: there is no transaction 7.")
    look(page, f"refused-{word}")


def test_queue__while_somebody_looks__is_asked_anew_and_stays_where_they_are(
    busy: Expiry, enter: Enter
) -> None:
    page = enter("ada", Role.OPERATOR)
    page.goto("/admin/")
    raise_alarm(AlarmKind.NO_BEAT, "", "the last beat was long ago", now=OPEN)
    page.evaluate("htmx.trigger('#queue', 'again')")
    expect(page.get_by_text("the last beat was long ago")).to_be_visible()


def test_index_and_expiry__listed_by_two_people__reported_disputed_voted_on_and_final(
    enter: Enter, at: Clock, db: None
) -> None:
    at.now = NOW
    one, two = enter("ada", Role.OPERATOR), enter("grace", Role.APPROVER)
    agree(one, two, "List an index", {"slug": "eth-usd", "spec": json.dumps(SPEC)})
    carry_out(NOW + 1)
    windows = {
        f"{word}_window": str(WINDOW) for word in ("report", "challenge", "commit", "reveal", "ruling")
    }
    guardians = " ".join(person(name).address for name in GUARDIANS)
    typed = {"slug": SLUG, "index": "eth-usd", "expiry_at": str(OPEN), "guardians": guardians, **windows}
    agree(one, two, "List an expiry", {**typed, "report_extensions": "0"})
    carry_out(NOW + 1)
    row = Expiry.objects.get()
    assert (row.expiry_at, row.stage) == (OPEN, "SCHEDULED")

    at.now = OPEN - 600
    one = enter("ada", Role.OPERATOR)  # sessions of the day before have ended
    one.goto("/admin/")
    soon = one.locator("section", has_text="Expiries in the next 24 hours")
    soon.get_by_role("link", name=SLUG, exact=True).click()
    expect(one.get_by_text("It is SCHEDULED")).to_be_visible()
    for name in ("alice", "bob", "carol", "dave", "mallory", "vera", "victor"):
        person(name).deposit(100 * ETHER, NOW)
    for name in ("vera", "victor"):
        assert person(name).stake(10 * ETHER, NOW).refusal is None
    open_expiry(expiry_id=row.id, block=1, value_secured=0, now=OPEN)
    at.now = now = to_challenge(row)
    sees(one, "2,500.00 becomes final unless a claim against it is filled before")
    dispute(row, now)
    at.now = now + 2
    sees(one, "claims have grown to the arbitration bond, so staked accounts vote")
    at.now = vote(row, now + 2) + 1
    sees(one, "It is FINAL: the price stands for ever, and bonds are paid.")
    expect(one.get_by_role("table").filter(has_text="payout").first).to_be_visible()
    look(one, "final-wide-light")


def agree(one: Page, two: Page, title: str, typed: dict[str, str]) -> None:
    """Proposed in one window, found in the other one's queue, approved there."""
    one.goto("/admin/")
    one.get_by_role("link", name="New proposal").click()
    one.get_by_role("link", name=title, exact=True).click()
    dry_run(one, typed, f"form-{title.split()[-1]}-wide-light", keep=title == "List an expiry")
    propose(one)
    find(two, title)
    approve(two)


def dry_run(page: Page, typed: dict[str, str], name: str, *, keep: bool = False) -> None:
    """The form of a proposal, filled in."""
    for field, text in typed.items():
        page.locator(f"[name={field}]").fill(text)
    look(page, name, keep=keep)
    page.get_by_role("button", name="Dry run").click()
    expect(page.get_by_text("Nothing has been written yet.")).to_be_visible()


def propose(page: Page) -> None:
    """What the dry run shows."""
    page.get_by_label("Why").fill("It is asked for.")
    page.get_by_role("button", name="Propose it").click()
    expect(page.get_by_text("nobody has approved it yet")).to_be_visible()


def find(page: Page, title: str) -> None:
    """The proposal that waits for whoever looks."""
    page.goto("/admin/")
    page.locator("section", has_text="Proposals that wait for me").get_by_role("link", name=title).click()


def approve(page: Page) -> None:
    """The proposal that is shown."""
    page.get_by_role("button", name="Approve it").click()
    expect(page.get_by_text("Approved.")).to_be_visible()


def sees(page: Page, words: str) -> None:
    """On the same page, after a look again."""
    page.reload()
    expect(page.get_by_text(words).first).to_be_visible()
