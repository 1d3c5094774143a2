"""Evidence documents and their files. Whether they may be shown is decided by the acts (evidence/selectors.py)."""

import json
from typing import Any

from django.db import models
from django.db.models import Q

from oracle.models import Expiry


class Document(models.Model):
    """One document in form. It stays once an act on its expiry carries its hash; the database refuses its deletion."""

    hash = models.TextField(primary_key=True, help_text="what an act carries as `evidence`")
    expiry = models.ForeignKey(Expiry, on_delete=models.PROTECT, related_name="+")
    canonical = models.TextField(help_text="canonical JSON, of which `hash` is the keccak256")
    size = models.PositiveIntegerField(help_text="bytes, with those of its files")
    kept_at = models.BigIntegerField(help_text="unix second at which it was last handed in")
    waits = models.BooleanField(default=True, help_text="no act that carries it was seen yet")

    class Meta:
        ordering = ["hash"]
        indexes = [
            models.Index(fields=["kept_at"], name="evidence_document_waiting", condition=Q(waits=True))
        ]

    def __str__(self) -> str:
        return self.hash

    @property
    def document(self) -> dict[str, Any]:
        """What was handed in."""
        found: dict[str, Any] = json.loads(self.canonical)
        return found


class File(models.Model):
    """The bytes of the n-th file of a document, counted from 0.

    Kept for each document anew: were a file kept once for all, a stranger who names its hash could ask whether
    somebody has handed it in under a seal.
    """

    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="files")
    n = models.PositiveSmallIntegerField()
    content = models.BinaryField()

    class Meta:
        ordering = ["document", "n"]
        constraints = [models.UniqueConstraint(fields=["document", "n"], name="evidence_file_once")]

    def __str__(self) -> str:
        return f"file {self.n} of {self.document_id}"
