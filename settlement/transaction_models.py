"""Transactions of the publisher and the attempts to get each into a block (I-17).

A transaction is a nonce and what it is used for; an attempt is one set of signed bytes for it. Chain, sender, nonce,
purpose and payload never change, and neither do an attempt's bytes: the database refuses it. Amounts are in wei.
"""

from django.db import models
from django.db.models import Q

from ledger.fields import AMOUNT_LIMIT, WholeField, whole_check
from settlement.chain.answers import Answer
from settlement.chain.client import Call, Price
from settlement.stages import UNDER_WAY, TransactionState

ADDRESS_FORM = r"^0x[0-9a-f]{40}$"


class ChainTransaction(models.Model):
    """One nonce of the publisher, and the one payload that it is used for."""

    chain = models.TextField(help_text="hash of block 0: two development chains share a chain id")
    sender = models.TextField()
    nonce = models.BigIntegerField()
    purpose = models.TextField(help_text="what it is for, as in `publication:12`")
    to = models.TextField()
    data = models.TextField()
    value = WholeField(default=0)
    created_at = models.BigIntegerField()
    state = models.TextField(
        choices=[(s.value, s.value) for s in TransactionState], default=TransactionState.SENT.value
    )
    hash = models.TextField(unique=True, help_text="of the attempt that a block has, else of the newest")
    reason = models.TextField(default="", blank=True, help_text="why it waits, where that is not for a block alone")
    block_number = models.BigIntegerField(null=True)
    block_hash = models.TextField(null=True)
    gas_used = models.BigIntegerField(null=True)
    succeeded = models.BooleanField(null=True)
    overtaken_block = models.BigIntegerField(
        null=True,
        help_text="head of the chain when its nonce was first seen to be used, and by none of its attempts",
    )

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["chain", "sender", "nonce"], name="settlement_transaction_nonce"),
            models.CheckConstraint(
                condition=Q(state__in=[s.value for s in TransactionState]),
                name="settlement_transaction_state",
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=[s.value for s in (TransactionState.MINED, TransactionState.CONFIRMED)],
                    block_number__isnull=False,
                    block_hash__isnull=False,
                    succeeded__isnull=False,
                )
                | Q(
                    state=TransactionState.CANCELLED.value,
                    block_number__isnull=False,
                    block_hash__isnull=False,
                    succeeded=None,
                )
                | Q(
                    state__in=[s.value for s in (TransactionState.SENT, TransactionState.DROPPED)],
                    block_number=None,
                    block_hash=None,
                    succeeded=None,
                ),
                name="settlement_transaction_block",
            ),
            models.CheckConstraint(
                condition=Q(to__regex=ADDRESS_FORM, sender__regex=ADDRESS_FORM, data__regex=r"^0x([0-9a-f]{2})*$"),
                name="settlement_transaction_payload",
            ),
            whole_check("value", least=0, below=AMOUNT_LIMIT, name="settlement_transaction_value_whole"),
        ]
        indexes = [
            models.Index(
                fields=["chain", "nonce"],
                name="settlement_transaction_open",
                condition=Q(state__in=[s.value for s in UNDER_WAY]),
            ),
            models.Index(fields=["purpose"], name="settlement_transaction_for"),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.hash}"

    @property
    def call(self) -> Call:
        """Its payload."""
        return Call(self.to, self.data, int(self.value))

    @property
    def newest(self) -> "Attempt":
        """The attempt that is sent now."""
        return self.attempts.order_by("-number")[0]


class Attempt(models.Model):
    """Signed bytes for a transaction's nonce. Only when it was sent, and what the node said, ever changes.

    One with a proposal carries no payload but an empty transfer to oneself, so that nothing comes of the nonce.
    """

    transaction = models.ForeignKey(ChainTransaction, on_delete=models.PROTECT, related_name="attempts")
    number = models.PositiveIntegerField(help_text="from 1; each pays more than the one before")
    raw = models.TextField(help_text="the signed bytes")
    hash = models.TextField(unique=True)
    gas = models.BigIntegerField()
    max_fee = WholeField(help_text="wei per gas")
    tip = WholeField(help_text="wei per gas, part of max_fee")
    proposal = models.ForeignKey(
        "operators.Proposal",
        null=True,
        on_delete=models.PROTECT,
        related_name="attempts",
        help_text="by which two people cancelled the transaction",
    )
    signed_at = models.BigIntegerField()
    sent_at = models.BigIntegerField(null=True, help_text="the last broadcast; null: at once")
    answer = models.TextField(
        choices=[(a.value, a.value) for a in Answer], default="", blank=True, help_text="to the last broadcast"
    )
    words = models.TextField(default="", blank=True, help_text="the node's own")

    class Meta:
        ordering = ["transaction", "number"]
        constraints = [
            models.UniqueConstraint(fields=["transaction", "number"], name="settlement_attempt_number"),
            models.CheckConstraint(condition=Q(number__gte=1), name="settlement_attempt_from_one"),
            models.CheckConstraint(condition=Q(raw__regex=r"^0x02[0-9a-f]+$"), name="settlement_attempt_raw"),
            whole_check("max_fee", least=0, below=AMOUNT_LIMIT, name="settlement_attempt_max_fee_whole"),
            whole_check("tip", least=0, below=AMOUNT_LIMIT, name="settlement_attempt_tip_whole"),
        ]

    def __str__(self) -> str:
        return f"attempt {self.number} of {self.transaction}"

    @property
    def price(self) -> Price:
        """What it may cost."""
        return Price(self.gas, int(self.max_fee), int(self.tip))
