"""The table of alarms; what each kind means is in settlement/alarms.py."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q


class Alarm(models.Model):
    """Something that is wrong, or was. At most one of a kind and subject is open."""

    kind = models.TextField()
    subject = models.TextField(blank=True, help_text="what it is about; empty where a kind has but one")
    words = models.TextField(help_text="what is wrong and what to do, for a person")
    since = models.BigIntegerField()
    last_seen = models.BigIntegerField()
    cleared_at = models.BigIntegerField(null=True)
    cleared_why = models.TextField(default="", blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject"], condition=Q(cleared_at=None), name="settlement_alarm_open_once"
            ),
            models.CheckConstraint(
                condition=Q(cleared_at=None, cleared_why="")
                | (Q(cleared_at__isnull=False) & ~Q(cleared_why="")),
                name="settlement_alarm_cleared_why",
            ),
            models.CheckConstraint(condition=Q(last_seen__gte=F("since")), name="settlement_alarm_seen"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}".strip()
