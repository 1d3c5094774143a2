"""Evidence as a person adds it to a report, and as others read it once reporting has closed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from evidence.models import Document
from oracle.models import Act, Expiry
from protocol.canonical import json_hash
from protocol.evidence_files import file_hash
from tests.browser import axe, court
from tests.browser.conftest import NARROW, WIDE
from tests.browser.test_reading import sticks_out
from tests.browser.wallet import Wallet
from tests.cast import ETHER, person
from tests.web.conftest import OPEN, WINDOW, Clock
from tests.web.story import PRICE, close_reporting

PNG = b"\x89PNG\r\n\x1a\n" + bytes(2000)
SEEN = "Kraken, 2026-09-22 14:13:20, 2500.25\nKraken, 2026-09-22T14:12Z, 2499\nCoinbase, 2026-09-22 14:13:20 UTC, 2501"


def fill(page: Page, expiry: Expiry, folder: Path) -> None:
    """The whole form, with one file whose name no document may have."""
    picture = folder / "my screen (1).png"
    picture.write_bytes(PNG)
    page.goto(f"/expiries/{expiry.slug}/report/")
    page.get_by_label("Price").fill("2500")
    page.get_by_text("Add evidence").click()
    page.get_by_label("In words").fill("Both venues.\n<b>Look</b> \u2028 € \U0001f680")
    page.get_by_label("Links").fill("https://a.example/x?y=1\n\n https://b.example ")
    page.get_by_label("Observations").fill(SEEN)
    page.get_by_label("Files").set_input_files(picture)
    expect(page.locator("#file-list")).to_contain_text("my-screen-1.png, image/png, 2008 bytes")
    court.ready(page)


def test_report_with_evidence__is_sealed_then_read_by_all(
    reporting: Expiry, page: Page, wallet: Wallet, at: Clock, tmp_path: Path
) -> None:
    fill(page, reporting, tmp_path)
    assert axe.findings(page) == []
    hash_ = court.lines(page)["evidence"]
    for size in (NARROW, WIDE):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        assert sticks_out(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    court.button(page).click()
    expect(page.locator("#status")).to_contain_text("Its evidence was handed in.")
    given = court.receipt(page)
    kept = Document.objects.get()
    assert Act.objects.get(kind="Report").message["evidence"] == hash_ == kept.hash == json_hash(kept.document)
    assert given["evidence"] == kept.document
    assert kept.document["words"] == "Both venues.\n<b>Look</b> \u2028 € \U0001f680"
    assert kept.document["links"] == ["https://a.example/x?y=1", "https://b.example"]
    assert kept.document["files"][0]["hash"] == file_hash(PNG)
    assert not page.evaluate("Object.keys(localStorage).filter((key) => /draft|signed/.test(key)).length")
    for name in ("bob", "carol"):
        person(name).report(reporting.id, PRICE, ETHER, OPEN + 2)
    page.goto(f"/expiries/{reporting.slug}/")
    expect(page.locator("section[aria-labelledby=evidence]")).to_contain_text("Sealed with the reports")
    close_reporting()
    at.now = OPEN + WINDOW + 1
    page.goto(f"/expiries/{reporting.slug}/")
    section = page.locator("section[aria-labelledby=evidence]")
    expect(section).to_contain_text("<b>Look</b>")
    expect(page.locator("section[aria-labelledby=compare] polyline.source")).to_have_count(1)
    expect(page.locator("section[aria-labelledby=compare]")).to_contain_text("Coinbase")
    assert axe.findings(page) == []
    with page.expect_download() as started:
        section.get_by_role("link", name="my-screen-1.png").click()
    assert Path(started.value.path()).read_bytes() == PNG
    section.get_by_role("link", name="a.example").click()
    expect(page.locator("main")).to_contain_text("https://a.example/x?y=1")
    away = page.get_by_role("link", name="Go to a.example")
    assert (away.get_attribute("href"), away.get_attribute("rel")) == (
        "https://a.example/x?y=1", "noopener noreferrer nofollow",
    )  # fmt: skip


def test_service__answers_with_other_evidence__nothing_can_be_signed(
    reporting: Expiry, page: Page, wallet: Wallet, tmp_path: Path
) -> None:
    lie: dict[str, Any] = {"evidence": "0x" + "66" * 32}

    def change(route: Route) -> None:
        if route.request.method != "POST":
            return route.continue_()
        answer = route.fetch()
        made = answer.json()
        for message in (made.get("message"), made.get("typed_data", {}).get("message")):
            if message:
                message |= lie
        return route.fulfill(response=answer, json=made)

    page.route("**/report/", change)
    page.goto(f"/expiries/{reporting.slug}/report/")
    page.get_by_label("Price").fill("2500")
    expect(court.why(page)).to_contain_text("other evidence than yours")
    expect(court.button(page)).to_be_disabled()
    assert wallet.signed == []


@pytest.mark.parametrize("field, typed, said", [
    ("links", "javascript:alert(1)", "http or https"),
    ("observations", "Kraken, yesterday, 2500", "Line 1: write the instant"),
    ("observations", "Kraken, 2026-09-22 14:13:20, 2,500", "Line 1: write source, UTC instant, price"),
    ("observations", "<b>, 2026-09-22 14:13:20, 2500", "source"),
    ("words", "turned \u202e around", "control characters"),
])  # fmt: skip
def test_evidence__not_in_form__said_at_its_field(
    reporting: Expiry, page: Page, wallet: Wallet, field: str, typed: str, said: str
) -> None:
    page.goto(f"/expiries/{reporting.slug}/report/")
    page.get_by_label("Price").fill("2500")
    page.get_by_text("Add evidence").click()
    page.locator(f"#id_{field}").fill(typed)
    expect(court.error_of(page, field)).to_contain_text(said)
    expect(court.button(page)).to_be_disabled()


def test_evidence__not_taken_at_first__is_handed_in_again(
    reporting: Expiry, page: Page, wallet: Wallet, tmp_path: Path
) -> None:
    fill(page, reporting, tmp_path)
    page.route("**/api/v1/evidence", lambda route: route.abort(), times=1)
    court.button(page).click()
    expect(court.problem(page)).to_contain_text("The act was taken; its evidence was not")
    page.reload()
    page.get_by_role("button", name="Send the same again").click()
    expect(page.locator("#status")).to_contain_text("Its evidence was handed in.")
    assert Document.objects.get().hash == Act.objects.get(kind="Report").message["evidence"]
    assert wallet.count("eth_signTypedData_v4") == 1


def test_file__that_is_not_what_it_says__refused_before_anything_is_signed(
    reporting: Expiry, page: Page, wallet: Wallet, tmp_path: Path
) -> None:
    page.goto(f"/expiries/{reporting.slug}/report/")
    page.get_by_label("Price").fill("2500")
    page.get_by_text("Add evidence").click()
    bad = (("a.png", b"<svg/>", "no image/png"), ("a.html", b"<p>", "files end in"), ("a.txt", b"\xff", "UTF-8"))
    for name, content, said in bad:
        (tmp_path / name).write_bytes(content)
        page.get_by_label("Files").set_input_files(tmp_path / name)
        expect(court.error_of(page, "entries")).to_contain_text(said)
        expect(court.button(page)).to_be_disabled()
