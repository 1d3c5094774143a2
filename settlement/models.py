"""Series, publications and the transactions that carry them (DESIGN 3.5).

Ids and bytes are made and stored before anything is sent, so that a crash at any point is answered by doing the same
again. Prices have 18 decimals, money is in wei, times are unix seconds.
"""

from django.db import models
from django.db.models import Q

from ledger.fields import WholeField, whole_check
from oracle.models import Expiry
from protocol.terms import MAX_PRICE
from settlement.alarm_models import Alarm
from settlement.index_models import EscrowBlock, EscrowIndex, EscrowLog
from settlement.publisher_models import PublisherKey
from settlement.reconcile_models import ChainState, OracleRecord
from settlement.root_models import Root, RootRefusal, RootSignature
from settlement.series_models import ChainSeries, SeriesBatch, SeriesIndex, SeriesLog
from settlement.stages import PublicationStage
from settlement.transaction_models import Attempt, ChainTransaction

__all__ = [
    "Alarm", "Attempt", "AttestorRefusal", "AttestorSignature", "ChainSeries", "ChainState", "ChainTransaction",
    "EscrowBlock", "EscrowIndex", "EscrowLog", "OracleRecord", "Publication", "PublicationItem",
    "PublisherKey", "Root", "RootRefusal", "RootSignature", "Series", "SeriesBatch", "SeriesIndex", "SeriesLog",
]  # fmt: skip

ADDRESS_FORM = r"^0x[0-9a-f]{40}$"
ETH = "0x" + "00" * 20


class Series(models.Model):
    """P and N at one strike on one expiry, as it was found on chain after we had it created; or a foreign contract that
    settles by an expiry of ours, which has neither P nor N here."""

    class Origin(models.TextChoices):
        FACTORY = "factory"
        FOREIGN = "foreign"

    address = models.TextField(primary_key=True)
    origin = models.TextField(choices=Origin.choices, default=Origin.FACTORY)
    feed = models.TextField(default="", blank=True, help_text="that a foreign one reads; empty: the oracle itself")
    expiry = models.ForeignKey(Expiry, on_delete=models.PROTECT, related_name="series")
    strike = WholeField(help_text="18 decimals; 0: a foreign one that does not say")
    collateral = models.TextField(help_text="an ERC-20; zero address: ETH; empty: a foreign one does not say")
    decimals = models.PositiveSmallIntegerField(help_text="of the collateral, and so of P and N")
    p = models.TextField(blank=True)
    n = models.TextField(blank=True)
    p_symbol = models.TextField(blank=True)
    n_symbol = models.TextField(blank=True)
    created_block = models.BigIntegerField(help_text="of a foreign one: the final block in which it was looked at")
    created_block_hash = models.TextField()

    class Meta:
        ordering = ["expiry", "collateral", "strike"]
        verbose_name_plural = "series"
        constraints = [
            models.UniqueConstraint(
                fields=["expiry", "strike", "collateral"],
                condition=Q(origin="factory"),
                name="settlement_series_once",
            ),
            models.CheckConstraint(
                condition=Q(
                    origin="factory",
                    feed="",
                    strike__gte=1,
                    address__regex=ADDRESS_FORM,
                    collateral__regex=ADDRESS_FORM,
                    p__regex=ADDRESS_FORM,
                    n__regex=ADDRESS_FORM,
                )
                | Q(origin="foreign", address__regex=ADDRESS_FORM, p="", n="", p_symbol="", n_symbol=""),
                name="settlement_series_addresses",
            ),
            whole_check("strike", least=0, below=MAX_PRICE, name="settlement_series_strike_whole"),
        ]

    def __str__(self) -> str:
        return f"{self.expiry_id} at {self.strike}"


