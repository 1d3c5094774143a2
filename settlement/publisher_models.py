"""Which account may sign our transactions: a row that two people ask for, not only what key a host was given."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce

from settlement.transaction_models import ADDRESS_FORM


class PublisherKey(models.Model):
    """An account that signs, or has signed, whatever is new (settlement/services/publishers.py). Times in unix seconds.

    The first one is whoever signed first; each one after it names the proposal that made it so. The database takes one
    without `until`, one without a proposal, and changes nothing but an `until` that is not there yet.
    """

    address = models.TextField()
    since = models.BigIntegerField()
    until = models.BigIntegerField(null=True, help_text="from here on another one signs what is new")
    proposal = models.ForeignKey(
        "operators.Proposal",
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="by which two people named it; null: it was the first to sign",
    )

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(address__regex=ADDRESS_FORM), name="settlement_publisherkey_address"
            ),
            models.CheckConstraint(
                condition=Q(until=None) | Q(until__gte=F("since")), name="settlement_publisherkey_until"
            ),
            models.UniqueConstraint(
                Coalesce("until", 0), condition=Q(until=None), name="settlement_publisherkey_one_signs"
            ),
            models.UniqueConstraint(Coalesce("proposal", 0), name="settlement_publisherkey_one_is_first"),
        ]

    def __str__(self) -> str:
        return f"publisher {self.address}"
