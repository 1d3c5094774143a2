"""What each role may: every address of the admin, and every POST of staff (C-40)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib import admin
from django.contrib.admin.utils import quote
from django.contrib.auth.models import User
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from desk.kinds import KINDS
from operators.kinds import NotPossible
from operators.models import AuditEntry, Proposal, SetUpCode, StaffMember, StaffSession
from operators.roles import APPROVE, MAY, PROPOSE, Role, role_of
from operators.services import accounts, audit, proposals
from operators.services.staff import CHANGE_ROLE
from oracle.models import Expiry
from tests.staff import logged_in, root, somebody
from tests.web.conftest import OPEN
from tests.web.story import to_ballot

pytestmark = pytest.mark.django_db
FOR_APPROVERS = (StaffSession, SetUpCode)
WHOEVER = [*Role, None]
OPEN_TO_ALL = {"login", "login-code", "set-up", "set-up-app", "logout"}


def ask(by: User, name: str, role: str) -> Proposal:
    return proposals.propose(
        kind=CHANGE_ROLE, details={"name": name, "role": role}, reason="why", by=by, now=OPEN
    )


def agree(by: User, proposal: Proposal) -> Proposal:
    seen = CHANGE_ROLE.plan(proposal.details, OPEN).hash
    return proposals.approve(kind=CHANGE_ROLE, proposal_id=proposal.pk, seen=seen, by=by, now=OPEN)


def outcome(proposal: Proposal) -> str:
    proposals.carry_out(KINDS, now=OPEN)
    proposal.refresh_from_db()
    return proposal.outcome


def again(user: User) -> User:
    """As the database has it: a role is remembered for a request."""
    return User.objects.get(pk=user.pk)


@pytest.mark.parametrize("role", WHOEVER)
def test_admin__each_list_and_row__shows_to_every_role_and_to_nobody_without(
    reporting: Expiry, voters: None, role: Role | None
) -> None:
    to_ballot(reporting)
    user = somebody("ann", role)
    accounts.add(name="bob", role=Role.VIEWER, by="shell:op", now=OPEN)
    client = logged_in(user)
    looked = 0
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        may = role is not None and (model not in FOR_APPROVERS or role is Role.APPROVER)
        assert client.get(reverse(f"{name}_changelist")).status_code == (200 if may else 403), model
        row = model._default_manager.first()
        if row is not None:
            page = client.get(reverse(f"{name}_change", args=[quote(row.pk)]))
            assert page.status_code == (200 if may else 403), model
            looked += 1
        for view, args in (("add", []), ("delete", [quote(row.pk)] if row else ["1"])):
            answer = client.post(reverse(f"{name}_{view}", args=args), {"post": "yes"})
            form = model is Proposal and view == "add" and role in (Role.OPERATOR, Role.APPROVER)
            assert answer.status_code in ((200,) if form else (403, 302)), (model, view)
    assert looked > 10
    assert User.objects.count() == 2


def names(patterns: list[URLPattern | URLResolver]) -> Iterator[str]:
    for each in patterns:
        if isinstance(each, URLResolver):
            yield from names(each.url_patterns)
        elif each.name:
            yield each.name


def test_admin__every_address__sends_whoever_has_no_second_factor_to_the_login(reporting: Expiry) -> None:
    """A stranger, and a superuser whom Django itself would let in."""
    half = Client()
    half.force_login(root())
    half.cookies["assize_staff"] = half.cookies.pop("sessionid").value
    resolver = next(each for each in get_resolver().url_patterns if getattr(each, "namespace", "") == "admin")
    tried = 0
    for name in set(names(resolver.url_patterns)) - OPEN_TO_ALL:
        for args in ([], ["1"], ["1", "1"]):
            try:
                address = reverse(f"admin:{name}", args=args)
            except Exception:  # noqa: S112 - it takes other arguments
                continue
            for client in (half, Client()):
                for answer in (client.get(address), client.post(address)):
                    assert answer.status_code == 302, address
                    assert answer.headers["Location"].startswith("/admin/login/"), address
            tried += 1
    assert tried > 100


@pytest.mark.parametrize("role", Role)
def test_role__permissions__are_those_of_the_table(role: Role) -> None:
    user = somebody("ann", role)
    assert {each for each in (PROPOSE, APPROVE) if user.has_perm(each)} == MAY[role]
    assert user.has_perm("oracle.view_act")
    for never in ("oracle.change_act", "auth.add_user", "operators.delete_proposal", "ledger.add_transfer"):
        assert not user.has_perm(never)
    User.objects.update(is_active=False)
    assert not again(user).has_perm("oracle.view_act")


def test_role__none_or_no_staff__may_nothing() -> None:
    assert not somebody("ann").has_perm("oracle.view_act")
    customer = somebody("customer", Role.APPROVER)
    customer.is_staff = False
    customer.save()
    assert role_of(again(customer)) is None
    assert not again(customer).has_perm(APPROVE)


def test_viewer_and_operator__posts_of_others__are_refused(reporting: Expiry) -> None:
    people = {role: somebody(role, role) for role in Role}
    target = somebody("tom", Role.VIEWER)
    proposal = ask(people[Role.OPERATOR], target.username, "operator")
    seen = {"seen": CHANGE_ROLE.plan(proposal.details, OPEN).hash}
    address = reverse("admin:operators_approve", args=[proposal.pk])
    for role in (Role.VIEWER, Role.OPERATOR):
        assert logged_in(people[role]).post(address, seen).status_code == 403
    proposal.refresh_from_db()
    assert proposal.approved_by is None
    assert logged_in(people[Role.APPROVER], checks=True).post(address, seen).status_code == 403, "no CSRF token"
    assert logged_in(people[Role.APPROVER]).post(address, seen).status_code == 302
    proposal.refresh_from_db()
    assert proposal.approved_by == people[Role.APPROVER]
    assert outcome(proposal) == "tom is operator"


def test_change_role__agreed_by_two_others__is_done_and_logged() -> None:
    ann, bob, tom = somebody("ann", Role.OPERATOR), somebody("bob", Role.APPROVER), somebody("tom", Role.VIEWER)
    assert outcome(agree(bob, ask(ann, "tom", "approver"))) == "tom is approver"
    assert again(tom).has_perm(APPROVE)
    entry = AuditEntry.objects.get(what="account.role_changed")
    assert (entry.actor, entry.subject, entry.details) == (
        audit.SERVICE, "tom", {"before": "viewer", "after": "approver"},
    )  # fmt: skip


def test_change_role__to_none__ends_sessions_and_the_account() -> None:
    ann, bob, tom = somebody("ann", Role.OPERATOR), somebody("bob", Role.APPROVER), somebody("tom", Role.APPROVER)
    client = logged_in(tom)
    assert outcome(agree(bob, ask(ann, "tom", ""))) == "tom is disabled"
    assert client.get("/admin/").status_code == 302
    assert StaffMember.objects.get(username="tom").is_active is False


def test_change_role__by_or_approved_by_whom_it_is_about__refused() -> None:
    ann, bob = somebody("ann", Role.APPROVER), somebody("bob", Role.APPROVER)
    somebody("tom", Role.OPERATOR)
    with pytest.raises(NotPossible, match="about you"):
        ask(ann, "ann", "viewer")
    with pytest.raises(NotPossible, match="about you"):
        agree(bob, ask(ann, "bob", "operator"))


def test_change_role__nobody_would_be_left__refused_also_when_it_comes_to_it() -> None:
    ann, bob = somebody("ann", Role.APPROVER), somebody("bob", Role.APPROVER)
    tom, uma = somebody("tom", Role.OPERATOR), somebody("uma", Role.OPERATOR)
    first, later = agree(bob, ask(tom, "ann", "viewer")), agree(ann, ask(uma, "bob", "viewer"))
    proposals.carry_out(KINDS, now=OPEN)
    outcomes = [outcome(each) for each in (first, later)]
    assert outcomes[0] == "ann is viewer"
    assert outcomes[1].startswith("not done: ")
    assert again(bob).has_perm(APPROVE)
    with pytest.raises(NotPossible, match="nobody would be left"):
        ask(tom, "bob", "operator")


@pytest.mark.parametrize(
    "name, role, why",
    [
        ("eve", "viewer", "no member of staff"), ("tom", "king", "no role"), ("tom", "viewer", "already"),
        ("root", "viewer", "superuser"), ("gone", "viewer", "disabled"),
    ],
)  # fmt: skip
def test_change_role__that_cannot_be__refused(name: str, role: str, why: str) -> None:
    ann = somebody("ann", Role.OPERATOR)
    somebody("tom", Role.VIEWER)
    somebody("gone")
    User.objects.filter(username="gone").update(is_active=False)
    root()
    with pytest.raises(NotPossible, match=why):
        ask(ann, name, role)
