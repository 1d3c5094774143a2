"""Reads for the page and the API of alerts."""

from __future__ import annotations

from django.db.models import Prefetch, QuerySet

from alerts.models import Attempt, Delivery, Follow
from oracle.models import Expiry


def follows(account: str) -> QuerySet[Follow]:
    """What an account follows, in the order in which it began to."""
    return Follow.objects.filter(account=account).select_related("mailbox", "hook").order_by("id")


def follows_of(account: str) -> list[Follow]:
    """With the names that people know: `shown` is the slug of an expiry in place of its id."""
    rows = list(follows(account))
    ids = [row.target for row in rows if row.scope == Follow.Scope.EXPIRY]
    slugs = dict(Expiry.objects.filter(id__in=ids).values_list("id", "slug"))
    for row in rows:
        own = row.scope == Follow.Scope.VOTES
        row.shown = "" if own else slugs.get(row.target, row.target)
    return rows


def deliveries_of(account: str, *, before: int | None = None) -> QuerySet[Delivery]:
    """What was told, newest first, with its attempts; not what only stands in feeds."""
    rows = Delivery.objects.filter(account=account).exclude(channel=Delivery.Channel.FEED)
    if before is not None:
        rows = rows.filter(id__lt=before)
    tries = Prefetch("attempts", Attempt.objects.order_by("-id"))
    return rows.select_related("mailbox", "hook", "follow").prefetch_related(tries).order_by("-id")
