"""Roots of what the escrow owes. What was signed is what stands here, and nothing follows FINAL or FAILED."""

import django.db.models.deletion
import ledger.fields
from django.db import migrations, models

FROZEN = """
CREATE TRIGGER settlement_root_kept BEFORE DELETE OR TRUNCATE ON settlement_root
FOR EACH STATEMENT EXECUTE FUNCTION settlement_refuse();
CREATE TRIGGER settlement_root_signature_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON settlement_rootsignature
FOR EACH STATEMENT EXECUTE FUNCTION settlement_refuse();
CREATE TRIGGER settlement_root_frozen BEFORE UPDATE ON settlement_root FOR EACH ROW
WHEN ((NEW.id, NEW.epoch, NEW.root, NEW.block, NEW.seq, NEW.accounts, NEW.debt)
      IS DISTINCT FROM (OLD.id, OLD.epoch, OLD.root, OLD.block, OLD.seq, OLD.accounts, OLD.debt)
      OR (NEW.document IS NOT NULL AND NEW.document IS DISTINCT FROM OLD.document))
EXECUTE FUNCTION settlement_refuse();
CREATE TRIGGER settlement_root_ended BEFORE UPDATE ON settlement_root FOR EACH ROW
WHEN (OLD.stage IN ('FINAL', 'FAILED') AND NEW.stage IS DISTINCT FROM OLD.stage)
EXECUTE FUNCTION settlement_refuse();
"""

UNDO = """
DROP TRIGGER settlement_root_kept ON settlement_root;
DROP TRIGGER settlement_root_frozen ON settlement_root;
DROP TRIGGER settlement_root_ended ON settlement_root;
DROP TRIGGER settlement_root_signature_kept ON settlement_rootsignature;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("settlement", "0002_frozen"),
    ]

    operations = [
        migrations.CreateModel(
            name="Root",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("epoch", models.BigIntegerField()),
                ("root", models.TextField()),
                (
                    "block",
                    models.BigIntegerField(help_text="deposits up to this block are counted, and no others"),
                ),
                ("seq", models.BigIntegerField(help_text="the last entry of the book that is counted")),
                ("accounts", models.PositiveIntegerField(help_text="number of leaves")),
                (
                    "debt",
                    ledger.fields.WholeField(
                        help_text="sum of all `entitled`: what was ever deposited, claims not taken off"
                    ),
                ),
                (
                    "document",
                    models.BinaryField(
                        help_text="the public file, deflated; dropped once it is no use any more", null=True
                    ),
                ),
                (
                    "stage",
                    models.TextField(
                        choices=[
                            ("PROPOSED", "PROPOSED"),
                            ("SIGNED", "SIGNED"),
                            ("SENT", "SENT"),
                            ("POSTED", "POSTED"),
                            ("FINAL", "FINAL"),
                            ("FAILED", "FAILED"),
                        ],
                        default="PROPOSED",
                    ),
                ),
                (
                    "reason",
                    models.TextField(blank=True, default="", help_text="why it failed, or why it waits"),
                ),
                ("created_at", models.BigIntegerField()),
                (
                    "final_at",
                    models.BigIntegerField(help_text="when it was first seen to be final", null=True),
                ),
                (
                    "transaction",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="root",
                        to="settlement.chaintransaction",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="RootRefusal",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("attestor", models.TextField()),
                ("text", models.TextField()),
                ("at", models.BigIntegerField()),
                (
                    "root",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="refusals",
                        to="settlement.root",
                    ),
                ),
            ],
            options={
                "ordering": ["root", "attestor"],
            },
        ),
        migrations.CreateModel(
            name="RootSignature",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("attestor", models.TextField()),
                ("signature", models.TextField()),
                ("at", models.BigIntegerField()),
                (
                    "root",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="signatures",
                        to="settlement.root",
                    ),
                ),
            ],
            options={
                "ordering": ["root", "attestor"],
            },
        ),
        migrations.AddConstraint(
            model_name="root",
            constraint=models.UniqueConstraint(
                condition=models.Q(("stage", "FAILED"), _negated=True),
                fields=("epoch",),
                name="settlement_root_one_live",
            ),
        ),
        migrations.AddConstraint(
            model_name="root",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("stage__in", ["PROPOSED", "SIGNED", "SENT", "POSTED", "FINAL", "FAILED"])
                ),
                name="settlement_root_stage",
            ),
        ),
        migrations.AddConstraint(
            model_name="root",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("final_at__isnull", False), ("stage", "FINAL")),
                    models.Q(models.Q(("stage", "FINAL"), _negated=True), ("final_at", None)),
                    _connector="OR",
                ),
                name="settlement_root_final_at",
            ),
        ),
        migrations.AddConstraint(
            model_name="root",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), ("stage", "FAILED"), _negated=True),
                name="settlement_root_says_why",
            ),
        ),
        migrations.AddConstraint(
            model_name="root",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "debt",
                        models.Func(
                            models.F("debt"), function="trunc", output_field=ledger.fields.WholeField()
                        ),
                    ),
                    ("debt__gte", 0),
                    ("debt__lt", 340282366920938463463374607431768211456),
                ),
                name="settlement_root_debt_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="rootrefusal",
            constraint=models.UniqueConstraint(
                fields=("root", "attestor"), name="settlement_root_refusal_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="rootsignature",
            constraint=models.UniqueConstraint(
                fields=("root", "attestor"), name="settlement_root_signature_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="rootsignature",
            constraint=models.CheckConstraint(
                condition=models.Q(("attestor__regex", "^0x[0-9a-f]{40}$")),
                name="settlement_root_signature_attestor",
            ),
        ),
        migrations.RunSQL(FROZEN, UNDO),
    ]
