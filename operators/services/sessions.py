"""Sessions of staff: begun once a second factor was right, ended by idleness, age, or somebody's word."""

from __future__ import annotations

import hashlib

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import transaction
from django.db.models import QuerySet

from operators.models import StaffSession
from operators.services import audit

LIFE_SECONDS = 12 * 3600
"""After which somebody who has been at it all the time logs in again."""
MINUTE = 60


def begin(*, user: AbstractUser, key: str, address: str, browser: str, factor: str, now: int) -> StaffSession:
    """Right after the login, under the session's new key. `factor` says by what."""
    with transaction.atomic():
        row = StaffSession.objects.create(
            user_id=user.pk,
            digest=digest(key),
            address=address,
            browser=browser[:200],
            began_at=now,
            seen_at=now,
        )
        who = user.get_username()
        details = {"address": address, "second factor": factor}
        audit.record("session.began", who, by=audit.staff(who), details=details, now=now)
    return row


def seen(*, user: AbstractUser, key: str, now: int) -> StaffSession | None:
    """The live session of this key and person, seen again; None where there is none, or where it is over by now."""
    row = live(user).filter(digest=digest(key)).first()
    if row is None:
        return None
    over = _why_over(row, now)
    if over:
        end(row, why=over, by=audit.SERVICE, now=now)
        return None
    if now >= row.seen_at + MINUTE:
        live(user).filter(pk=row.pk).update(seen_at=now)
    return row


def move(*, before: str, after: str) -> None:
    """The same session goes on under another key."""
    StaffSession.objects.filter(digest=digest(before), ended_at=None).update(digest=digest(after))


def end(row: StaffSession, *, why: str, by: str, now: int) -> None:
    """The first word stays."""
    _end(StaffSession.objects.filter(pk=row.pk, ended_at=None), why, by, now)


def end_all(user: AbstractUser, *, why: str, by: str, now: int, but: StaffSession | None = None) -> int:
    """All of somebody's, but perhaps the one that asks for it; returns how many."""
    return _end(live(user).exclude(pk__in=[but.pk] if but else []), why, by, now)


def live(user: AbstractUser) -> QuerySet[StaffSession]:
    """Somebody's sessions that nothing has ended yet."""
    return StaffSession.objects.filter(user_id=user.pk, ended_at=None)


def digest(key: str) -> str:
    """Keys are not kept here: whoever reads this table must not be able to use what stands in it."""
    return hashlib.sha256(key.encode()).hexdigest()


def _end(rows: QuerySet[StaffSession], why: str, by: str, now: int) -> int:
    """All rows first: nothing may be locked behind the log."""
    with transaction.atomic():
        ended = list(rows.select_for_update(of=["self"]).select_related("user").order_by("pk"))
        StaffSession.objects.filter(pk__in=[row.pk for row in ended]).update(ended_at=now, ended_why=why)
        for row in ended:
            details = {"address": row.address, "why": why}
            audit.record("session.ended", row.user.get_username(), by=by, details=details, now=now)
    return len(ended)


def _why_over(row: StaffSession, now: int) -> str:
    if now >= row.began_at + LIFE_SECONDS:
        return "twelve hours old"
    # seen_at is up to a minute behind.
    idle = settings.STAFF_IDLE_MINUTES * MINUTE + MINUTE
    return f"idle for {settings.STAFF_IDLE_MINUTES} minutes" if now >= row.seen_at + idle else ""
