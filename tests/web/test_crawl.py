"""One hostile superuser against every address of the admin (C-40): what they can bring about is words, and no more.

Addresses come from the resolver, so a new page is tried without being named here. Each is asked by every method, and
gets POSTs of every sort with a valid token: forms of the admin, actions, proposals, one's own approval, forged fields.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.contrib.admin.utils import quote
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Model
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from desk.kinds import KINDS
from desk.middleware import COOKIE
from disputes.models import RulingSignature
from operators.kinds import NotPossible
from operators.models import AuditEntry, Proposal, StaffMember, StaffSession
from operators.services import proposals
from oracle.models import Expiry
from oracle.services.time import beat
from settlement.alarms import AlarmKind, raise_alarm
from settlement.models import Attempt, ChainTransaction, Publication, Root
from settlement.services.proposed import CANCEL
from tests.cast import person
from tests.staff import logged_in
from tests.web.conftest import OPEN
from tests.web.story import to_ballot

OURS = ("operators", "ledger", "oracle", "evidence", "disputes", "settlement", "alerts")
MODELS = [model for name in OURS for model in apps.get_app_config(name).get_models()]
METHODS = ("get", "head", "post", "put", "patch", "delete", "options")
WORD = "0x" + "1" * 64
NAMES = {
    "name": tuple(KINDS),
    "page": ("operating/alarms.md", "../README.md", "../../etc/passwd"),
    "url": ("x",),
}
"""Words for what an address leaves open, where it is no row's key."""


@pytest.fixture
def root(voters: None, reporting: Expiry) -> User:
    """With rows in most tables, a stuck transaction, and a proposal of their own about it."""
    beat(now=OPEN)
    person("vera").unstake(1, OPEN)
    to_ballot(reporting)
    RulingSignature.objects.create(
        expiry=reporting, digest="0x", price=1, reason="0x", guardian="0x", signature="0x", at=OPEN
    )
    stuck = ChainTransaction.objects.create(
        chain=WORD, sender="0x" + "2" * 40, nonce=7, purpose="publication:1", to="0x" + "3" * 40, data="0x",
        hash=WORD, created_at=1,
    )  # fmt: skip
    Attempt.objects.create(
        transaction=stuck, number=1, raw="0x02f0", hash=WORD, gas=1, max_fee=1, tip=1, signed_at=1
    )
    Publication.objects.create(created_at=OPEN)
    Root.objects.create(epoch=4, root="0x", block=1, seq=1, accounts=1, debt=1, created_at=OPEN)
    raise_alarm(AlarmKind.PUBLICATION_STUCK, "publication:1", "in no block", now=OPEN)
    made = User.objects.create_superuser("root")
    User.objects.create_superuser("other")
    details = {"transaction": str(stuck.pk)}
    proposals.propose(kind=KINDS[CANCEL], details=details, reason="mine", by=made, now=OPEN)
    return made


class Attacker:
    """A browser that is logged in and has a token; two of them are two sessions of one person."""

    def __init__(self, user: User | None, *, token: bool = True) -> None:
        self.user, self.client = user, Client(enforce_csrf_checks=True, raise_request_exception=False)
        self.token = token
        self.enter()

    def enter(self) -> None:
        """Again after each answer that may have been a logout."""
        if self.user is not None:
            logged_in(self.user, self.client)

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> int:
        # A savepoint: what fails in the database must not end the test's own transaction.
        with transaction.atomic():
            sent = dict(body or {})
            if self.token and method == "post":
                sent["csrfmiddlewaretoken"] = self._token()
            answer = getattr(self.client, method)(path, sent)
        if COOKIE in answer.cookies or "logout" in path or "login" in path:
            self.enter()
        return int(answer.status_code)

    def _token(self) -> str:
        if "csrftoken" not in self.client.cookies:
            self.client.get(
                "/admin/login/" if self.user is None else "/admin/operators/proposal/add/cancel_transaction/"
            )
        return str(self.client.cookies["csrftoken"].value)


def addresses() -> list[str]:
    """Every address of the admin, with the keys of rows that are there, and of one that is not."""
    admins = next(each for each in get_resolver().url_patterns if str(each.pattern) == "admin/")
    assert isinstance(admins, URLResolver)
    return sorted(set(_walk(admins, "/admin/")))


def _walk(resolver: URLResolver, before: str) -> Iterator[str]:
    for entry in resolver.url_patterns:
        route = str(entry.pattern)
        if isinstance(entry, URLPattern):
            yield from _filled(before + _plain(route), before)
        else:
            yield from _walk(entry, before + _plain(route))


def _plain(route: str) -> str:
    """A regular expression as a route: `(?P<url>.*)$` is `<url>`."""
    route = re.sub(r"\(\?P<(\w+)>[^)]*\)", r"<\1>", route)
    return route.lstrip("^").rstrip("$").replace("\\Z", "")


def _filled(route: str, before: str) -> Iterator[str]:
    holes = re.findall(r"<(?:\w+:)?(\w+)>", route)
    found = [route]
    for hole in holes:
        pattern = re.compile(rf"<(?:\w+:)?{hole}>")
        found = [
            pattern.sub(lambda _, word=word: word, each, 1) for each in found for word in _words(hole, before)
        ]
    yield from found


def _words(hole: str, before: str) -> list[str]:
    if hole == "app_label":
        return list(OURS)
    if hole in NAMES:
        return list(NAMES[hole])
    label = before.removeprefix("/admin/").strip("/").split("/")
    try:
        model: type[Model] = apps.get_model(*label)
    except (LookupError, TypeError, ValueError):
        return ["1"]
    keys = [str(quote(row.pk)) for row in model._default_manager.order_by("pk")[:1]]
    return [*keys, "999999999"]


