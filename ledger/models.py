"""The two tables of the book of bonds (DESIGN 4).

A transfer moves wei from one account to another and is never edited. Nobody writes a balance: a trigger on
the transfers does (migration 0002), so that no path, SQL by hand included, can make or lose one wei.
"""

from django.db import models
from django.db.models import F, Q

from ledger.fields import AMOUNT_LIMIT, WholeField, whole_check
from ledger.names import NAME_FORM, OUTSIDE


class Reason(models.TextChoices):
    """Why money moved, with the accounts it moves between."""

    DEPOSIT = "deposit"  # outside -> free
    FUND = "fund"  # outside -> treasury, for rewards
    STAKE = "stake"  # free -> stake
    UNSTAKE = "unstake"  # stake -> unbonding
    UNBONDED = "unbonded"  # unbonding -> free
    LOCK = "lock"  # free -> expiry: the bond of a report or a pledge
    RELEASE = "release"  # expiry -> free: an open pledge, whole
    REWARD = "reward"  # treasury or outside -> expiry, or back
    PAYOUT = "payout"  # expiry -> free: a stake less its forfeit, and what it gained
    FEE = "fee"  # expiry -> treasury
    SLASH = "slash"  # stake or unbonding -> expiry: a voter's cut
    VOTER_REWARD = "voter_reward"  # expiry -> stake
    WITHDRAWAL = "withdrawal"  # free -> withdrawing: asked for
    WITHDRAWN = "withdrawn"  # withdrawing -> outside: paid by the escrow


STAKE_REASONS = (Reason.STAKE, Reason.UNSTAKE, Reason.SLASH, Reason.VOTER_REWARD)
"""Every way in which a stake can change."""


class Account(models.Model):
    """Wei that belong together. The trigger creates the row with the first transfer that names it."""

    name = models.TextField(primary_key=True)
    balance = WholeField(default=0, help_text="wei")

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=Q(name__regex=NAME_FORM), name="ledger_account_name_form"),
            models.CheckConstraint(
                condition=Q(balance__gte=0) | Q(name=OUTSIDE), name="ledger_account_not_overdrawn"
            ),
            whole_check(
                "balance", least=1 - AMOUNT_LIMIT, below=AMOUNT_LIMIT, name="ledger_account_balance_whole"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Transfer(models.Model):
    """One movement of wei: `debit` pays, `credit` receives."""

    debit = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="+", db_column="debit", db_index=False
    )
    credit = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="+", db_column="credit", db_index=False
    )
    amount = WholeField(help_text="wei")
    key = models.TextField(help_text="made before the transfer; the same key twice is refused")
    at = models.BigIntegerField(help_text="unix seconds")
    entry = models.BigIntegerField(help_text="seq of the book's entry that caused it")
    reason = models.TextField(choices=Reason.choices)

    class Meta:
        ordering = ["id"]
        constraints = [
            whole_check("amount", least=1, below=AMOUNT_LIMIT, name="ledger_transfer_amount_whole"),
            models.CheckConstraint(condition=~Q(debit=F("credit")), name="ledger_transfer_two_accounts"),
            models.CheckConstraint(condition=Q(at__gte=0, entry__gte=0), name="ledger_transfer_times"),
            models.CheckConstraint(condition=Q(reason__in=Reason.values), name="ledger_transfer_reason"),
            models.UniqueConstraint(fields=["key"], name="ledger_transfer_key"),
        ]
        indexes = [
            models.Index(fields=["debit", "id"], name="ledger_transfer_debit"),
            models.Index(fields=["credit", "id"], name="ledger_transfer_credit"),
            models.Index(fields=["entry"], name="ledger_transfer_entry"),
            # Whoever opens a ballot looks back to the expiry instant, under the book's lock.
            models.Index(
                fields=["at"], name="ledger_transfer_stakes", condition=Q(reason__in=STAKE_REASONS)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount} wei {self.debit_id} -> {self.credit_id} ({self.reason})"
