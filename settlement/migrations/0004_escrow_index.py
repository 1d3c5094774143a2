"""Blocks, logs and state of the escrow's index; a log that has moved money never changes, none is deleted."""

import ledger.fields
from django.db import migrations, models

FROZEN = """
CREATE TRIGGER settlement_log_final BEFORE UPDATE ON settlement_escrowlog FOR EACH ROW
WHEN (OLD.state = 'FINAL') EXECUTE FUNCTION settlement_refuse();
CREATE TRIGGER settlement_log_frozen BEFORE UPDATE ON settlement_escrowlog FOR EACH ROW
WHEN ((NEW.id, NEW.kind, NEW.block, NEW.block_hash, NEW.tx, NEW.log_index, NEW.account, NEW.amount, NEW.message)
      IS DISTINCT FROM
      (OLD.id, OLD.kind, OLD.block, OLD.block_hash, OLD.tx, OLD.log_index, OLD.account, OLD.amount, OLD.message))
EXECUTE FUNCTION settlement_refuse();
CREATE TRIGGER settlement_log_kept BEFORE DELETE OR TRUNCATE ON settlement_escrowlog
FOR EACH STATEMENT EXECUTE FUNCTION settlement_refuse();
"""

UNDO = """
DROP TRIGGER settlement_log_final ON settlement_escrowlog;
DROP TRIGGER settlement_log_frozen ON settlement_escrowlog;
DROP TRIGGER settlement_log_kept ON settlement_escrowlog;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("settlement", "0003_roots"),
    ]

    operations = [
        migrations.CreateModel(
            name="EscrowBlock",
            fields=[
                ("number", models.BigIntegerField(primary_key=True, serialize=False)),
                ("hash", models.TextField(unique=True)),
                ("parent", models.TextField()),
                ("timestamp", models.BigIntegerField()),
            ],
            options={
                "ordering": ["-number"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("hash__regex", "^0x[0-9a-f]{64}$"), ("parent__regex", "^0x[0-9a-f]{64}$")
                        ),
                        name="settlement_block_words",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="EscrowIndex",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "chain",
                    models.TextField(
                        default="", help_text="hash of block 0: two development chains share a chain id"
                    ),
                ),
                (
                    "credited_to",
                    models.BigIntegerField(
                        default=-1, help_text="every log up to this block has moved its money"
                    ),
                ),
                ("looked_at", models.BigIntegerField(default=0)),
                (
                    "stale",
                    models.TextField(
                        blank=True, default="", help_text="why the nodes could not be believed last time"
                    ),
                ),
                (
                    "stopped",
                    models.TextField(
                        blank=True, default="", help_text="why nothing is read any more: an operator looks"
                    ),
                ),
                (
                    "problem",
                    models.TextField(
                        blank=True, default="", help_text="what does not add up; roots wait for it"
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "escrow index",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("id", 1)), name="settlement_escrowindex_single"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="EscrowLog",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.TextField(
                        choices=[
                            ("Deposited", "Deposited"),
                            ("Claimed", "Claimed"),
                            ("Exited", "Exited"),
                            ("RootPosted", "Root Posted"),
                            ("RootCancelled", "Root Cancelled"),
                            ("RootsEnded", "Roots Ended"),
                        ]
                    ),
                ),
                ("block", models.BigIntegerField()),
                ("block_hash", models.TextField()),
                ("tx", models.TextField()),
                ("log_index", models.PositiveIntegerField(help_text="in its block")),
                ("account", models.TextField(null=True)),
                ("amount", ledger.fields.WholeField(help_text="wei", null=True)),
                (
                    "message",
                    models.JSONField(help_text="every argument of the event, integers as decimal strings"),
                ),
                (
                    "state",
                    models.TextField(
                        choices=[("PENDING", "Pending"), ("FINAL", "Final"), ("GONE", "Gone")],
                        default="PENDING",
                    ),
                ),
                ("entry", models.BigIntegerField(help_text="seq of the Deposit in the book", null=True)),
            ],
            options={
                "ordering": ["-block", "-log_index"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "PENDING")),
                        fields=["block"],
                        name="settlement_log_pending",
                    ),
                    models.Index(fields=["account", "block"], name="settlement_log_account"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("block_hash", "log_index"), name="settlement_log_place"),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "GONE"), _negated=True),
                        fields=("tx", "log_index"),
                        name="settlement_log_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["PENDING", "FINAL", "GONE"])),
                        name="settlement_log_state",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("entry__isnull", False), ("kind", "Deposited"), ("state", "FINAL")),
                            models.Q(
                                models.Q(("kind", "Deposited"), ("state", "FINAL"), _negated=True),
                                ("entry", None),
                            ),
                            _connector="OR",
                        ),
                        name="settlement_log_credited",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "amount",
                                models.Func(
                                    models.F("amount"),
                                    function="trunc",
                                    output_field=ledger.fields.WholeField(),
                                ),
                            ),
                            ("amount__gte", 1),
                            ("amount__lt", 340282366920938463463374607431768211456),
                        ),
                        name="settlement_log_amount_whole",
                    ),
                ],
            },
        ),
        migrations.RunSQL(FROZEN, UNDO),
    ]
