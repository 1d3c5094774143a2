"""What the oracle has on chain, as a quorum of nodes said it last (settlement/services/reconciling.py)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from ledger.fields import WholeField, whole_check
from oracle.models import Expiry
from protocol.terms import MAX_PRICE


class OracleRecord(models.Model):
    """The oracle's record of one expiry in a final block, beside the book's price. The last good knowledge."""

    class State(models.TextChoices):
        WAITING = "WAITING"  # the oracle has no price for it yet
        DELAY = "DELAY"  # it has the book's, and guardians can still cancel it
        EQUAL = "EQUAL"  # it has the book's, for ever
        CANCELLED = "CANCELLED"  # guardians took a price back; the next one is not there yet
        DIFFERENT = "DIFFERENT"  # it has another one, or lost one that was final
        EARLY = "EARLY"  # it has one that the book has not made final: attestors lied

    OURS = (State.DELAY, State.EQUAL)  # it has the book's price
    WRONG = (State.DIFFERENT, State.EARLY)

    expiry = models.OneToOneField(Expiry, primary_key=True, on_delete=models.PROTECT, related_name="oracle_record")
    state = models.TextField(choices=State.choices)
    since = models.BigIntegerField(help_text="when it was first seen to be so; the book's Final for WAITING")
    price = WholeField(null=True, help_text="the oracle's")
    attempt = models.BigIntegerField()
    final_at = models.BigIntegerField(null=True, help_text="when the delay of the oracle's price is over")
    was_final = models.BooleanField(default=False, help_text="it was seen to be final: it must stay")
    block = models.BigIntegerField(help_text="the final block in which it was read")
    looked_at = models.BigIntegerField()

    class Meta:
        ordering = ["expiry"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["WAITING", "DELAY", "EQUAL", "CANCELLED", "DIFFERENT", "EARLY"]),
                name="settlement_record_state",
            ),
            whole_check("price", least=1, below=MAX_PRICE, name="settlement_record_price_whole"),
        ]
        indexes = [
            models.Index(
                fields=["state", "final_at"], name="settlement_record_open", condition=~Q(state="EQUAL")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.expiry_id} {self.state}"

    @property
    def pays_from(self) -> int | None:
        """From when on series pay by the book's price, unless guardians cancel it before; None: it is not there."""
        return self.final_at if self.state in self.OURS else None


class ChainState(models.Model):
    """The one row that says what the chain was like when it was last looked at, and how far prices are compared."""

    chain = models.TextField(default="", help_text="hash of block 0")
    looked_at = models.BigIntegerField(default=0)
    good_at = models.BigIntegerField(default=0, help_text="when a quorum last agreed")
    problem = models.TextField(default="", blank=True, help_text="why it did not, the last time")
    nodes = models.PositiveIntegerField(default=0, help_text="how many were asked")
    agreeing = models.PositiveIntegerField(default=0, help_text="how many have that final block")
    head = models.BigIntegerField(default=-1)
    head_at = models.BigIntegerField(default=0)
    final = models.BigIntegerField(default=-1)
    final_hash = models.TextField(default="", blank=True)
    final_at = models.BigIntegerField(default=0)
    logs_to = models.BigIntegerField(
        default=-1, help_text="the oracle's logs are read up to this final block"
    )
    finals_to = models.BigIntegerField(default=0, help_text="seq of the last Final whose record was read")
    swept_to = models.TextField(
        default="", blank=True, help_text="the sweep over all expiries has come to this id"
    )
    swept_at = models.BigIntegerField(default=0, help_text="when a sweep last came to its end")
    signer = models.TextField(default="", db_default="", blank=True, help_text="who pays for our transactions")
    signer_wei = WholeField(null=True, help_text="what it had, by a quorum")
    signer_at = models.BigIntegerField(default=0, db_default=0, help_text="when that was read")

    class Meta:
        verbose_name_plural = "chain state"
        constraints = [models.CheckConstraint(condition=Q(id=1), name="settlement_chainstate_single")]

    def __str__(self) -> str:
        return f"block {self.head}, final {self.final}"
