"""What two operators decide together, and the log of whatever anybody did. Times in unix seconds (RELIABILITY 4)."""

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models
from django.db.models import F, Q


class Proposal(models.Model):
    """One person asks for something, another one agrees, the worker does it, if it still is what they agreed to.

    What was asked for never changes, nor who agreed to what, nor what came of it: the database refuses it.
    """

    kind = models.TextField(help_text="one of desk/kinds.py")
    subject = models.TextField(
        help_text="what it is about, as its kind spells it: a transaction's id, a slug"
    )
    details = models.JSONField(default=dict, help_text="all that its kind needs to do it")
    reason = models.TextField()
    plan = models.JSONField(default=dict, help_text="the dry run when it was proposed")
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="proposed"
    )
    proposed_at = models.BigIntegerField()
    expires_at = models.BigIntegerField(help_text="begun before this second, or never")
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="approved"
    )
    approved_at = models.BigIntegerField(null=True)
    approved_plan = models.TextField(
        default="", blank=True, help_text="hash of the dry run that was approved"
    )
    begun_at = models.BigIntegerField(null=True, help_text="from here on it is carried out to its end")
    held_until = models.BigIntegerField(null=True, help_text="a worker is at it")
    ended_at = models.BigIntegerField(null=True)
    outcome = models.TextField(default="", blank=True, help_text="what came of it")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(approved_by=None, approved_at=None)
                | (
                    Q(approved_by__isnull=False, approved_at__isnull=False) & ~Q(approved_by=F("proposed_by"))
                ),
                name="operators_proposal_two_people",
            ),
            models.CheckConstraint(
                condition=Q(begun_at=None) | Q(approved_at__isnull=False),
                name="operators_proposal_approved_first",
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None, outcome="") | (Q(ended_at__isnull=False) & ~Q(outcome="")),
                name="operators_proposal_says_what_came_of_it",
            ),
            models.CheckConstraint(
                condition=~Q(reason="") & Q(expires_at__gt=F("proposed_at")),
                name="operators_proposal_says_why",
            ),
            models.UniqueConstraint(
                fields=["kind", "subject"], condition=Q(ended_at=None), name="operators_proposal_one_open"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"


class AuditEntry(models.Model):
    """One thing that somebody did, or that the service decided. Chained by hash; added to, never edited."""

    seq = models.BigIntegerField(primary_key=True)
    at = models.BigIntegerField()
    actor = models.TextField(help_text="staff:NAME, shell:NAME, or service")
    what = models.TextField(help_text="as in proposal.approved")
    subject = models.TextField(blank=True, help_text="what it was done to")
    details = models.JSONField(default=dict, help_text="strings by name; no secrets")
    head = models.TextField(help_text="over the head before, and all of the above")

    class Meta:
        ordering = ["-seq"]
        verbose_name_plural = "audit entries"
        constraints = [
            models.CheckConstraint(condition=Q(seq__gte=1), name="operators_auditentry_from_one"),
            models.CheckConstraint(
                condition=~Q(actor="") & ~Q(what=""), name="operators_auditentry_says_who"
            ),
            models.CheckConstraint(
                condition=Q(head__regex="^0x[0-9a-f]{64}$"), name="operators_auditentry_head"
            ),
        ]
        indexes = [
            models.Index(fields=["actor", "-seq"], name="operators_audit_actor"),
            models.Index(fields=["subject", "-seq"], name="operators_audit_subject"),
        ]

    def __str__(self) -> str:
        return f"#{self.seq} {self.what} {self.subject}"


class StaffMember(User):
    """Somebody who works at the desk. Made on the host, by `manage.py staff`; logs in by password and second factor."""

    class Meta:
        proxy = True
        ordering = ["username"]
        verbose_name = "member of staff"
        verbose_name_plural = "staff"


class SetUpCode(models.Model):
    """What somebody sets a password with, once, within a day. The code itself is printed once and kept nowhere."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="set_up_codes")
    digest = models.TextField(unique=True, help_text="SHA-256 of the code")
    made_at = models.BigIntegerField()
    expires_at = models.BigIntegerField()
    used_at = models.BigIntegerField(null=True, help_text="or withdrawn, by a later code")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(used_at=None), name="operators_setupcode_one_open"
            )
        ]

    def __str__(self) -> str:
        return f"set-up code of {self.user.get_username()}"


class StaffSession(models.Model):
    """One browser of one member of staff, from the second factor to the end. Without such a row nothing opens."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="staff_sessions")
    digest = models.TextField(unique=True, help_text="SHA-256 of the session's key")
    address = models.TextField(help_text="where the login came from")
    browser = models.TextField(blank=True, help_text="as it names itself")
    began_at = models.BigIntegerField()
    seen_at = models.BigIntegerField(help_text="to the minute")
    ended_at = models.BigIntegerField(null=True)
    ended_why = models.TextField(default="", blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_at=None, ended_why="") | (Q(ended_at__isnull=False) & ~Q(ended_why="")),
                name="operators_staffsession_says_why",
            )
        ]
        indexes = [
            models.Index(fields=["user"], condition=Q(ended_at=None), name="operators_session_live"),
        ]

    def __str__(self) -> str:
        return f"{self.user.get_username()} from {self.address}"
