"""A grid of series from its proposal to its redemption, on a real chain, as the desk shows it to two people.

The operator sits before a wide screen, the approver holds a phone; both see each step.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from desk import addresses
from operators.models import Proposal
from operators.roles import Role
from oracle.models import Expiry
from oracle.services.time import pass_time
from settlement.chain.contracts import Series as Contract
from settlement.models import Publication, Series
from settlement.services.opening import open_due
from settlement.services.publishing import publish
from settlement.services.series_index import index_series
from tests.browser.conftest import NARROW, Clock
from tests.browser.test_desk_work import Enter, approve, dry_run, enter, find, look, propose, sees
from tests.cast import ETHER, person
from tests.chain.conftest import FINALITY, World, deployed, node, world
from tests.chain.proposals import to_the_end

__all__ = ["deployed", "enter", "node", "world"]
SLUG, STRIKES = "btc-usd-2026-12-25", ("2000", "2500", "3000")
PRICE, LIE = 2_500 * ETHER, 2_400 * ETHER
WINDOW = 60
TITLE = "List series at a grid of strikes"


@pytest.fixture
def staff(enter: Enter, world: World, at: Clock) -> tuple[Page, Page]:
    """Windows of an operator and an approver, as of the chain's time."""
    at.now = world.node.now()
    narrow = enter("grace", Role.APPROVER, viewport=NARROW, color_scheme="dark")
    return enter("ada", Role.OPERATOR), narrow


def test_grid__proposed_and_approved__expires_is_disputed_and_redeemed_under_the_desks_eyes(
    staff: tuple[Page, Page], world: World, at: Clock
) -> None:
    expiry = world.list_expiry(SLUG)
    listed_by_two(staff, expiry, world)
    open_page(staff, addresses.page(expiry))
    both_see(staff, "It is SCHEDULED", "scheduled")
    series_are(staff[0], "OPEN")
    deposit_and_split(world)

    at.now = now = world.pass_expiry(expiry)
    open_due(now=now)
    both_see(staff, "It is in REPORTING", "reporting")
    series_are(staff[0], "WAITING")
    at.now = now = disputed(staff, expiry, at, now)
    both_see(staff, "Final in the book, and waits for the attestors' signatures.", "waits")
    series_are(staff[0], "SETTLED")

    publication = world.propose(now)
    followed_to_the_chain(staff, publication, world, now)
    open_page(staff, addresses.page(expiry))
    both_see(staff, "The oracle contract answers with this price, in a block deep enough: settle.", "settle")
    series_are(staff[0], "REDEEMABLE")
    redeem(world)
    index_series(now=now)
    both_see(staff, "It is FINAL: the price stands for ever, and bonds are paid.", "redeemed")
    series_are(staff[0], "REDEEMED")


def listed_by_two(staff: tuple[Page, Page], expiry: Expiry, world: World) -> None:
    """From the expiry's page; each strike stands in the dry run, before both of them."""
    one, two = staff
    one.goto(addresses.page(expiry))
    one.get_by_role("link", name="Propose a strike grid").click()
    dry_run(one, {"strikes": "2000:3000:500"}, "grid-form-wide-light")
    each_strike(one)
    look(one, "grid-dry-run-wide-light", keep=True)
    propose(one)
    find(two, TITLE)
    each_strike(two)
    look(two, "grid-proposal-narrow-dark", keep=True)
    approve(two)
    assert to_the_end(world, proposal := Proposal.objects.get()) == "3 series created"
    open_page(staff, addresses.page(proposal))
    both_see(staff, "It is over: 3 series created.", "grid-listed")


def each_strike(page: Page) -> None:
    """And the address that each would have."""
    rows = page.get_by_role("region", name="Changes").get_by_role("row")
    for strike in STRIKES:
        expect(rows.filter(has_text=f"strike {strike}").filter(has_text="0x")).to_have_count(1)


def series_are(page: Page, state: str) -> None:
    """Each of the grid, as the expiry's page shows it."""
    for series in Series.objects.all():
        row = page.get_by_role("row").filter(has=page.get_by_role("link", name=series.address))
        expect(row).to_contain_text(state)


def deposit_and_split(world: World) -> None:
    """Those who will act have ether in the book, and somebody holds P and N of each series."""
    for name in ("alice", "carol"):
        person(name).deposit(10 * ETHER, world.node.now())
    for series in Series.objects.all():
        world.holder().send(Contract(world.client, series.address).call("split", 6, value=6))


def disputed(staff: tuple[Page, Page], expiry: Expiry, at: Clock, now: int) -> int:
    """A lie is reported; a claim against it is filled, and nobody answers: final by silence. When that is."""
    assert person("alice").report(expiry.id, LIE, ETHER, now + 1).refusal is None
    at.now = now = now + WINDOW
    pass_time(now=now)
    both_see(staff, "2,400.00 becomes final unless a claim against it is filled before", "challenge")
    assert person("carol").pledge(expiry.id, 1, PRICE, 5 * ETHER, now + 1).refusal is None
    at.now = now + 2
    both_see(staff, "2,500.00 becomes final unless a claim against it is filled before", "answered")
    expect(staff[0].get_by_role("row").filter(has_text="FILLED")).to_contain_text("2,500.00")
    at.now = now = now + 1 + WINDOW
    pass_time(now=now)
    expiry.refresh_from_db()
    assert (expiry.price, expiry.decided_by) == (PRICE, "silence")
    return now


def followed_to_the_chain(
    staff: tuple[Page, Page], publication: Publication, world: World, now: int
) -> None:
    """Signed, sent, mined, final: each by the words of its page."""
    open_page(staff, addresses.page(publication))
    both_see(staff, "too few attestors have signed them yet", "planned")
    world.sign(publication, 0, 1, 2, now=now)
    both_see(staff, "Enough attestors have signed", "signed")
    publish(now=now)
    both_see(staff, "Its transaction is stored and sent; no block has it yet.", "sent")
    publish(now=now)
    both_see(staff, "The oracle has its prices", "mined")
    world.bury()
    publish(now=now)
    both_see(staff, "Every series can read its prices, for ever.", "published")


def redeem(world: World) -> None:
    """All P and N of each series, in blocks that are final."""
    for series in Series.objects.all():
        call = Contract(world.client, series.address).call("redeem", 6, 6, world.holder().address)
        world.holder().send(call)
    world.node.mine(FINALITY)


def open_page(staff: tuple[Page, Page], address: str) -> None:
    """In both windows."""
    for page in staff:
        page.goto(address)


def both_see(staff: tuple[Page, Page], words: str, name: str) -> None:
    """On the page that they have open, after a look again; nothing sticks out, axe finds nothing."""
    for page, size in zip(staff, ("wide-light", "narrow-dark"), strict=True):
        sees(page, words)
        look(page, f"grid-{name}-{size}", keep=f"{name}-{size}" == "settle-wide-light")
