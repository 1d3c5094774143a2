"""Roots of what the escrow owes (PROTOCOL 8), with who signed them. Amounts in wei, times in unix seconds."""

from django.db import models
from django.db.models import Q

from ledger.fields import AMOUNT_LIMIT, WholeField, whole_check
from settlement.root_stages import RootStage

ADDRESS_FORM = r"^0x[0-9a-f]{40}$"


class RootManager(models.Manager["Root"]):
    """Without the file, which is megabytes where there are many accounts: who wants it reads it by `document`."""

    def get_queryset(self) -> models.QuerySet["Root"]:
        return super().get_queryset().defer("document")


class Root(models.Model):
    """One root on its way to the chain. What is signed never changes; `stage` follows settlement/root_stages.py."""

    epoch = models.BigIntegerField()
    root = models.TextField()
    block = models.BigIntegerField(help_text="deposits up to this block are counted, and no others")
    seq = models.BigIntegerField(help_text="the last entry of the book that is counted")
    accounts = models.PositiveIntegerField(help_text="number of leaves")
    debt = WholeField(help_text="sum of all `entitled`: what was ever deposited, claims not taken off")
    document = models.BinaryField(null=True, help_text="the public file, deflated; dropped once it is no use any more")
    stage = models.TextField(choices=[(s.value, s.value) for s in RootStage], default=RootStage.PLANNED)
    reason = models.TextField(default="", blank=True, help_text="why it failed, or why it waits")
    transaction = models.OneToOneField(
        "settlement.ChainTransaction", null=True, on_delete=models.PROTECT, related_name="root"
    )
    audit_seq = models.BigIntegerField(null=True, help_text="where the audit log ended when it was proposed")
    audit_head = models.TextField(
        default="", db_default="", blank=True, help_text="its head there, which attestors keep"
    )
    created_at = models.BigIntegerField()
    final_at = models.BigIntegerField(null=True, help_text="when it was first seen to be final")

    objects = RootManager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["epoch"], condition=~Q(stage=RootStage.FAILED), name="settlement_root_one_live"
            ),
            models.CheckConstraint(
                condition=Q(stage__in=[s.value for s in RootStage]), name="settlement_root_stage"
            ),
            models.CheckConstraint(
                condition=Q(stage=RootStage.FINAL, final_at__isnull=False)
                | (~Q(stage=RootStage.FINAL) & Q(final_at=None)),
                name="settlement_root_final_at",
            ),
            models.CheckConstraint(
                condition=~Q(stage=RootStage.FAILED, reason=""), name="settlement_root_says_why"
            ),
            whole_check("debt", least=0, below=AMOUNT_LIMIT, name="settlement_root_debt_whole"),
        ]

    def __str__(self) -> str:
        return f"root of epoch {self.epoch}"


class RootSignature(models.Model):
    """An attestor's signature over exactly this root."""

    root = models.ForeignKey(Root, on_delete=models.PROTECT, related_name="signatures")
    attestor = models.TextField()
    signature = models.TextField()
    at = models.BigIntegerField()

    class Meta:
        ordering = ["root", "attestor"]
        constraints = [
            models.UniqueConstraint(fields=["root", "attestor"], name="settlement_root_signature_once"),
            models.CheckConstraint(
                condition=Q(attestor__regex=ADDRESS_FORM), name="settlement_root_signature_attestor"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.attestor} on {self.root}"


class RootRefusal(models.Model):
    """Why an attestor says that it does not sign. Unsigned words for the operator; the last ones of each."""

    root = models.ForeignKey(Root, on_delete=models.PROTECT, related_name="refusals")
    attestor = models.TextField()
    text = models.TextField()
    at = models.BigIntegerField()

    class Meta:
        ordering = ["root", "attestor"]
        constraints = [
            models.UniqueConstraint(fields=["root", "attestor"], name="settlement_root_refusal_once"),
        ]

    def __str__(self) -> str:
        return f"{self.attestor} on {self.root}"
