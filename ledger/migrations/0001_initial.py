"""The tables of the ledger with their CHECKs; the triggers that move the balances come in 0002."""

from django.db import migrations, models
from django.db.models import F, Q
from django.db.models.deletion import PROTECT

from ledger.fields import WholeField, whole_check

NAME_FORM = r"^((free|stake|unbonding|withdrawing):0x[0-9a-f]{40}|expiry:0x[0-9a-f]{64}|treasury|outside)$"

REASONS = [
    ("deposit", "Deposit"),
    ("fund", "Fund"),
    ("stake", "Stake"),
    ("unstake", "Unstake"),
    ("unbonded", "Unbonded"),
    ("lock", "Lock"),
    ("release", "Release"),
    ("reward", "Reward"),
    ("payout", "Payout"),
    ("fee", "Fee"),
    ("slash", "Slash"),
    ("voter_reward", "Voter Reward"),
    ("withdrawal", "Withdrawal"),
    ("withdrawn", "Withdrawn"),
]


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Account",
            fields=[
                ("name", models.TextField(primary_key=True, serialize=False)),
                ("balance", WholeField(default=0, help_text="wei")),
            ],
            options={
                "ordering": ["name"],
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(name__regex=NAME_FORM), name="ledger_account_name_form"
                    ),
                    models.CheckConstraint(
                        condition=Q(balance__gte=0) | Q(name="outside"), name="ledger_account_not_overdrawn"
                    ),
                    whole_check(
                        "balance", least=1 - 2**128, below=2**128, name="ledger_account_balance_whole"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Transfer",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "debit",
                    models.ForeignKey(
                        db_column="debit",
                        db_index=False,
                        on_delete=PROTECT,
                        related_name="+",
                        to="ledger.account",
                    ),
                ),
                (
                    "credit",
                    models.ForeignKey(
                        db_column="credit",
                        db_index=False,
                        on_delete=PROTECT,
                        related_name="+",
                        to="ledger.account",
                    ),
                ),
                ("amount", WholeField(help_text="wei")),
                (
                    "key",
                    models.TextField(help_text="made before the transfer; the same key twice is refused"),
                ),
                ("at", models.BigIntegerField(help_text="unix seconds")),
                ("entry", models.BigIntegerField(help_text="seq of the book's entry that caused it")),
                ("reason", models.TextField(choices=REASONS)),
            ],
            options={
                "ordering": ["id"],
                "constraints": [
                    whole_check("amount", least=1, below=2**128, name="ledger_transfer_amount_whole"),
                    models.CheckConstraint(
                        condition=~Q(debit=F("credit")), name="ledger_transfer_two_accounts"
                    ),
                    models.CheckConstraint(
                        condition=Q(at__gte=0, entry__gte=0), name="ledger_transfer_times"
                    ),
                    models.CheckConstraint(
                        condition=Q(reason__in=[reason for reason, _ in REASONS]),
                        name="ledger_transfer_reason",
                    ),
                    models.UniqueConstraint(fields=["key"], name="ledger_transfer_key"),
                ],
                "indexes": [
                    models.Index(fields=["debit", "id"], name="ledger_transfer_debit"),
                    models.Index(fields=["credit", "id"], name="ledger_transfer_credit"),
                    models.Index(fields=["entry"], name="ledger_transfer_entry"),
                ],
            },
        ),
    ]