def bodies(path: str) -> list[dict[str, Any]]:
    """What somebody who wants to do harm would send there."""
    model = next(
        (each for each in MODELS if f"/{each._meta.app_label}/{each._meta.model_name}/" in path), None
    )
    row = model._default_manager.order_by("pk").first() if model else None
    fields = {field.name: "1" for field in model._meta.fields} if model else {}
    key = str(row.pk) if row else "1"
    mine = Proposal.objects.order_by("pk").first()
    assert mine is not None
    hash_ = KINDS[mine.kind].plan(mine.details, OPEN).hash
    forged = {
        "proposed_by": "2",
        "approved_by": "2",
        "approved_at": "1",
        "begun_at": "1",
        "outcome": "done",
        "expires_at": "1",
        "stage": "FINAL",
        "price": "1",
        "standing": "1",
        "terms": "{}",
        "balance": "1",
        "is_superuser": "on",
    }
    proposal = {
        "step": "propose",
        "seen": hash_,
        "reason": "because",
        "transaction": "1",
        "slug": "x",
        "spec": "{}",
        "expiry": "eth-usd-test",
        "strikes": "2000",
        "amount": "1",
        "index": "eth-usd",
        "name": "root",
        "role": "approver",
        "expiry_at": "2099-01-01T00:00Z",
        "guardians": "0x" + "1" * 40,
        "attestors": "0x" + "1" * 40,
        "threshold": "1",
        "address": "0x" + "1" * 40,
    }
    return [
        {**fields, **forged, "post": "yes", "_save": "Save", "_popup": "1"},
        {"action": "delete_selected", "_selected_action": key, "post": "yes"},
        {"form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "1", "form-0-id": key, **fields, "_save": "Save"},
        {**proposal, **forged},
    ]


def contents() -> dict[str, list[Any]]:
    found = {model._meta.label: list(model._default_manager.order_by("pk").values()) for model in MODELS}
    for row in found[StaffMember._meta.label]:
        del row["last_login"]
    return found


def test_admin__every_address_method_and_body_by_one_superuser__changes_no_more_than_words(
    root: User, capsys: pytest.CaptureFixture[str]
) -> None:
    before = contents()
    assert sum(map(len, before.values())) > 50
    found, sent, answers = addresses(), 0, set()
    first, second = Attacker(root), Attacker(root)
    forger, stranger = Attacker(root, token=False), Attacker(None)
    for path in found:
        harm = bodies(path)
        answers |= {(method, first.ask(method, path)) for method in METHODS}
        answers |= {("post", first.ask("post", path, body)) for body in harm}
        answers |= {
            ("post", second.ask("post", path, harm[-1])),
            ("post", stranger.ask("post", path, harm[-1])),
        }
        assert forger.ask("post", path, harm[-1]) in (302, 403, 404, 405), "without a token"
        sent += len(METHODS) + len(harm) + 3
    after = contents()
    with capsys.disabled():
        print(f"\n  {len(found)} addresses, {sent} requests, {len(METHODS)} methods; ", end="")
    assert len(found) > 150
    assert {status for _, status in answers} <= {200, 301, 302, 400, 403, 404, 405, 429}, "nothing breaks"
    only_added(before, after, root)


def only_added(before: dict[str, list[Any]], after: dict[str, list[Any]], by: User) -> None:
    """Entries of the log behind those there were, proposals of this one person, approved by nobody, own sessions."""
    may_grow = {Proposal._meta.label: "id", AuditEntry._meta.label: "seq"}
    sessions = StaffSession._meta.label
    assert {row["user_id"] for row in after[sessions]} <= {by.pk}
    for label, rows in after.items():
        if label not in may_grow and label != sessions:
            assert rows == before[label], label
    key = may_grow[AuditEntry._meta.label]
    log = after[AuditEntry._meta.label]
    assert log[: len(before[AuditEntry._meta.label])] == before[AuditEntry._meta.label]
    assert [row[key] for row in log] == list(range(1, len(log) + 1))
    for row in after[Proposal._meta.label]:
        assert (row["proposed_by_id"], row["approved_by_id"], row["begun_at"]) == (by.pk, None, None)
    old = {row["id"]: row for row in before[Proposal._meta.label]}
    may_end = {"ended_at", "outcome"}
    kept = [
        (name, row[name], old[row["id"]][name])
        for row in after[Proposal._meta.label]
        if row["id"] in old
        for name in row
        if name not in may_end
    ]
    assert [each for each in kept if each[1] != each[2]] == []
    assert list(old) == [row["id"] for row in after[Proposal._meta.label] if row["id"] in old]


def test_crawl__an_open_door__is_found(root: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that the test above can fail: a price that the admin let somebody write."""
    before = contents()
    Expiry.objects.update(standing=1)
    with pytest.raises(AssertionError, match="oracle.Expiry"):
        only_added(before, contents(), root)


def test_own_proposal__approved_in_a_second_session__is_refused(root: User) -> None:
    mine = Proposal.objects.get()
    seen = KINDS[mine.kind].plan(mine.details, OPEN).hash
    second = Attacker(root)
    assert second.ask("post", f"/admin/operators/proposal/{mine.pk}/approve/", {"seen": seen}) == 302
    mine.refresh_from_db()
    assert mine.approved_by is None
    with pytest.raises(NotPossible, match="somebody else"):
        proposals.approve(kind=KINDS[mine.kind], proposal_id=mine.pk, seen=seen, by=root, now=OPEN)
