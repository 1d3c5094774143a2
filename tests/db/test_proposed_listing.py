"""Two operators list an index or an expiry: they see all of it, and nothing else is listed than what they saw."""

from __future__ import annotations

from typing import Any

import pytest

from desk.kinds import KINDS
from operators.kinds import NotPossible
from operators.models import Proposal
from operators.services.proposals import HOLD_SECONDS
from oracle import signer
from oracle.models import Expiry, Index
from oracle.services import listing
from protocol.terms import Terms
from tests.cast import person
from tests.db.conftest import SPEC
from tests.two_people import agree, carry_out, decide, outcome, plan

pytestmark = pytest.mark.django_db
NOW = 1_790_000_000
INSTANT = NOW + 86_400
GUARDIANS = [person(name).address for name in ("gus", "gina", "greta")]


def told(kind: str, details: dict[str, Any], now: int = NOW) -> dict[str, tuple[str, str]]:
    return {change.what: (change.before, change.after) for change in plan(kind, details, now).changes}


@pytest.fixture
def index(db: None) -> Index:
    return listing.list_index(slug="eth-usd", spec=SPEC)


def wanted(on: Index, /, **other: Any) -> dict[str, Any]:
    details = {"slug": "eth-usd-friday", "index": on.id, "expiry_at": INSTANT, "guardians": GUARDIANS}
    return {**details, "terms": {"report_window": "3600"}, **other}


def test_index__the_first__is_shown_field_by_field_and_listed() -> None:
    details = {"slug": "eth-usd", "spec": SPEC}
    shown = told("list_index", details)
    assert shown["version"] == ("none", "1")
    assert shown["min_price"] == ("", str(SPEC["min_price"]))
    assert {"version", "id", *SPEC} == {name.split(".")[0] for name in shown}
    said = decide("list_index", details, NOW)
    listed = Index.objects.get()
    assert (listed.slug, listed.version, listed.spec) == ("eth-usd", 1, SPEC)
    assert said == f"listed as eth-usd v1, {listed.id}"
    assert shown["id"] == ("none", listed.id)


def test_index__another_version__shows_only_what_differs(index: Index) -> None:
    newer = {**SPEC, "tick": "5", "note": {"why": "coarser"}}
    shown = told("list_index", {"slug": "eth-usd", "spec": newer})
    assert shown.pop("id")[0] == index.id
    assert shown == {
        "version": ("1", "2"),
        "tick": (str(SPEC.get("tick", "")), "5"),
        "note": ("", '{"why":"coarser"}'),
    }
    assert decide("list_index", {"slug": "eth-usd", "spec": newer}, NOW).startswith("listed as eth-usd v2")
    with pytest.raises(NotPossible, match="exactly this spec is listed already, as eth-usd v1"):
        plan("list_index", {"slug": "other", "spec": SPEC}, NOW)


@pytest.mark.parametrize(
    ("details", "why"),
    [
        ({"slug": "", "spec": SPEC}, "slug"),
        ({"slug": "a b", "spec": SPEC}, "the slug a b"),
        ({"slug": "x" * 51, "spec": SPEC}, "at most 50 characters"),
        ({"slug": 7, "spec": SPEC}, "slug: must be a text"),
        ({"slug": "x", "spec": []}, "must be an object"),
        ({"slug": "x", "spec": {}}, "min_price"),
        ({"slug": "x", "spec": {**SPEC, "tick": 0}}, "tick"),
        ({"slug": "x", "spec": {**SPEC, "weight": 0.5}}, "float"),
    ],
)
def test_index__that_could_not_be_listed__is_not_proposed(details: dict[str, Any], why: str) -> None:
    with pytest.raises(NotPossible, match=why):
        agree("list_index", details, NOW)
    assert not Proposal.objects.exists()


def test_index__another_version_came_in_between__is_not_done(index: Index) -> None:
    """What they saw was the difference to version 1."""
    proposal = agree("list_index", {"slug": "eth-usd", "spec": {**SPEC, "tick": "5"}}, NOW)
    listing.list_index(slug="eth-usd", spec={**SPEC, "tick": "7"})
    carry_out(NOW)
    assert outcome(proposal) == "not done: it would do something else by now than what was approved"
    assert Index.objects.count() == 2


def test_expiry__shows_its_times_and_terms_and_is_listed(index: Index) -> None:
    details = wanted(index)
    shown = told("list_expiry", details)
    assert {name: after for name, (before, after) in shown.items() if before == "none"} == {
        "id": shown["id"][1],
        "index": f"eth-usd v1, {index.id}",
        "instant": "2026-09-22 14:13:20 UTC",
        "opens, not before": "2026-09-22 14:13:20 UTC",
        "reporting closes": "2026-09-22 15:13:20 UTC",
        "final, if undisputed": "2026-09-23 15:13:20 UTC",
    }
    assert shown["terms.report_window"] == ("86400", "3600")
    assert shown["terms.guardian_threshold"] == ("0", "2")
    assert shown["terms.service"] == ("", signer.service_address())
    assert {name for name in shown if name.startswith("terms.")} == {
        "terms.report_window", "terms.guardian_threshold", "terms.service", "terms.guardians",
    }  # fmt: skip
    said = decide("list_expiry", details, NOW)
    listed = Expiry.objects.get()
    assert (listed.slug, listed.expiry_at, listed.id) == ("eth-usd-friday", INSTANT, shown["id"][1])
    assert said == f"listed as {listed.id}"
    assert Terms.from_json(listed.terms).report_window == 3600


