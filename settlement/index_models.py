"""What the escrow's logs say, block by block, and how far that has come (settlement/services/escrow_index.py).

Blocks and logs follow the chain: a reorganisation takes blocks away and makes their pending logs GONE. A log that is
FINAL has moved money in the book and never changes.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from ledger.fields import AMOUNT_LIMIT, WholeField, whole_check

WORD_FORM = r"^0x[0-9a-f]{64}$"


class EscrowBlock(models.Model):
    """A block of the chain as a quorum of nodes gave it; `parent` is the hash of the one below."""

    number = models.BigIntegerField(primary_key=True)
    hash = models.TextField(unique=True)
    parent = models.TextField()
    timestamp = models.BigIntegerField()

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.CheckConstraint(
                condition=Q(hash__regex=WORD_FORM, parent__regex=WORD_FORM), name="settlement_block_words"
            )
        ]

    def __str__(self) -> str:
        return f"block {self.number} {self.hash}"


class EscrowLog(models.Model):
    """One event of the escrow. `entry` is the book's Deposit, once it is credited."""

    class State(models.TextChoices):
        PENDING = "PENDING"  # in a block that may still go
        FINAL = "FINAL"  # deep enough, a quorum agrees: it has moved money, for ever
        GONE = "GONE"  # a reorganisation took its block

    class Kind(models.TextChoices):
        DEPOSITED = "Deposited"
        CLAIMED = "Claimed"
        EXITED = "Exited"
        ROOT_POSTED = "RootPosted"
        ROOT_CANCELLED = "RootCancelled"
        ROOTS_ENDED = "RootsEnded"

    OF_MONEY = (Kind.DEPOSITED, Kind.CLAIMED, Kind.EXITED)

    kind = models.TextField(choices=Kind.choices)
    block = models.BigIntegerField()
    block_hash = models.TextField()
    tx = models.TextField()
    log_index = models.PositiveIntegerField(help_text="in its block")
    account = models.TextField(null=True)
    amount = WholeField(null=True, help_text="wei")
    message = models.JSONField(help_text="every argument of the event, integers as decimal strings")
    state = models.TextField(choices=State.choices, default=State.PENDING)
    entry = models.BigIntegerField(null=True, help_text="seq of the Deposit in the book")

    class Meta:
        ordering = ["-block", "-log_index"]
        constraints = [
            models.UniqueConstraint(fields=["block_hash", "log_index"], name="settlement_log_place"),
            models.UniqueConstraint(
                fields=["tx", "log_index"], condition=~Q(state="GONE"), name="settlement_log_once"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["PENDING", "FINAL", "GONE"]), name="settlement_log_state"
            ),
            models.CheckConstraint(
                condition=Q(kind="Deposited", state="FINAL", entry__isnull=False)
                | (~Q(kind="Deposited", state="FINAL") & Q(entry=None)),
                name="settlement_log_credited",
            ),
            whole_check("amount", least=1, below=AMOUNT_LIMIT, name="settlement_log_amount_whole"),
        ]
        indexes = [
            models.Index(fields=["block"], name="settlement_log_pending", condition=Q(state="PENDING")),
            models.Index(fields=["account", "block"], name="settlement_log_account"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.tx}:{self.log_index}"


class EscrowIndex(models.Model):
    """The one row that says how the index is. Its lock orders whoever writes blocks and logs."""

    chain = models.TextField(default="", help_text="hash of block 0: two development chains share a chain id")
    credited_to = models.BigIntegerField(default=-1, help_text="every log up to this block has moved its money")
    looked_at = models.BigIntegerField(default=0)
    stale = models.TextField(default="", blank=True, help_text="why the nodes could not be believed last time")
    stopped = models.TextField(default="", blank=True, help_text="why nothing is read any more: an operator looks")
    problem = models.TextField(default="", blank=True, help_text="what does not add up; roots wait for it")
    held_wei = WholeField(null=True, help_text="what the escrow had in the block that was compared last")
    owed_wei = WholeField(null=True, help_text="what the ledger owed as of that block")
    compared_at = models.BigIntegerField(default=0, db_default=0, help_text="when that was")

    class Meta:
        verbose_name_plural = "escrow index"
        constraints = [models.CheckConstraint(condition=Q(id=1), name="settlement_escrowindex_single")]

    def __str__(self) -> str:
        return f"escrow index at block {self.credited_to}"

    @property
    def no_roots(self) -> str:
        """Why no root may be built: it has stopped, or what it read does not add up; empty where all is well."""
        return self.stopped or self.problem
