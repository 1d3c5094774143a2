"""Accounts of staff: made and reset on the host, set up by whoever they are for (decision 45)."""

from __future__ import annotations

import base64
import hashlib
import secrets

from django.contrib.auth.models import Group, User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from operators.kinds import NotPossible
from operators.models import SetUpCode
from operators.roles import NONE, Role, role_of
from operators.services import audit, sessions

CODE_SECONDS = 24 * 3600
"""For which a set-up code is good."""


def add(*, name: str, role: Role, by: str, now: int) -> str:
    """An account of this name, or one that was disabled; returns its set-up code. NotPossible: there is one already."""
    with transaction.atomic():
        user = User.objects.select_for_update().filter(username__iexact=name).first()
        if user is None:
            user = User(username=name, is_staff=True)
            try:
                user.clean_fields(exclude=["password"])
            except ValidationError as error:
                raise NotPossible(" ".join(error.messages)) from None
        elif user.is_active or user.is_superuser or not user.is_staff:
            raise NotPossible(f"there is an account {user.username} already")
        user.is_active = True
        user.set_unusable_password()
        user.save()
        give(user, role)
        code = _new_code(user, now)
        audit.record("account.made", user.username, by=by, details={"role": role}, now=now)
    return code


def reset(*, name: str, by: str, now: int) -> str:
    """Take password, second factor and sessions away; returns a new set-up code. NotPossible: disabled, not staff."""
    with transaction.atomic():
        user = _staff(name)
        if not user.is_active:
            raise NotPossible(f"{name} is disabled: `staff add {name}` gives it a role again")
        code = _new_code(user, now)
        _lock_out(user, why="reset on the host", by=by, now=now)
        audit.record("account.reset", user.username, by=by, now=now)
    return code


def disable(*, name: str, by: str, now: int) -> None:
    """From this moment on nothing opens for it. NotPossible: not staff, or disabled already."""
    with transaction.atomic():
        user = _staff(name)
        if not user.is_active:
            raise NotPossible(f"{name} is disabled already")
        switch_off(user, by=by, now=now)


def give(user: User, role: Role) -> None:
    """This role and no other."""
    user.groups.set([Group.objects.get_or_create(name=role)[0]])
    user.__dict__.pop("_role", None)


def switch_off(user: User, *, by: str, now: int) -> None:
    """The account stays, since the log and proposals name it."""
    with transaction.atomic():
        role = role_of(user) or NONE
        SetUpCode.objects.filter(user=user, used_at=None).update(used_at=now)
        user.is_active = False
        user.save(update_fields=["is_active"])
        user.groups.clear()
        _lock_out(user, why="disabled", by=by, now=now)
        audit.record("account.disabled", user.username, by=by, details={"role": role}, now=now)


def set_up(*, name: str, code: str, password: str, now: int) -> User:
    """Give it its own password. NotPossible: no such code for this name; ValidationError: too weak a password."""
    with transaction.atomic():
        row = (
            SetUpCode.objects.select_for_update(of=["self"])
            .select_related("user")
            .filter(digest=_digest(code), used_at=None, expires_at__gt=now)
            .first()
        )
        if row is None or row.user.username != name or not row.user.is_active:
            raise NotPossible("there is no such code for this name, or it was used, or it is a day old")
        validate_password(password, row.user)
        row.user.set_password(password)
        row.user.save(update_fields=["password"])
        row.used_at = now
        row.save(update_fields=["used_at"])
        audit.record("account.set_up", name, by=audit.staff(name), now=now)
    return row.user


def change_password(*, user: User, password: str, keep: str, now: int) -> None:
    """One's own, which ends all other sessions; `keep` is the key of this one. ValidationError: too weak."""
    validate_password(password, user)
    with transaction.atomic():
        user.set_password(password)
        user.save(update_fields=["password"])
        by = audit.staff(user.username)
        this = sessions.live(user).filter(digest=sessions.digest(keep)).first()
        sessions.end_all(user, why="the password was changed", by=by, but=this, now=now)
        audit.record("account.password_changed", user.username, by=by, now=now)


def _lock_out(user: User, *, why: str, by: str, now: int) -> None:
    """Sessions last: their ends are logged, and nothing may be locked behind the log."""
    user.set_unusable_password()
    user.save(update_fields=["password"])
    for devices in (TOTPDevice, StaticDevice):
        devices.objects.filter(user=user).delete()
    sessions.end_all(user, why=why, by=by, now=now)


def _staff(name: str) -> User:
    user = User.objects.select_for_update().filter(username=name, is_staff=True).first()
    if user is None:
        raise NotPossible(f"there is no member of staff called {name}")
    return user


def _new_code(user: User, now: int) -> str:
    """100 random bits in letters and digits that are not mistaken for each other."""
    letters = base64.b32encode(secrets.token_bytes(15)).decode().lower()[:20]
    code = "-".join(letters[start : start + 5] for start in range(0, 20, 5))
    SetUpCode.objects.filter(user=user, used_at=None).update(used_at=now)
    SetUpCode.objects.create(user=user, digest=_digest(code), made_at=now, expires_at=now + CODE_SECONDS)
    return code


def _digest(code: str) -> str:
    """However it was typed. No salt and no slow hash: 100 random bits are not guessed."""
    return hashlib.sha256("".join(filter(str.isalnum, code.lower())).encode()).hexdigest()
