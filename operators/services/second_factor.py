"""The second factor of staff: an authenticator app (RFC 6238), and backup codes for the day the phone is lost."""

from __future__ import annotations

import math
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django_otp import verify_token
from django_otp.models import Device
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from operators.services import audit

BACKUP_CODES = 10
APP, BACKUP = "app", "backup code"


@dataclass(frozen=True, slots=True)
class Wrong:
    """A code that was not taken. `wait`: seconds after which the next one is looked at; wrong ones double them."""

    wait: int


def app_of(user: User) -> TOTPDevice | None:
    """The one that has been confirmed."""
    return TOTPDevice.objects.filter(user=user, confirmed=True).first()


def begin(user: User) -> TOTPDevice:
    """A new secret to scan; one that was shown before and never confirmed is forgotten."""
    with transaction.atomic():
        TOTPDevice.objects.filter(user=user, confirmed=False).delete()
        return TOTPDevice.objects.create(user=user, name=APP, confirmed=False)


def confirm(*, user: User, device_id: int, code: str, now: int) -> tuple[TOTPDevice, list[str]] | Wrong:
    """Take the secret that was scanned, if the app gives its codes; returns it with the backup codes, shown once."""
    with transaction.atomic():
        # One person confirms one secret: two windows at once would leave two phones.
        User.objects.select_for_update().get(pk=user.pk)
        device = TOTPDevice.objects.filter(pk=device_id, user=user, confirmed=False).first()
        if device is None or app_of(user) is not None:
            return Wrong(0)
        if not device.verify_token(code):
            return Wrong(_wait(device))
        device.confirmed = True
        device.save(update_fields=["confirmed"])
        StaticDevice.objects.filter(user=user).delete()
        backup = StaticDevice.objects.create(user=user, name=BACKUP)
        codes = [StaticToken.random_token() for _ in range(BACKUP_CODES)]
        StaticToken.objects.bulk_create(StaticToken(device=backup, token=each) for each in codes)
        who = user.username
        audit.record("second_factor.set_up", who, by=audit.staff(who), now=now)
    return device, codes


def check(*, user: User, code: str, now: int) -> Device | Wrong:
    """The device that this code is of. Each code is good once; wrong ones are logged and slow the next one down."""
    typed = "".join(filter(str.isalnum, code)).lower()
    device = _device(user, typed)
    if device is None:
        return Wrong(0)
    if wait := _wait(device):
        return Wrong(wait)
    if (right := verify_token(user, device.persistent_id, typed)) is not None:
        return right
    audit.record("second_factor.refused", user.username, by=audit.staff(user.username), now=now)
    device.refresh_from_db()
    return Wrong(_wait(device))


def backup_codes_left(user: User) -> int:
    return int(StaticToken.objects.filter(device__user=user).count())


def _device(user: User, typed: str) -> TOTPDevice | StaticDevice | None:
    if typed.isdecimal() and len(typed) == 6:
        return app_of(user)
    return StaticDevice.objects.filter(user=user, confirmed=True).first()


def _wait(device: TOTPDevice | StaticDevice) -> int:
    """By the clock of the library, which knows no other: it decides, so what is told of it must be the same one's."""
    allowed, why = device.verify_is_allowed()
    if allowed or not why:
        return 0
    left: float = (why["locked_until"] - timezone.now()).total_seconds()
    return max(1, math.ceil(left))
