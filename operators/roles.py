"""What a member of staff may: the one table. Each role includes the one before it.

Who has which role stands in the database, as a Django group. What it may stands here alone, and `RoleBackend` reads it,
so no row that somebody adds gives anybody a right, and a list that is new tomorrow can be looked at by all.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User

NONE = "none"
"""Of an account that may nothing: it is disabled."""
PROPOSE, APPROVE = "operators.add_proposal", "operators.change_proposal"


class Role(StrEnum):
    """From the least to the most."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    APPROVER = "approver"


MAY: dict[Role, frozenset[str]] = {
    Role.VIEWER: frozenset(),
    Role.OPERATOR: frozenset({PROPOSE}),
    Role.APPROVER: frozenset({PROPOSE, APPROVE}),
}
"""Besides looking at everything, which all may."""
WORDS: dict[str, str] = {
    NONE: "nothing",
    Role.VIEWER: "look at everything",
    Role.OPERATOR: "look at everything, propose",
    Role.APPROVER: "look at everything, propose, approve what others proposed",
}


class RoleBackend(ModelBackend):
    """Passwords as Django keeps them, rights by the table; rows of permissions count where there is no role."""

    def has_perm(self, user_obj: User | AnonymousUser, perm: str, obj: Any = None) -> bool:
        role = role_of(user_obj)
        if role is None:
            return bool(super().has_perm(user_obj, perm, obj))
        return perm.partition(".")[2].startswith("view_") or perm in MAY[role]

    def has_module_perms(self, user_obj: User | AnonymousUser, app_label: str) -> bool:
        return role_of(user_obj) is not None or bool(super().has_module_perms(user_obj, app_label))


def role_of(user: AbstractBaseUser | AnonymousUser) -> Role | None:
    """Of somebody who works here today; None for anybody else, and for superusers, who need none. One query."""
    if not isinstance(user, User) or not user.is_active or not user.is_staff:
        return None
    if "_role" not in user.__dict__:
        has = {group.name for group in user.groups.all()}  # a list has them at hand already
        user.__dict__["_role"] = next((role for role in reversed(Role) if role in has), None)
    found: Role | None = user.__dict__["_role"]
    return found
