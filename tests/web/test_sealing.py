"""Until reporting closes nobody learns a report's price, evidence or salt, wherever they look (PROTOCOL 7)."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from oracle.models import Act, Expiry
from oracle.services.opening import open_expiry
from protocol.terms import Terms
from tests.cast import ETHER, person
from tests.staff import logged_in, root
from tests.web.conftest import OPEN, WINDOW, Clock
from tests.web.story import EVIDENCE, SALT, SECRET_PRICE, close_reporting, send_secret_report

SECRETS = (str(SECRET_PRICE), f"{SECRET_PRICE:,}", "1,234.56", "1234.56", EVIDENCE, SALT)


def surfaces(expiry: Expiry) -> list[str]:
    """Every address at which a report shows."""
    report = Act.objects.get(kind="Report")
    account = person("alice").address
    return [
        "/api/v1/book",
        "/api/v1/book?after=1",
        "/api/v1/expiries",
        f"/api/v1/expiries/{expiry.id}",
        f"/api/v1/expiries/{expiry.slug}/transcript",
        f"/api/v1/expiries/{expiry.slug}/simulate?price=1",
        f"/api/v1/expiries/{expiry.slug}/finality",
        "/api/v1/events",
        f"/api/v1/accounts/{account}",
        "/",
        "/expiries/",
        f"/expiries/{expiry.slug}/",
        f"/expiries/{expiry.slug}/transcript",
        f"/accounts/{account}/",
        reverse("admin:oracle_act_changelist"),
        reverse("admin:oracle_act_changelist") + f"?q={account}",
        reverse("admin:oracle_act_change", args=[report.pk]),
        reverse("admin:oracle_act_history", args=[report.pk]),
        reverse("admin:oracle_report_changelist"),
        reverse("admin:oracle_report_change", args=[report.pk]),
        reverse("admin:oracle_expiry_change", args=[expiry.pk]),
        reverse("admin:evidence_document_changelist"),
    ]


@pytest.fixture
def superuser(client: Client, db: None) -> None:
    logged_in(root(), client)


@pytest.mark.usefixtures("superuser")
def test_sealed_report__on_every_surface__tells_nothing(
    reporting: Expiry, client: Client, caplog: Any
) -> None:
    caplog.set_level(logging.DEBUG)
    send_secret_report(reporting)
    for path in surfaces(reporting):
        page = client.get(path)
        shown = page.content.decode()
        assert page.status_code == 200, path
        assert [secret for secret in SECRETS if secret in shown] == [], path
    assert [secret for secret in SECRETS if secret in caplog.text] == []


@pytest.mark.usefixtures("superuser")
@pytest.mark.parametrize("secret", [SALT, EVIDENCE, str(SECRET_PRICE)])
def test_sealed_report__searched_for_in_the_admin__is_not_found(
    reporting: Expiry, client: Client, secret: str
) -> None:
    send_secret_report(reporting)
    for model in ("act", "report"):
        page = client.get(reverse(f"admin:oracle_{model}_changelist"), {"q": secret})
        assert page.context["cl"].result_count == 0


@pytest.mark.usefixtures("superuser")
def test_sealed_report__filtered_by_price_in_the_admin__does_not_answer(
    reporting: Expiry, client: Client
) -> None:
    send_secret_report(reporting)
    for query in (
        f"price={SECRET_PRICE}",
        "price__gt=1",
        f"message__price={SECRET_PRICE}",
        "message__contains=1",
    ):
        for model in ("act", "report"):
            page = client.get(reverse(f"admin:oracle_{model}_changelist") + "?" + query)
            # Django sends whoever asks for a lookup that is not allowed away, or back to the list with e=1.
            assert page.status_code in (302, 400), (model, query)


def test_sealed_report__sent_twice_or_refused__the_answer_holds_no_secret(
    reporting: Expiry, api: Any
) -> None:
    act = send_secret_report(reporting)
    other = dict(act, signatures=[act["signatures"][0][:-2] + "1d"])  # type: ignore[index]
    for body in (act, other):
        answer = api(body).content.decode()
        assert [secret for secret in SECRETS if secret in answer] == []


@pytest.mark.usefixtures("superuser")
def test_report__once_reporting_has_closed__is_published_everywhere(
    reporting: Expiry, client: Client
) -> None:
    send_secret_report(reporting)
    for name in ("bob", "carol"):
        person(name).report(reporting.id, SECRET_PRICE, ETHER, OPEN + 1)
    close_reporting()
    document = client.get(f"/api/v1/expiries/{reporting.slug}/transcript").json()
    assert document["sealed"] is False
    shown = [act["message"] for act in document["acts"] if act["kind"] == "Report"][0]
    assert (shown["price"], shown["evidence"], shown["salt"]) == (str(SECRET_PRICE), EVIDENCE, SALT)
    entry = [e for e in client.get("/api/v1/book").json()["entries"] if e["kind"] == "Report"][0]
    assert (entry["sealed"], entry["message"]) == (False, shown)


def test_report__deadline_passed_but_nobody_has_looked__stays_sealed(
    reporting: Expiry, client: Client, at: Clock
) -> None:
    send_secret_report(reporting)
    at.now = OPEN + WINDOW + 5
    assert str(SECRET_PRICE) not in client.get("/api/v1/book").content.decode()


def test_report__in_an_extension__stays_sealed(expiry: Expiry, terms: Terms, client: Client) -> None:
    from oracle.services import listing
    from oracle.services.time import pass_time

    again = Terms.from_json({**terms.to_json(), "report_extensions": "1"})
    extended = listing.list_expiry(
        slug="extended", index=expiry.index, expiry_at=OPEN, terms=again, now=OPEN - 1
    )
    person("alice").deposit(2 * ETHER, OPEN - 1)
    open_expiry(expiry_id=extended.id, block=1, value_secured=0, now=OPEN)
    send_secret_report(extended)
    pass_time(now=OPEN + WINDOW)
    extended.refresh_from_db()
    assert (extended.stage, extended.extensions) == ("REPORTING", 1)
    for path in ("/api/v1/book", f"/api/v1/expiries/{extended.slug}/transcript"):
        assert str(SECRET_PRICE) not in client.get(path).content.decode()
