"""Disputes as views of the one table of acts (DESIGN 4), and guardians' signatures that wait for each other."""

from __future__ import annotations

from typing import Any

from django.db import models

from ledger.fields import WholeField, whole_check
from oracle.models import Act, Expiry
from protocol.terms import MAX_PRICE


class _OfKind(models.Manager[Any]):
    """Acts of one kind."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind

    def get_queryset(self) -> models.QuerySet[Any]:
        return super().get_queryset().filter(kind=self.kind)


class Pledge(Act):
    """One account's part of a claim. `amount` is what was taken of it, in wei."""

    objects = _OfKind("Pledge")

    class Meta:
        proxy = True


class Commitment(Act):
    """A sealed vote."""

    objects = _OfKind("VoteCommit")

    class Meta:
        proxy = True


class Vote(Act):
    """A revealed vote."""

    objects = _OfKind("VoteReveal")

    class Meta:
        proxy = True


class Ruling(Act):
    """What k of the guardians decided."""

    objects = _OfKind("Ruling")

    class Meta:
        proxy = True


class RulingSignature(models.Model):
    """One guardian's signature under a ruling; k of them under the same digest make the act."""

    expiry = models.ForeignKey(Expiry, on_delete=models.PROTECT, related_name="ruling_signatures")
    digest = models.TextField(help_text="of the Ruling: expiry, price and reason")
    price = WholeField()
    reason = models.TextField(help_text="bytes32")
    guardian = models.TextField()
    signature = models.TextField()
    at = models.BigIntegerField(help_text="unix second of receipt")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["digest", "guardian"], name="disputes_rulingsignature_once"),
            whole_check("price", least=1, below=MAX_PRICE, name="disputes_rulingsignature_price_whole"),
        ]

    def __str__(self) -> str:
        return f"{self.guardian} for {self.price} on {self.expiry_id}"
