"""Pages: what stands, what comes next, in numbers that are exact (EXPERIENCE 2)."""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client

from disputes.services import sign_ruling
from oracle import signer
from oracle.models import Act, Expiry
from oracle.services import listing
from oracle.services.opening import open_expiry
from oracle.services.time import pass_time
from protocol import signing
from protocol.terms import Terms
from settlement.models import Series
from tests.cast import ETHER, person
from tests.db.conftest import NOW, SPEC
from tests.web.conftest import OPEN, WINDOW, Clock, queries
from tests.web.story import LIE, PRICE, close_reporting, send_secret_report, to_ballot, to_challenge, to_final

VOID = {"meta", "link", "br", "img", "input", "hr"}


class Strict(HTMLParser):
    """Fails where tags do not nest, and collects what the policy of our pages forbids."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.forbidden: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag not in VOID:
            self.open.append(tag)
        inline = tag == "script" and "src" not in dict(attrs)
        if inline or tag == "style" or any(name == "style" or name.startswith("on") for name, _ in attrs):
            self.forbidden.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag, f"</{tag}> closes something else"

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def read(client: Client, path: str) -> str:
    """The page's text, after looking at its form."""
    response = client.get(path)
    assert response.status_code == 200, path
    page = Strict()
    page.feed(response.content.decode())
    assert page.open == []
    assert page.forbidden == []
    return re.sub(r"\s+", " ", "".join(page.text))


def at_page(expiry: Expiry) -> str:
    return f"/expiries/{expiry.slug}/"


def add_series(expiry: Expiry, strike: int, decimals: int = 18) -> None:
    n = Series.objects.count() * 3
    address, p, n_ = (f"0x{n + i:040x}" for i in (1, 2, 3))
    Series.objects.create(
        address=address, expiry=expiry, strike=strike, collateral="0x" + "00" * 20, decimals=decimals,
        p=p, n=n_, p_symbol=f"P{n}", n_symbol=f"N{n}", created_block=1, created_block_hash="0x" + "00" * 32,
    )  # fmt: skip


def test_expiry_page__scheduled__says_when_it_opens(expiry: Expiry, client: Client, at: Clock) -> None:
    at.now = OPEN - 3_600
    text = read(client, at_page(expiry))
    assert "ETH/USD, 2026-09-22 14:13:20 UTC" in text
    assert "It opens for reports at 2026-09-22 14:13:20 UTC (in 1 h)" in text
    at.now = OPEN + 5
    assert "Its time has come" in read(client, at_page(expiry))


def test_expiry_page__reporting__shows_reports_as_sealed(reporting: Expiry, client: Client) -> None:
    send_secret_report(reporting)
    text = read(client, at_page(reporting))
    assert "1 with 1 ETH so far: not enough yet (at least 3 with 0.3 ETH); reporting closes at" in text
    assert "sealed" in text
    assert "1,234.56" not in text


def test_expiry_page__reporting_with_enough__says_so(reporting: Expiry, client: Client) -> None:
    for name in ("alice", "bob", "mallory", "dave"):
        assert person(name).report(reporting.id, PRICE, ETHER, OPEN + 1).refusal is None
    assert "4 with 4 ETH so far: enough (at least 3 with 0.3 ETH)" in read(client, at_page(reporting))


def test_expiry_page__challenge__shows_the_standing_price_and_what_is_left_to_fill(
    reporting: Expiry, client: Client, at: Clock
) -> None:
    at.now = to_challenge(reporting)
    person("dave").pledge(reporting.id, 1, LIE, ETHER, at.now)
    text = read(client, at_page(reporting))
    assert "2,500.00 becomes final unless a claim against it is filled before" in text
    assert f"(in {WINDOW // 60} min {WINDOW % 60} s)" in text
    assert "2,400.00 3 ETH 1 ETH (33.3 %)2 ETH left to fill" in text


@pytest.mark.usefixtures("voters")
def test_expiry_page__ballot__shows_who_revealed_and_the_tally(
    reporting: Expiry, client: Client, at: Clock
) -> None:
    at.now = to_ballot(reporting)
    assert "Ballot 1: the electorate commits" in read(client, at_page(reporting))
    for name in ("vera", "victor"):
        person(name).commit(reporting.id, 1, PRICE, at.now)
    person("vera").reveal(reporting.id, 1, PRICE, at.now + WINDOW)
    text = read(client, at_page(reporting))
    assert "Electorate 20 ETH; committed 100.0 %, revealed 50.0 %." in text
    assert "Median 2,500.00, 100.0 % of the revealed stake agree" in text


@pytest.mark.usefixtures("voters")
def test_expiry_page__final__shows_price_who_decided_and_the_payoff_of_each_series(
    reporting: Expiry, client: Client
) -> None:
    add_series(reporting, 2_000 * ETHER)
    add_series(reporting, 3_000 * ETHER, decimals=6)
    to_final(reporting)
    page = client.get(at_page(reporting)).content.decode()
    assert '<p class="price">2,500.00</p>' in page
    text = read(client, at_page(reporting))
    assert "The electorate voted for it." in text
    assert "Not proposed for the chain yet." in text
    rows = re.findall(r"<tr><th scope=\"row\" class=\"number\">(.*?)</tr>", page, re.S)
    cells = [re.sub(r"<[^>]+>|\s+", " ", row).split()[:3] for row in rows]
    assert cells == [["2,000.00", "0.8", "0.2"], ["3,000.00", "1", "0"]]


