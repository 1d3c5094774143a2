"""What an account changes on its page of alerts. Each function looks at no row but the account's own."""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

from django.db import transaction

from alerts.models import ApiToken, CalendarLink, Delivery, Follow, Hook, Mailbox, new_token
from alerts.services.hooks import OLD_SECRET_SECONDS
from alerts.webhooks import signature
from oracle import events

MOST_FOLLOWS, MOST_MAILBOXES, MOST_HOOKS, MOST_TOKENS = 100, 3, 10, 10
ASK_AGAIN_SECONDS = 3_600
ASKED_A_DAY = 3
"""Confirmations sent to one address by all accounts together: nobody's mailbox is filled from here."""
TOKEN_PREFIX = "assize_"  # noqa: S105


class TooMany(ValueError):
    """The text says of what, and what to do."""


def follow(*, account: str, now: int, pk: int | None = None, **fields: Any) -> Follow:
    """A new follow, or a changed one. It begins with what happens next."""
    if pk is None:
        _room(Follow, account, MOST_FOLLOWS, "follows")
        seq, n = events.newest()
        return Follow.objects.create(account=account, created_at=now, since_seq=seq, since_n=n, **fields)
    found = Follow.objects.get(pk=pk, account=account)
    for name, value in fields.items():
        setattr(found, name, value)
    found.save(update_fields=list(fields))
    return found


def pause(*, account: str, pk: int, paused: bool) -> None:
    """Tell nothing for a while; what happened meanwhile is not told afterwards."""
    seq, n = events.newest()
    rows = Follow.objects.filter(pk=pk, account=account)
    rows.update(paused=paused, since_seq=seq, since_n=n)


def unfollow(*, account: str, pk: int) -> None:
    Follow.objects.filter(pk=pk, account=account).delete()


def new_feed(*, account: str, pk: int) -> None:
    """A new address for a follow's feed; the old one is good no more."""
    Follow.objects.filter(pk=pk, account=account).update(token=new_token())


@transaction.atomic
def add_mailbox(*, account: str, address: str, now: int) -> Mailbox:
    """An address, and a mail to it with a link that confirms it. TooMany where that was asked for too often."""
    found = Mailbox.objects.filter(account=account, address=address).first()
    if found is None:
        _room(Mailbox, account, MOST_MAILBOXES, "mail addresses")
    elif found.confirmed_at is not None:
        return found
    elif now - found.asked_at < ASK_AGAIN_SECONDS:
        raise TooMany("A link was sent there within the last hour. Look for it, also in the spam folder.")
    day = Delivery.objects.filter(
        purpose=Delivery.Purpose.CONFIRM, created_at__gt=now - 86_400, mailbox__address=address
    )
    if day.count() >= ASKED_A_DAY:
        raise TooMany("This address was sent enough links for today.")
    found, _ = Mailbox.objects.update_or_create(account=account, address=address, defaults={"asked_at": now})
    _tell(account, Delivery.Purpose.CONFIRM, now, mailbox=found)
    return found


def confirm(*, mailbox: Mailbox, now: int) -> None:
    Mailbox.objects.filter(pk=mailbox.pk, confirmed_at=None).update(confirmed_at=now)


def unsubscribe(*, mailbox: Mailbox) -> None:
    """Nothing more is sent to this address for this account, what waits included."""
    Mailbox.objects.filter(pk=mailbox.pk).update(confirmed_at=None)


def add_hook(*, account: str, url: str) -> Hook:
    """A target with a new secret."""
    _room(Hook, account, MOST_HOOKS, "webhooks")
    return Hook.objects.create(account=account, url=url, secret=signature.new_secret())


def rotate(*, account: str, pk: int, now: int) -> None:
    """A new secret; the old one signs as well for a day."""
    hook = Hook.objects.get(pk=pk, account=account)
    hook.old_secret, hook.secret, hook.old_until = (
        hook.secret,
        signature.new_secret(),
        now + OLD_SECRET_SECONDS,
    )
    hook.save(update_fields=["secret", "old_secret", "old_until"])


def enable(*, account: str, pk: int) -> None:
    Hook.objects.filter(pk=pk, account=account).update(disabled_at=None, failing_since=None)


def drop(*, account: str, what: type[Mailbox] | type[Hook] | type[ApiToken], pk: int) -> None:
    what.objects.filter(pk=pk, account=account).delete()


def send_test(*, account: str, now: int, mailbox: Mailbox | None = None, hook: Hook | None = None) -> None:
    """A message that says it is one, by the way that an alert would go."""
    _tell(account, Delivery.Purpose.TEST, now, mailbox=mailbox, hook=hook)


def replay(*, account: str, pk: int, now: int) -> Delivery | None:
    """Send once more, with the same id; None where there is nothing of the account's that could be sent."""
    rows = Delivery.objects.filter(pk=pk, account=account).exclude(channel=Delivery.Channel.FEED)
    found = rows.exclude(state=Delivery.State.WAITING).exclude(purpose=Delivery.Purpose.CONFIRM).first()
    if found is None:
        return None
    found.state, found.tries, found.next_at = Delivery.State.WAITING, 0, now
    found.save(update_fields=["state", "tries", "next_at"])
    return found


def _tell(
    account: str, purpose: str, now: int, *, mailbox: Mailbox | None = None, hook: Hook | None = None
) -> None:
    channel = Delivery.Channel.MAIL if mailbox else Delivery.Channel.WEBHOOK
    Delivery.objects.create(
        account=account,
        purpose=purpose,
        channel=channel,
        mailbox=mailbox,
        hook=hook,
        next_at=now,
        created_at=now,
    )


def new_calendar(*, account: str) -> CalendarLink:
    """A new address for the account's calendar; the old one is good no more."""
    found, _ = CalendarLink.objects.update_or_create(account=account, defaults={"token": new_token()})
    return found


def add_token(*, account: str, name: str, now: int) -> str:
    """A token for the API: shown once, kept as a hash."""
    _room(ApiToken, account, MOST_TOKENS, "tokens")
    token = TOKEN_PREFIX + secrets.token_urlsafe(32)
    ApiToken.objects.create(account=account, name=name, digest=token_digest(token), created_at=now)
    return token


def token_digest(token: str) -> str:
    """256 random bits need no slow hash."""
    return hashlib.sha256(token.encode()).hexdigest()


def _room(what: Any, account: str, most: int, name: str) -> None:
    if what.objects.filter(account=account).count() >= most:
        raise TooMany(f"There are {most} {name} already; delete one first.")
