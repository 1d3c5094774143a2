"""Who wants to hear of what (`Follow`), where (`Mailbox`, `Hook`), and what they were told (`Delivery`, `Attempt`).

Nothing here is money or decides anything: it can be lost without changing an outcome. Times are unix seconds.
"""

from __future__ import annotations

import secrets
import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from ledger.fields import AMOUNT_LIMIT, WholeField, whole_check


def new_token() -> str:
    """What opens a feed or a calendar for whoever knows it: 256 random bits."""
    return secrets.token_urlsafe(32)


class Mailbox(models.Model):
    """A mail address of an account. Nothing but a link to confirm it is sent there until somebody followed that."""

    account = models.TextField()
    address = models.EmailField()
    asked_at = models.BigIntegerField(help_text="when the link was sent last")
    confirmed_at = models.BigIntegerField(null=True, help_text="empty again after an unsubscription")

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["account", "address"], name="alerts_mailbox_once")]
        indexes = [models.Index(fields=["address", "asked_at"], name="alerts_mailbox_asked")]

    def __str__(self) -> str:
        return self.address


class Hook(models.Model):
    """A webhook's target and the secret that signs what is sent there (docs/alerts.md)."""

    account = models.TextField()
    url = models.TextField()
    secret = models.TextField()
    old_secret = models.TextField(default="", blank=True, help_text="signs as well, until old_until")
    old_until = models.BigIntegerField(null=True)
    failing_since = models.BigIntegerField(null=True)
    disabled_at = models.BigIntegerField(null=True)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["account"], name="alerts_hook_account")]

    def __str__(self) -> str:
        return self.url


class Follow(models.Model):
    """One account's wish to hear of some events, by mail, webhook or feed."""

    class Scope(models.TextChoices):
        EXPIRY = "expiry", "one expiry"  # target: its id
        INDEX = "index", "all expiries of an index"  # target: the index's slug
        ACCOUNT = "account", "what an account does"  # target: its address
        VOTES = "votes", "ballots on which my stake counts"  # target: the follow's own account
        ALL = "all", "everything"  # target: empty

    class From(models.TextChoices):
        STANDING = "standing", "the price that stood before"
        MINE = "mine", "my own report"

    account = models.TextField()
    scope = models.TextField(choices=Scope.choices)
    target = models.TextField(blank=True)
    kinds = ArrayField(models.TextField(), default=list, blank=True, help_text="empty: all")
    deviation_bps = models.PositiveIntegerField(
        null=True, help_text="only prices that are at least so far off"
    )
    deviation_from = models.TextField(choices=From.choices, default=From.STANDING)
    least_value = WholeField(null=True, help_text="wei: only expiries that secure at least so much")
    mailbox = models.ForeignKey(Mailbox, null=True, on_delete=models.SET_NULL, related_name="follows")
    hook = models.ForeignKey(Hook, null=True, on_delete=models.SET_NULL, related_name="follows")
    feed = models.BooleanField(default=True)
    token = models.TextField(unique=True, default=new_token, help_text="names its feed")
    paused = models.BooleanField(default=False)
    since_seq = models.BigIntegerField(help_text="place of the last event that it is too young for")
    since_n = models.PositiveIntegerField()
    created_at = models.BigIntegerField()

    shown: str  # what people know the target by; alerts.selectors.follows_of sets it

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(scope="all", target="") | (~Q(scope="all") & ~Q(target="")),
                name="alerts_follow_target",
            ),
            models.CheckConstraint(
                condition=Q(scope__in=["expiry", "index", "account", "votes", "all"]),
                name="alerts_follow_scope",
            ),
            whole_check("least_value", least=0, below=AMOUNT_LIMIT, name="alerts_follow_value_whole"),
        ]
        indexes = [
            models.Index(fields=["scope", "target"], name="alerts_follow_matched", condition=Q(paused=False)),
            models.Index(fields=["account"], name="alerts_follow_account"),
        ]

    def __str__(self) -> str:
        return f"{self.scope} {self.target}".strip()


