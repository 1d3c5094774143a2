"""Public events that are no acts (oracle/events.py): what deadlines bring about, and what the chain does."""

from django.db import models
from django.db.models import F, Q


class Event(models.Model):
    """Something that happened after entry `seq` of the book and before the next; `n` counts from 1 between the two.

    Places are given under the book's lock, so that they are committed in their order. What is noted outside of it (by
    the database's triggers) waits without a place until the worker gives it one; `at` may be filled in then.
    """

    seq = models.BigIntegerField(null=True)
    n = models.PositiveIntegerField(null=True)
    key = models.TextField(unique=True, help_text="what happened, so that it is told once")
    kind = models.TextField()
    expiry = models.ForeignKey("oracle.Expiry", null=True, on_delete=models.PROTECT, related_name="+")
    at = models.BigIntegerField(null=True)
    data = models.JSONField(default=dict)

    class Meta:
        ordering = ["seq", "n"]
        constraints = [
            models.UniqueConstraint(fields=["seq", "n"], name="oracle_event_place"),
            models.CheckConstraint(
                condition=Q(seq=None, n=None)
                | Q(seq__isnull=False, n__isnull=False, n__gte=1, at__isnull=False),
                name="oracle_event_placed_whole",
            ),
        ]
        indexes = [
            models.Index(fields=["id"], name="oracle_event_waiting", condition=Q(seq=None)),
            models.Index(fields=["expiry", "seq", "n"], name="oracle_event_expiry"),
            models.Index(F("kind"), F("seq"), F("n"), name="oracle_event_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"
