"""Changing a role: proposed by one, approved by another, and neither of them is whom it is about (RELIABILITY 4)."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.auth.models import User
from django.db import transaction

from operators.kinds import Change, Details, Kind, NotPossible, Plan
from operators.models import Proposal
from operators.roles import APPROVE, MAY, NONE, PROPOSE, WORDS, Role, role_of
from operators.services import accounts, audit, proposals

ROLES = (*Role, NONE)


def plan(details: Details, now: int) -> Plan:
    """`name` gets `role`, one of ROLES, and no other; none where it is empty.

    NotPossible: unknown, the same, too few people left.
    """
    user, role = _asked(details, User.objects.filter(is_staff=True))
    before = role_of(user) or NONE
    return Plan(
        user.username,
        f"{user.username} is {role} from then on." if role != NONE else f"{user.username} is disabled.",
        (
            Change(f"role of {user.username}", before, role),
            Change("may", WORDS[before], WORDS[role]),
        ),
        person=user.username,
    )


def carry_out(proposal: Proposal, now: int) -> None:
    """Changed and ended in one transaction. Looked at again under lock: of two changes that together leave too few
    people only one is done."""
    with transaction.atomic():
        if not proposals.hold(proposal):
            return
        everybody = User.objects.select_for_update().filter(is_staff=True).order_by("pk")
        user, role = _asked(proposal.details, everybody)
        _change(user, role, now)
        outcome = f"{user.username} is {role}" if role != NONE else f"{user.username} is disabled"
        proposals.end(proposal, outcome, now=now)


def _change(user: User, role: str, now: int) -> None:
    before = role_of(user) or NONE
    if role == NONE:
        accounts.switch_off(user, by=audit.SERVICE, now=now)
        return
    accounts.give(user, Role(role))
    details = {"before": before, "after": role}
    audit.record("account.role_changed", user.username, by=audit.SERVICE, details=details, now=now)


def _asked(details: Details, everybody: Iterable[User]) -> tuple[User, str]:
    name, role = str(details.get("name", "")), str(details.get("role", "")) or NONE
    if role not in ROLES:
        raise NotPossible(f"there is no role {role}")
    people = {user.username: user for user in everybody}
    if name not in people:
        raise NotPossible(f"there is no member of staff called {name}")
    user = people[name]
    if user.is_superuser:
        raise NotPossible(f"{name} is a superuser, and may everything: `staff disable {name}` on the host ends that")
    if not user.is_active:
        raise NotPossible(f"{name} is disabled: `staff add {name}` on the host gives it a role again")
    if role == (role_of(user) or NONE):
        raise NotPossible(f"{name} is {role} already")
    _leaves_enough(people, user, role)
    return user, role


def _leaves_enough(people: dict[str, User], user: User, role: str) -> None:
    """One who proposes and another who approves have to be left: without them nothing could ever be decided again."""
    rights = [
        {PROPOSE, APPROVE} if each.is_superuser else _rights(role if each is user else role_of(each))
        for each in people.values()
        if each.is_active
    ]
    proposers = sum(PROPOSE in each for each in rights)
    approvers = sum(APPROVE in each for each in rights)
    # Whoever approves may propose too, so two who propose and one who approves are two people.
    if approvers < 1 or proposers < 2:
        raise NotPossible("nobody would be left who proposes, and another one who approves")


def _rights(role: str | None) -> frozenset[str]:
    return MAY[Role(role)] if role in list(Role) else frozenset()


CHANGE_ROLE = Kind(
    name="change_role",
    title="Change a role",
    about="Give a member of staff another role, or disable the account.",
    plan=plan,
    carry_out=carry_out,
)
