"""The admin shows everything, to staff alone. That it changes nothing is in tests/web/test_crawl.py."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.utils import quote
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from disputes.models import RulingSignature
from oracle.models import Act, Expiry
from oracle.services.time import beat
from tests.cast import person
from tests.staff import logged_in, root
from tests.web.conftest import OPEN, queries
from tests.web.story import send_secret_report, to_ballot, to_final

OURS = ("operators", "ledger", "oracle", "disputes", "settlement")
MODELS = [model for name in OURS for model in apps.get_app_config(name).get_models()]

def name_of(model: type[Model]) -> str:
    return f"{model._meta.app_label}_{model._meta.model_name}"

@pytest.fixture
def superuser(client: Client, db: None) -> None:
    logged_in(root(), client)


@pytest.fixture
def story(voters: None, reporting: Expiry) -> Expiry:
    """An expiry with rows in most tables."""
    beat(now=OPEN)
    person("vera").unstake(1, OPEN)
    to_ballot(reporting)
    RulingSignature.objects.create(
        expiry=reporting, digest="0x", price=1, reason="0x", guardian="0x", signature="0x", at=OPEN
    )
    return reporting

@pytest.mark.parametrize("model", MODELS, ids=name_of)
def test_admin__each_of_our_models__is_listed_and_shows_its_rows(
    model: type[Model], story: Expiry, superuser: None, client: Client
) -> None:
    if model not in admin.site._registry:
        # What has no list of its own shows inside the row that it belongs to.
        inlines = [inline.model for each in admin.site._registry.values() for inline in each.inlines]
        assert model in inlines
        return
    assert client.get(reverse(f"admin:{name_of(model)}_changelist")).status_code == 200
    for row in model._default_manager.all()[:3]:
        page = client.get(reverse(f"admin:{name_of(model)}_change", args=[quote(row.pk)]))
        assert page.status_code == 200
        assert b'name="_save"' not in page.content

def test_admin__nobody_logged_in__sees_nothing(story: Expiry, client: Client) -> None:
    for model in MODELS:
        if model in admin.site._registry:
            page = client.get(reverse(f"admin:{name_of(model)}_changelist"))
            assert page.status_code == 302
            assert "/admin/login/" in page["Location"]

@pytest.mark.usefixtures("superuser")
def test_admin__act_lists_with_more_rows__cost_no_more_queries(reporting: Expiry, client: Client) -> None:
    paths = [reverse(f"admin:oracle_{model}_changelist") for model in ("act", "report", "expiry", "claim")]
    send_secret_report(reporting)
    few = [queries(lambda path=path: client.get(path)) for path in paths]
    for n in range(30):
        person(f"crowd {n}").deposit(10**18, OPEN + 1)
        person(f"crowd {n}").report(reporting.id, 2500 * 10**18, 10**18, OPEN + 1)
    assert [queries(lambda path=path: client.get(path)) for path in paths] == few

@pytest.mark.usefixtures("superuser", "voters")
def test_admin__once_final__shows_the_price_of_each_report(reporting: Expiry, client: Client) -> None:
    to_final(reporting)
    page = client.get(reverse("admin:oracle_report_changelist")).content.decode()
    assert str(2400 * 10**18) in page
    assert ">sealed<" not in page


@pytest.mark.usefixtures("superuser")
def test_admin__acts_searched__by_account_digest_and_expiry(story: Expiry, client: Client) -> None:
    def found(term: str) -> set[str]:
        page = client.get(reverse("admin:oracle_act_changelist"), {"q": term})
        return {act.digest for act in page.context["cl"].result_list}

    of_expiry = set(Act.objects.filter(expiry=story).values_list("digest", flat=True))
    of_vera = set(Act.objects.filter(account=person("vera").address).values_list("digest", flat=True))
    assert found(story.slug) == found(f" {story.slug} ") == found(story.id) == of_expiry
    assert found(person("vera").address) == of_vera
    assert of_expiry and of_vera and of_expiry != of_vera
    assert found(min(of_vera)) == {min(of_vera)}
    assert found(story.slug[:-1]) == found("nothing of ours") == set()