class Publication(models.Model):
    """A batch of at most 100 final prices that go on chain in one transaction (settlement/stages.py)."""

    stage = models.TextField(
        choices=[(s.value, s.value) for s in PublicationStage], default=PublicationStage.PLANNED
    )
    reason = models.TextField(default="", blank=True, help_text="why it failed, or why it waits")
    transaction = models.OneToOneField(
        ChainTransaction, null=True, on_delete=models.PROTECT, related_name="publication"
    )
    tx_hash = models.TextField(null=True, help_text="whose transaction the oracle has its prices by, the last of them")
    block_number = models.BigIntegerField(null=True, help_text="in which that was mined")
    block_hash = models.TextField(null=True)
    created_at = models.BigIntegerField()
    final_at = models.BigIntegerField(
        null=True, help_text="when the oracle's answer was first seen to be final"
    )

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(stage__in=[s.value for s in PublicationStage]),
                name="settlement_publication_stage",
            ),
            models.CheckConstraint(
                condition=~Q(stage=PublicationStage.SENT, transaction=None),
                name="settlement_publication_sent_has_transaction",
            ),
            models.CheckConstraint(
                condition=Q(
                    stage__in=[PublicationStage.MINED, PublicationStage.FINAL],
                    tx_hash__isnull=False,
                    block_number__isnull=False,
                    block_hash__isnull=False,
                )
                | (
                    ~Q(stage__in=[PublicationStage.MINED, PublicationStage.FINAL])
                    & Q(tx_hash=None, block_number=None, block_hash=None)
                ),
                name="settlement_publication_mined_has_block",
            ),
            models.CheckConstraint(
                condition=Q(stage=PublicationStage.FINAL, final_at__isnull=False)
                | (~Q(stage=PublicationStage.FINAL) & Q(final_at=None)),
                name="settlement_publication_final_at",
            ),
            models.CheckConstraint(
                condition=~Q(stage=PublicationStage.FAILED, reason=""), name="settlement_publication_says_why"
            ),
        ]
        indexes = [
            models.Index(
                fields=["stage", "id"],
                name="settlement_publication_open",
                condition=~Q(stage__in=[PublicationStage.FINAL, PublicationStage.FAILED]),
            )
        ]

    def __str__(self) -> str:
        return f"publication {self.pk}"


class PublicationItem(models.Model):
    """One Attestation (PROTOCOL 7): what the attestors sign about one expiry. Only `live` ever changes."""

    publication = models.ForeignKey(Publication, on_delete=models.PROTECT, related_name="items")
    position = models.PositiveSmallIntegerField()
    expiry = models.ForeignKey(Expiry, on_delete=models.PROTECT, related_name="publication_items")
    attempt = models.BigIntegerField(help_text="the oracle's running attempt when it was proposed")
    price = WholeField()
    transcript = models.TextField(help_text="the expiry's head after its last act")
    payouts = models.TextField(help_text="Merkle root, as in the book's Final")
    live = models.BooleanField(
        default=True, help_text="false once failed or cancelled: then it is planned again"
    )

    class Meta:
        ordering = ["publication", "position"]
        constraints = [
            models.UniqueConstraint(fields=["publication", "position"], name="settlement_item_position"),
            models.UniqueConstraint(
                fields=["expiry"], condition=Q(live=True), name="settlement_item_one_live"
            ),
            models.CheckConstraint(condition=Q(position__lt=100), name="settlement_item_at_most_100"),
            whole_check("price", least=1, below=MAX_PRICE, name="settlement_item_price_whole"),
        ]

    def __str__(self) -> str:
        return f"{self.expiry_id} attempt {self.attempt}"


class FinalPrice(models.Model):
    """An expiry that the book has made final, as settlement has read it there. Only `waiting` ever changes."""

    seq = models.BigIntegerField(primary_key=True, help_text="of the book's Final")
    expiry = models.OneToOneField(Expiry, on_delete=models.PROTECT, related_name="+")
    waiting = models.BooleanField(default=True, help_text="no live item has it: it is to be proposed")

    class Meta:
        ordering = ["seq"]
        indexes = [
            models.Index(fields=["seq"], name="settlement_final_waiting", condition=Q(waiting=True)),
        ]

    def __str__(self) -> str:
        return f"Final #{self.seq}"


class AttestorSignature(models.Model):
    """An attestor's signature over exactly the items of a publication."""

    publication = models.ForeignKey(Publication, on_delete=models.PROTECT, related_name="signatures")
    attestor = models.TextField()
    signature = models.TextField()
    at = models.BigIntegerField()

    class Meta:
        ordering = ["publication", "attestor"]
        constraints = [
            models.UniqueConstraint(fields=["publication", "attestor"], name="settlement_signature_once"),
            models.CheckConstraint(
                condition=Q(attestor__regex=ADDRESS_FORM), name="settlement_signature_attestor"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.attestor} on publication {self.publication_id}"


class AttestorRefusal(models.Model):
    """Why an attestor says that it does not sign. Unsigned words for the operator; the last ones of each."""

    publication = models.ForeignKey(Publication, on_delete=models.PROTECT, related_name="refusals")
    attestor = models.TextField()
    text = models.TextField()
    at = models.BigIntegerField()

    class Meta:
        ordering = ["publication", "attestor"]
        constraints = [
            models.UniqueConstraint(fields=["publication", "attestor"], name="settlement_refusal_once"),
        ]

    def __str__(self) -> str:
        return f"{self.attestor} on publication {self.publication_id}"
