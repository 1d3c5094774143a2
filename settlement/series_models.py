"""Grids of series under way, and what the chain's final blocks say of every series (services/series_index.py)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from ledger.fields import WholeField, whole_check
from oracle.models import Expiry
from protocol.terms import MAX_PRICE

SUM_LIMIT = 2**256
"""Anybody can split a worthless token as often as they like, and merge it all at once."""
SUMS = ("split", "merged", "redeemed_p", "redeemed_n", "paid_p", "paid_n")


class SeriesBatch(models.Model):
    """Strikes that one transaction of the factory creates. Written with the transaction, never changed: its call can be
    built again from here (`series:12` is the purpose of batch 12)."""

    expiry = models.ForeignKey(Expiry, on_delete=models.PROTECT, related_name="+")
    collateral = models.TextField()
    strikes = models.JSONField(help_text="decimal strings, 18 decimals, ascending")
    created_at = models.BigIntegerField()
    proposal = models.ForeignKey(
        "operators.Proposal",
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="by which two people asked for it; null: somebody at a shell",
    )

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "series batches"
        indexes = [models.Index(fields=["expiry", "collateral"], name="settlement_batch_grid")]

    def __str__(self) -> str:
        return f"{len(self.strikes)} strikes on {self.expiry_id}"


class ChainSeries(models.Model):
    """A series that the factory has made, whoever asked for it, and the sums of its logs in final blocks.

    `split` and `merged` count units, each of one P, one N and one base unit of collateral; `redeemed_p` and
    `redeemed_n` units burnt at the final price; `paid_p` and `paid_n` the base units of collateral that they brought.
    """

    address = models.TextField(primary_key=True)
    expiry = models.TextField(help_text="id; the expiry need not be listed here")
    expiry_at = models.BigIntegerField()
    strike = WholeField()
    collateral = models.TextField()
    p = models.TextField()
    n = models.TextField()
    block = models.BigIntegerField()
    block_hash = models.TextField()
    split = WholeField(default=0)
    merged = WholeField(default=0)
    redeemed_p = WholeField(default=0)
    redeemed_n = WholeField(default=0)
    paid_p = WholeField(default=0)
    paid_n = WholeField(default=0)
    price = WholeField(default=0, help_text="at which somebody has redeemed; 0: nobody has")
    is_redeemed = models.BooleanField(default=False, help_text="what is left of P and N pays nothing any more")

    class Meta:
        ordering = ["expiry", "collateral", "strike"]
        verbose_name_plural = "series on chain"
        constraints = [
            whole_check("strike", least=1, below=MAX_PRICE, name="settlement_chainseries_strike_whole"),
            whole_check("price", least=0, below=MAX_PRICE, name="settlement_chainseries_price_whole"),
            *(
                whole_check(name, least=0, below=SUM_LIMIT, name=f"settlement_chainseries_{name}_whole")
                for name in SUMS
            ),
        ]
        indexes = [models.Index(fields=["expiry"], name="settlement_chainseries_expiry")]

    def __str__(self) -> str:
        return f"series {self.address}"

    @property
    def units(self) -> int:
        """P, and as many N, that were made and not merged again."""
        return self.split - self.merged

    @property
    def left_p(self) -> int:
        return self.units - self.redeemed_p

    @property
    def left_n(self) -> int:
        return self.units - self.redeemed_n

    @property
    def paid(self) -> int:
        """Collateral that was redeemed, in base units."""
        return self.paid_p + self.paid_n

    @property
    def left(self) -> int:
        """Collateral that the series must still hold, in base units."""
        return self.units - self.paid

    @property
    def pays_no_more(self) -> bool:
        """Whether what is left of P and N would redeem for less than a base unit each."""
        p, n = min(self.strike, self.price), max(self.price - self.strike, 0)
        return self.price > 0 and self.left_p * p < self.price and self.left_n * n < self.price

    @property
    def adds_up(self) -> bool:
        """I-19: nobody was paid what was not put in, and nothing was burnt that was not minted."""
        return min(self.units, self.left_p, self.left_n, self.left) >= 0


class SeriesLog(models.Model):
    """A Split, Merge or Redeem in a final block; never changed."""

    class Kind(models.TextChoices):
        SPLIT = "Split"
        MERGE = "Merge"
        REDEEM = "Redeem"

    series = models.ForeignKey(ChainSeries, on_delete=models.PROTECT, related_name="logs")
    kind = models.TextField(choices=Kind.choices)
    block = models.BigIntegerField()
    block_hash = models.TextField()
    at = models.BigIntegerField(help_text="unix second of the block")
    tx = models.TextField()
    log_index = models.PositiveIntegerField(help_text="in its block")
    account = models.TextField()
    p_amount = WholeField()
    n_amount = WholeField()
    amount = WholeField(help_text="base units of collateral that came in (Split) or went out")

    class Meta:
        ordering = ["-block", "-log_index"]
        constraints = [
            models.UniqueConstraint(fields=["block", "log_index"], name="settlement_serieslog_place"),
            models.CheckConstraint(
                condition=Q(kind__in=["Split", "Merge", "Redeem"]), name="settlement_serieslog_kind"
            ),
            *(
                whole_check(name, least=0, below=SUM_LIMIT, name=f"settlement_serieslog_{name}_whole")
                for name in ("p_amount", "n_amount", "amount")
            ),
        ]
        indexes = [models.Index(fields=["series", "block"], name="settlement_serieslog_series")]

    def __str__(self) -> str:
        return f"{self.kind} {self.tx}:{self.log_index}"


class SeriesIndex(models.Model):
    """The one row that says how far the series are read. Its lock orders whoever writes."""

    chain = models.TextField(default="", help_text="hash of block 0: two development chains share a chain id")
    read_to = models.BigIntegerField(default=-1, help_text="all logs up to this final block are counted")
    read_to_hash = models.TextField(default="", blank=True)
    read_at = models.BigIntegerField(default=0, help_text="unix second of that block")
    stopped = models.TextField(default="", blank=True, help_text="why nothing is read any more: an operator looks")

    class Meta:
        verbose_name_plural = "series index"
        constraints = [models.CheckConstraint(condition=Q(id=1), name="settlement_seriesindex_single")]

    def __str__(self) -> str:
        return f"series index at block {self.read_to}"
