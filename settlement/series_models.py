"""Grids of series under way."""

from __future__ import annotations

from django.db import models

from oracle.models import Expiry


class SeriesBatch(models.Model):
    """Strikes that one transaction of the factory creates. Written with the transaction, never changed: its call can be
    built again from here (`series:12` is the purpose of batch 12)."""

    expiry = models.ForeignKey(Expiry, on_delete=models.PROTECT, related_name="+")
    collateral = models.TextField()
    strikes = models.JSONField(help_text="decimal strings, 18 decimals, ascending")
    created_at = models.BigIntegerField()

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "series batches"
        indexes = [models.Index(fields=["expiry", "collateral"], name="settlement_batch_grid")]

    def __str__(self) -> str:
        return f"{len(self.strikes)} strikes on {self.expiry_id}"