def test_expiry__beside_the_index_s_last__what_is_unlike_it_is_noted_and_binds_nobody(index: Index) -> None:
    """Several are agreed to at a time; each that is listed becomes the last one."""
    assert plan("list_expiry", wanted(index), NOW).notes == ("It is the first expiry of eth-usd.",)
    decide("list_expiry", wanted(index), NOW)
    second = wanted(index, slug="eth-usd-saturday", expiry_at=INSTANT + 86_400, terms={"report_delay": "60"})
    assert plan("list_expiry", second, NOW).notes == (
        "Unlike eth-usd-friday: terms.report_delay 0, now 60",
        "Unlike eth-usd-friday: terms.report_window 3600, now 86400",
    )
    both = agree("list_expiry", second, NOW), agree(
        "list_expiry", {**second, "slug": "eth-usd-sunday", "expiry_at": str(INSTANT + 2 * 86_400)}, NOW
    )
    carry_out(NOW)
    assert [outcome(each)[:9] for each in both] == ["listed as", "listed as"]
    alike = wanted(index, slug="x", terms={"report_delay": 60}, expiry_at=INSTANT + 1)
    assert plan("list_expiry", alike, NOW).notes == ("Terms as of eth-usd-sunday.",)


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ({"index": "0x" + "1" * 64}, "no index of this id"),
        ({"expiry_at": NOW}, "not ahead of now"),
        ({"expiry_at": "soon"}, "expiry_at: must be a whole number"),
        ({"expiry_at": 1.5}, "expiry_at: must be a whole number"),
        ({"expiry_at": True}, "expiry_at: must be a whole number"),
        ({"expiry_at": 2**62}, "too far"),
        ({"terms": {"vote": "1"}}, "unknown terms: vote"),
        ({"terms": {"report_window": "0"}}, "every window must be above 0"),
        ({"terms": {"service": "0x" + "1" * 40}}, "the key that signs here"),
        ({"terms": []}, "terms must be an object"),
        ({"guardians": []}, "name guardians"),
        ({"guardians": "0x"}, "guardians a list"),
        ({"guardians": ["0xABC"]}, "must be an address in lower case"),
        ({"guardian_threshold": 4}, "guardian_threshold must lie between"),
        ({"slug": "a/b"}, "slug"),
    ],
)
def test_expiry__that_could_not_be_listed__is_not_proposed(index: Index, other: dict[str, Any], why: str) -> None:
    with pytest.raises(NotPossible, match=why):
        agree("list_expiry", wanted(index, **other), NOW)
    assert not Proposal.objects.exists()


def test_expiry__its_instant_passed_meanwhile_or_it_is_listed_by_now__is_not_done(index: Index) -> None:
    proposal = agree("list_expiry", wanted(index, expiry_at=NOW + 60), NOW)
    carry_out(NOW + 60)
    assert "is not ahead of now" in outcome(proposal)
    proposal = agree("list_expiry", wanted(index), NOW)
    terms = listing.read_terms({"report_window": "3600"}, guardians=GUARDIANS)
    listing.list_expiry(slug="by-hand", index=index, expiry_at=INSTANT, terms=terms, now=NOW)
    carry_out(NOW)
    assert outcome(proposal) == "not done: eth-usd-friday: this expiry, or one with this slug, is listed already"
    assert Expiry.objects.get().slug == "by-hand"


@pytest.mark.parametrize("kind", ["list_index", "list_expiry"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_worker__dies_around_its_commit__is_listed_once(
    index: Index, kind: str, when: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before it: another one does it once the lease is over. After it: nothing is left to do."""
    details = wanted(index) if kind == "list_expiry" else {"slug": "eth-usd", "spec": {**SPEC, "tick": "5"}}
    proposal = agree(kind, details, NOW)
    real, listed = getattr(listing, kind), []

    def dying(**given: Any) -> Any:
        listed.append(real(**given) if when == "after" else None)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(listing, kind, dying)
        with pytest.raises(KeyboardInterrupt):
            carry_out(NOW)
    assert (outcome(proposal), Expiry.objects.count(), Index.objects.count()) == ("", 0, 1), "rolled back"
    assert proposal.begun_at == NOW
    carry_out(NOW + 1)
    assert outcome(proposal) == "", "the lease of the dead one"
    carry_out(NOW + HOLD_SECONDS)
    assert outcome(proposal).startswith("listed as ")
    assert Expiry.objects.count() + Index.objects.count() == 2
    said = outcome(proposal)
    KINDS[kind].carry_out(Proposal.objects.get(pk=proposal.pk), NOW + 2 * HOLD_SECONDS)
    assert (outcome(proposal), Expiry.objects.count() + Index.objects.count()) == (said, 2), "a slow one comes late"
