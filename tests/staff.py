"""People of the desk, logged in."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.test import Client


def logged_in(user: User, client: Client | None = None, *, checks: bool = False) -> Client:
    """A client of somebody who works at the desk; `checks`: it has to show CSRF tokens."""
    client = client or Client(enforce_csrf_checks=checks)
    client.force_login(user)
    return client


def root() -> User:
    """A superuser."""
    return User.objects.create_superuser("root")
