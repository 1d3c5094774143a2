"""What an operator can only do together with a second one (RELIABILITY 4)."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q


class Proposal(models.Model):
    """One person asks for something, another one agrees, the worker does it, if it still can be done then.

    What was asked for never changes, nor who agreed, nor what came of it: the database refuses it.
    """

    kind = models.TextField(help_text="one of settlement/services/proposals.py")
    subject = models.TextField(help_text="what it is about, as its kind spells it: a transaction's id")
    reason = models.TextField()
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="proposed")
    proposed_at = models.BigIntegerField()
    expires_at = models.BigIntegerField(help_text="carried out before this second, or never")
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="approved"
    )
    approved_at = models.BigIntegerField(null=True)
    ended_at = models.BigIntegerField(null=True)
    outcome = models.TextField(default="", blank=True, help_text="what came of it")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(approved_by=None, approved_at=None)
                | (Q(approved_by__isnull=False, approved_at__isnull=False) & ~Q(approved_by=F("proposed_by"))),
                name="settlement_proposal_two_people",
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None, outcome="") | (Q(ended_at__isnull=False) & ~Q(outcome="")),
                name="settlement_proposal_says_what_came_of_it",
            ),
            models.CheckConstraint(
                condition=~Q(reason="") & Q(expires_at__gt=F("proposed_at")), name="settlement_proposal_says_why"
            ),
            models.UniqueConstraint(
                fields=["kind", "subject"], condition=Q(ended_at=None), name="settlement_proposal_one_open"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"