def test_expiry_page__series_at_the_standing_price__says_would(reporting: Expiry, client: Client) -> None:
    add_series(reporting, 2_000 * ETHER)
    assert "is known once a price stands" in read(client, at_page(reporting))
    to_challenge(reporting)
    assert "would redeem for if the standing price" in read(client, at_page(reporting))


def test_expiry_page__nobody_voted__says_that_the_guardians_must_rule_and_who_has_signed(
    reporting: Expiry, client: Client, at: Clock
) -> None:
    at.now = to_ballot(reporting)
    text = read(client, at_page(reporting))
    assert "RULING" in text
    assert "2 of 3 guardians decide, however long it takes" in text
    message = {"expiry": reporting.id, "price": PRICE, "reason": "0x" + "00" * 32}
    signature = signing.sign(person("greta").key, signer.digest("Ruling", message))
    fields = {"price": str(PRICE), "reason": "0x" + "00" * 32, "signature": signature}
    signed = sign_ruling(expiry_id=reporting.id, **fields, now=at.now)
    assert signed.collected == 1
    address = person("greta").address
    assert f"{address[:8]}…{address[-4:]}" in read(client, at_page(reporting))


def test_strip__an_undisputed_price__skipped_the_ballot(reporting: Expiry, client: Client, at: Clock) -> None:
    at.now = to_challenge(reporting) + WINDOW
    pass_time(now=at.now)
    page = client.get(at_page(reporting)).content.decode()
    strip = re.findall(r'<li class="(\w+)"[^>]*>(\w+)<small>', page)
    assert strip == [
        ("done", "Scheduled"), ("done", "Reporting"), ("done", "Challenge"), ("skipped", "Commit"),
        ("skipped", "Reveal"), ("skipped", "Ruling"), ("now", "Final"),
    ]  # fmt: skip
    assert page.count('aria-current="step"') == 1


def test_expiry_page__by_id__leads_to_its_slug(expiry: Expiry, client: Client) -> None:
    response = client.get(f"/expiries/{expiry.id}/")
    assert (response.status_code, response["Location"]) == (301, at_page(expiry))


def test_home__each_kind__is_in_its_place(reporting: Expiry, terms: Terms, client: Client, at: Clock) -> None:
    listing.list_expiry(slug="later", index=reporting.index, expiry_at=OPEN + 9, terms=terms, now=NOW)
    text = read(client, "/")
    assert (
        text.index("Open now") < text.index("eth-usd-test") < text.index("Next Expiry") < text.index("later")
    )
    at.now = to_challenge(reporting) + WINDOW
    pass_time(now=at.now)
    text = read(client, "/")
    assert "Nothing is open." in text
    assert text.index("Final last") < text.index("eth-usd-test")


def test_how__a_newcomer__is_led_there_from_every_page_and_on_from_it(db: None, client: Client) -> None:
    for path in ("/", "/expiries/", "/nothing-here/"):
        assert '<a href="/how/">How it works</a>' in client.get(path).content.decode()
    page = client.get("/how/").content.decode()
    for link in re.findall(r'href="(/[^"]*)"', page[page.index("<main") : page.index("</main>")]):
        assert client.get(unescape(link)).status_code in (200, 302), link


def test_menu__below_one_of_its_pages__marks_it_alone(db: None, client: Client) -> None:
    for path, marked in (("/", []), ("/series/?state=OPEN", ["/series/"]), ("/vote/", ["/vote/"]), ("/how/", [])):
        assert re.findall(r'<a href="([^"]*)" aria-current="page"', client.get(path).content.decode()) == marked


def test_home__nothing_listed__says_so(db: None, client: Client) -> None:
    text = read(client, "/")
    assert "Nothing is open." in text
    assert "No price is final yet." in text
    page = client.get("/").content.decode()
    for link in ("/me/alerts/new/", "/feeds/expiries.atom", "/calendar.ics"):
        assert f'<a href="{link}">' in page[page.index("Final last") : page.index("</main>")]


def test_expiries__by_stage__only_those(reporting: Expiry, terms: Terms, client: Client) -> None:
    listing.list_expiry(slug="later", index=reporting.index, expiry_at=OPEN + 9, terms=terms, now=NOW)
    assert "later" in read(client, "/expiries/")
    text = read(client, "/expiries/?stage=REPORTING")
    assert "eth-usd-test" in text
    assert "later" not in text
    assert client.get("/expiries/?stage=NONE").status_code == 404


@pytest.mark.usefixtures("voters")
def test_transcript_page__final__has_every_act_and_the_head(reporting: Expiry, client: Client) -> None:
    to_final(reporting)
    reporting.refresh_from_db()
    text = read(client, f"/expiries/{reporting.slug}/transcript")
    for act in Act.objects.filter(expiry=reporting).exclude(kind="Final"):
        assert f"#{act.seq} {act.kind}" in text
        assert act.digest in text
    assert reporting.head in text


