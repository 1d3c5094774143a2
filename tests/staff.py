"""People of the desk, logged in: by a session that has a row, as the second factor makes it."""

from __future__ import annotations

import time
from functools import cache

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.test import Client
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

from desk.login import BACKEND
from desk.middleware import COOKIE
from operators.roles import Role
from operators.services import sessions
from operators.services.accounts import give
from oracle import clock

PASSWORD = "correct horse battery staple"


def logged_in(user: User, client: Client | None = None, *, checks: bool = False) -> Client:
    """A client of somebody who works at the desk; `checks`: it has to show CSRF tokens."""
    client = client or Client(enforce_csrf_checks=checks)
    client.force_login(user, backend=BACKEND)
    key = client.cookies.pop(settings.SESSION_COOKIE_NAME).value
    client.cookies[COOKIE] = key
    sessions.begin(user=user, key=key, address="127.0.0.1", browser="a test", factor="app", now=clock.now())
    return client


def app(user: User) -> TOTPDevice:
    """On somebody's phone."""
    found: TOTPDevice = TOTPDevice.objects.get_or_create(user=user, confirmed=True, defaults={"name": "app"})[0]
    return found


def code(device: TOTPDevice, ahead: int = 0) -> str:
    """What the phone shows now, or so many half minutes later."""
    totp = TOTP(device.bin_key, device.step, device.t0, device.digits)
    totp.time = time.time() + ahead * device.step
    return f"{totp.token():06d}"


@cache
def _hashed() -> str:
    """Once: it is slow on purpose."""
    return make_password(PASSWORD)


def root() -> User:
    """A superuser."""
    return User.objects.create(
        username="root", password=_hashed(), is_staff=True, is_superuser=True, is_active=True
    )


def somebody(name: str, role: Role | None = None) -> User:
    """A member of staff."""
    made = User.objects.create(username=name, password=_hashed(), is_staff=True)
    if role is not None:
        give(made, role)
    return made