class Delivery(models.Model):
    """One thing to tell, once, by one channel. `uid` is stored before it is sent, and names it wherever it goes."""

    class Purpose(models.TextChoices):
        EVENT = "event"
        REMINDER = "reminder"  # of a phase of a ballot, by the event that opened it
        TEST = "test"
        CONFIRM = "confirm"  # a mail address
        DISABLED = "disabled"  # a webhook, to its owner's mail

    class Channel(models.TextChoices):
        MAIL = "mail"
        WEBHOOK = "webhook"
        FEED = "feed"

    class State(models.TextChoices):
        WAITING = "WAITING"  # due at next_at
        SENT = "SENT"
        GAVE_UP = "GAVE_UP"  # after the last retry, or nobody to send to any more

    uid = models.UUIDField(unique=True, default=uuid.uuid4)
    account = models.TextField()
    purpose = models.TextField(choices=Purpose.choices, default=Purpose.EVENT)
    channel = models.TextField(choices=Channel.choices)
    follow = models.ForeignKey(Follow, null=True, on_delete=models.CASCADE, related_name="deliveries")
    mailbox = models.ForeignKey(Mailbox, null=True, on_delete=models.CASCADE, related_name="+")
    hook = models.ForeignKey(Hook, null=True, on_delete=models.CASCADE, related_name="deliveries")
    seq = models.BigIntegerField(null=True, help_text="place of the event")
    n = models.PositiveIntegerField(null=True)
    deadline = models.BigIntegerField(null=True, help_text="of a reminder: the window's end when it was made")
    state = models.TextField(choices=State.choices, default=State.WAITING)
    next_at = models.BigIntegerField()
    tries = models.PositiveIntegerField(default=0, help_text="since it was asked for last")
    created_at = models.BigIntegerField()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["follow", "channel", "purpose", "seq", "n"],
                condition=Q(purpose__in=["event", "reminder"]),
                name="alerts_delivery_once",
            ),
            models.CheckConstraint(
                condition=~Q(purpose__in=["event", "reminder"])
                | Q(follow__isnull=False, seq__isnull=False, n__isnull=False),
                name="alerts_delivery_of_event",
            ),
        ]
        indexes = [
            models.Index(
                fields=["hook", "next_at"],
                name="alerts_delivery_hooks",
                condition=Q(state="WAITING", channel="webhook"),
            ),
            models.Index(
                fields=["next_at"], name="alerts_delivery_mails", condition=Q(state="WAITING", channel="mail")
            ),
            models.Index(fields=["account", "-id"], name="alerts_delivery_account"),
            models.Index(fields=["created_at"], name="alerts_delivery_old"),
        ]

    def __str__(self) -> str:
        return f"msg_{self.uid.hex}"


class Attempt(models.Model):
    """One try at a delivery: when, how long it took, and what was answered."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="attempts")
    at = models.BigIntegerField()
    milliseconds = models.PositiveIntegerField()
    status = models.PositiveIntegerField(null=True, help_text="of HTTP")
    said = models.TextField(blank=True, help_text="the answer's first bytes, or what was in the way")

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.delivery_id} at {self.at}: {self.status}"


class Cursor(models.Model):
    """The one row that says up to which event follows have been looked through."""

    seq = models.BigIntegerField()
    n = models.PositiveIntegerField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="alerts_cursor_single")]

    def __str__(self) -> str:
        return f"{self.seq}.{self.n}"


class CalendarLink(models.Model):
    """An account's own calendar, for whoever knows its address."""

    account = models.TextField(primary_key=True)
    token = models.TextField(unique=True, default=new_token)

    def __str__(self) -> str:
        return self.account


class ApiToken(models.Model):
    """A right to read and change one account's follows and webhooks by program. Only a hash of it is kept."""

    account = models.TextField()
    name = models.CharField(max_length=60)
    digest = models.TextField(unique=True)
    created_at = models.BigIntegerField()

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["account"], name="alerts_token_account")]

    def __str__(self) -> str:
        return self.name