def test_receipt_page__a_report__in_words_and_nothing_sealed_in_them(
    reporting: Expiry, client: Client, at: Clock
) -> None:
    send_secret_report(reporting)
    path = f"/receipts/{Act.objects.get(kind='Report').digest}/"
    text = read(client, path)
    assert "ExpiryETH/USD at 2026-09-22" in text and "Bond1 ETH" in text
    assert "1,234.567890123456789012" not in text
    close_reporting()
    assert "Price1,234.567890123456789012 USD" in read(client, path)


def test_receipt_page__no_account_signed_it__its_fields_alone(reporting: Expiry, client: Client) -> None:
    text = read(client, f"/receipts/{Act.objects.get(kind='Opened').digest}/")
    assert "field by field" not in text and "value secured" in text


def test_pages__feeds__are_named_for_readers_of_feeds(reporting: Expiry, client: Client) -> None:
    named = re.compile(r'<link rel="alternate" type="application/atom\+xml" title="[^"]+" href="([^"]+)">')
    assert named.findall(client.get("/").content.decode()) == ["/feeds/expiries.atom"]
    found = named.findall(client.get(at_page(reporting)).content.decode())
    assert found == ["/feeds/expiries.atom", f"/feeds/{reporting.slug}.atom"]
    assert [client.get(path).status_code for path in (*found, "/calendar.ics")] == [200, 200, 200]


def test_account_page__with_bonds__says_where_they_are(reporting: Expiry, client: Client) -> None:
    to_challenge(reporting)
    address = person("alice").address
    text = read(client, f"/accounts/{address}/")
    assert "99 ETH" in text
    assert "eth-usd-test1 ETH" in text
    upper = client.get(f"/accounts/0x{address[2:].upper()}/")
    assert (upper.status_code, upper["Location"]) == (301, f"/accounts/{address}/")


@pytest.mark.parametrize(
    "path",
    ["/nothing", "/expiries/none/", "/expiries/none/transcript", "/accounts/0x12/", "/expiries/a%00b/"],
)
def test_page__that_is_not_there__404_that_is_a_page(db: None, client: Client, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 404
    assert "There is nothing at this address" in response.content.decode()


def test_page__our_own_mistake__is_a_page_too(
    db: None, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_: Any) -> None:
        raise RuntimeError("secret of the house")

    monkeypatch.setattr("oracle.selectors.running", fail)
    client.raise_request_exception = False
    response = client.get("/")
    assert response.status_code == 500
    assert "Something failed here" in response.content.decode()
    assert b"secret" not in response.content


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_pages__asked_to_change_something__refuse(reporting: Expiry, client: Client, method: str) -> None:
    for path in ("/", "/expiries/", at_page(reporting)):
        assert getattr(client, method)(path).status_code == 405


def test_pages__spec_with_markup__shows_it_as_text(db: None, terms: Terms, client: Client) -> None:
    spec = {**SPEC, "pair": "<script>alert(1)</script>", "note": "<img src=x onerror=alert(1)>"}
    index = listing.list_index(slug="odd", spec=spec)
    odd = listing.list_expiry(slug="odd", index=index, expiry_at=OPEN, terms=terms, now=NOW)
    for path in ("/", "/expiries/", at_page(odd)):
        assert "<script>alert(1)</script>" in read(client, path)


def test_pages__each__has_the_policy_and_sets_no_cookie(reporting: Expiry, client: Client) -> None:
    for path in ("/", "/expiries/", at_page(reporting), "/nothing"):
        response = client.get(path)
        assert "script-src 'self'" in response["Content-Security-Policy"]
        assert not response.cookies


def test_pages__with_more_rows__cost_no_more_queries(reporting: Expiry, terms: Terms, client: Client) -> None:
    add_series(reporting, ETHER)
    send_secret_report(reporting)
    account = person("alice").address
    paths = [
        "/",
        "/expiries/",
        at_page(reporting),
        at_page(reporting) + "transcript",
        f"/accounts/{account}/",
    ]
    paths[3] = f"/expiries/{reporting.slug}/transcript"
    few = [queries(lambda path=path: read(client, path)) for path in paths]
    for n in range(30):
        other = Terms.from_json({**terms.to_json(), "report_window": str(200 + n)})
        row = listing.list_expiry(
            slug=f"more-{n}", index=reporting.index, expiry_at=OPEN + n, terms=other, now=NOW
        )
        add_series(reporting, (n + 2) * ETHER)
        if n % 2:
            open_expiry(expiry_id=row.id, block=1, value_secured=0, now=OPEN + n)
            person("alice").report(row.id, PRICE, ETHER, OPEN + n)
        person(f"crowd {n}").deposit(ETHER, OPEN + n)
        person(f"crowd {n}").report(reporting.id, PRICE, ETHER, OPEN + n)
    assert [queries(lambda path=path: read(client, path)) for path in paths] == few
