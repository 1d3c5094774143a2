"""A transaction is a nonce with its payload; what was signed for it are its attempts. PROPOSED is called PLANNED.

Old rows become a transaction with one attempt, their payload read from the signed bytes; what is mined or final says by
which transaction and in which block. There is no way back: the payload's own columns have no place in the old table.
"""

from typing import Any

import django.db.models.deletion
import ledger.fields
from django.conf import settings
from django.db import migrations, models
from eth_account.typed_transactions import TypedTransaction
from hexbytes import HexBytes

THAW = "DROP TRIGGER settlement_transaction_frozen ON settlement_chaintransaction;"

CARRY = """
UPDATE settlement_publication SET stage = 'PLANNED' WHERE stage = 'PROPOSED';
UPDATE settlement_root SET stage = 'PLANNED' WHERE stage = 'PROPOSED';
UPDATE settlement_publication AS publication
SET tx_hash = sent.hash, block_number = sent.block_number, block_hash = sent.block_hash
FROM settlement_chaintransaction AS sent
WHERE sent.id = publication.transaction_id AND publication.stage IN ('MINED', 'FINAL') AND sent.block_hash IS NOT NULL;
UPDATE settlement_publication SET stage = 'SENT' WHERE stage = 'MINED' AND block_hash IS NULL;
"""

FROZEN = """
CREATE TRIGGER settlement_transaction_frozen BEFORE UPDATE ON settlement_chaintransaction FOR EACH ROW
WHEN ((NEW.id, NEW.chain, NEW.sender, NEW.nonce, NEW.purpose, NEW."to", NEW.data, NEW.value, NEW.created_at)
      IS DISTINCT FROM
      (OLD.id, OLD.chain, OLD.sender, OLD.nonce, OLD.purpose, OLD."to", OLD.data, OLD.value, OLD.created_at))
EXECUTE FUNCTION settlement_refuse();
CREATE TRIGGER settlement_attempt_kept BEFORE DELETE OR TRUNCATE ON settlement_attempt
FOR EACH STATEMENT EXECUTE FUNCTION settlement_refuse();
CREATE TRIGGER settlement_attempt_frozen BEFORE UPDATE ON settlement_attempt FOR EACH ROW
WHEN ((NEW.id, NEW.transaction_id, NEW.number, NEW.raw, NEW.hash, NEW.gas, NEW.max_fee, NEW.tip, NEW.proposal_id,
       NEW.signed_at)
      IS DISTINCT FROM
      (OLD.id, OLD.transaction_id, OLD.number, OLD.raw, OLD.hash, OLD.gas, OLD.max_fee, OLD.tip, OLD.proposal_id,
       OLD.signed_at))
EXECUTE FUNCTION settlement_refuse();
CREATE TRIGGER settlement_proposal_kept BEFORE DELETE OR TRUNCATE ON settlement_proposal
FOR EACH STATEMENT EXECUTE FUNCTION settlement_refuse();
CREATE TRIGGER settlement_proposal_frozen BEFORE UPDATE ON settlement_proposal FOR EACH ROW
WHEN ((NEW.id, NEW.kind, NEW.subject, NEW.reason, NEW.proposed_by_id, NEW.proposed_at, NEW.expires_at)
      IS DISTINCT FROM
      (OLD.id, OLD.kind, OLD.subject, OLD.reason, OLD.proposed_by_id, OLD.proposed_at, OLD.expires_at)
      OR (OLD.approved_at IS NOT NULL
          AND (NEW.approved_by_id, NEW.approved_at) IS DISTINCT FROM (OLD.approved_by_id, OLD.approved_at))
      OR (OLD.ended_at IS NOT NULL
          AND (NEW.approved_by_id, NEW.ended_at, NEW.outcome)
              IS DISTINCT FROM (OLD.approved_by_id, OLD.ended_at, OLD.outcome)))
EXECUTE FUNCTION settlement_refuse();
"""


def carry(apps: Any, schema_editor: Any) -> None:
    """Old rows as transaction and attempt, by the connection that migrates: any other would wait for it for ever."""
    alias = schema_editor.connection.alias
    attempts = apps.get_model("settlement", "Attempt").objects.using(alias)
    for row in apps.get_model("settlement", "ChainTransaction").objects.using(alias).order_by("pk").iterator():
        said = TypedTransaction.from_bytes(HexBytes(row.raw)).as_dict()
        row.to, row.data, row.value = "0x" + said["to"].hex(), "0x" + said["data"].hex(), said["value"]
        row.save(update_fields=["to", "data", "value"])
        attempts.create(
            transaction=row,
            number=1,
            raw=row.raw,
            hash=row.hash,
            gas=said["gas"],
            max_fee=said["maxFeePerGas"],
            tip=said["maxPriorityFeePerGas"],
            signed_at=row.created_at,
            sent_at=row.sent_at,
        )
    schema_editor.execute(CARRY)
    # Foreign keys are looked at now: what still waits for that would keep the tables from being altered.
    schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE")


class Migration(migrations.Migration):
    dependencies = [
        ("settlement", "0009_series_index"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Attempt",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "number",
                    models.PositiveIntegerField(help_text="from 1; each pays more than the one before"),
                ),
                ("raw", models.TextField(help_text="the signed bytes")),
                ("hash", models.TextField(unique=True)),
                ("gas", models.BigIntegerField()),
                ("max_fee", ledger.fields.WholeField(help_text="wei per gas")),
                ("tip", ledger.fields.WholeField(help_text="wei per gas, part of max_fee")),
                ("signed_at", models.BigIntegerField()),
                ("sent_at", models.BigIntegerField(help_text="the last broadcast; null: at once", null=True)),
                (
                    "answer",
                    models.TextField(
                        blank=True,
                        choices=[
                            ("TAKEN", "TAKEN"),
                            ("ALREADY_KNOWN", "ALREADY_KNOWN"),
                            ("NONCE_TOO_LOW", "NONCE_TOO_LOW"),
                            ("UNDERPRICED", "UNDERPRICED"),
                            ("FEE_TOO_LOW", "FEE_TOO_LOW"),
                            ("NO_FUNDS", "NO_FUNDS"),
                            ("REFUSED", "REFUSED"),
                            ("NO_ANSWER", "NO_ANSWER"),
                        ],
                        default="",
                        help_text="to the last broadcast",
                    ),
                ),
                ("words", models.TextField(blank=True, default="", help_text="the node's own")),
            ],
            options={
                "ordering": ["transaction", "number"],
            },
        ),
        migrations.CreateModel(
            name="Proposal",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.TextField(help_text="one of settlement/services/proposals.py")),
                (
                    "subject",
                    models.TextField(help_text="what it is about, as its kind spells it: a transaction's id"),
                ),
                ("reason", models.TextField()),
                ("proposed_at", models.BigIntegerField()),
                ("expires_at", models.BigIntegerField(help_text="carried out before this second, or never")),
                ("approved_at", models.BigIntegerField(null=True)),
                ("ended_at", models.BigIntegerField(null=True)),
                ("outcome", models.TextField(blank=True, default="", help_text="what came of it")),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.AddField(
            model_name="attempt",
            name="transaction",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="attempts",
                to="settlement.chaintransaction",
            ),
        ),
        migrations.AddField(
            model_name="proposal",
            name="approved_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="approved",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="proposal",
            name="proposed_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="proposed",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="attempt",
            name="proposal",
            field=models.ForeignKey(
                help_text="by which two people cancelled the transaction",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="attempts",
                to="settlement.proposal",
            ),
        ),
        migrations.AddConstraint(
            model_name="proposal",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("approved_at", None), ("approved_by", None)),
                    models.Q(
                        ("approved_at__isnull", False),
                        ("approved_by__isnull", False),
                        models.Q(("approved_by", models.F("proposed_by")), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="settlement_proposal_two_people",
            ),
        ),
        migrations.AddConstraint(
            model_name="proposal",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_at", None), ("outcome", "")),
                    models.Q(("ended_at__isnull", False), models.Q(("outcome", ""), _negated=True)),
                    _connector="OR",
                ),
                name="settlement_proposal_says_what_came_of_it",
            ),
        ),
        migrations.AddConstraint(
            model_name="proposal",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("reason", ""), _negated=True), ("expires_at__gt", models.F("proposed_at"))
                ),
                name="settlement_proposal_says_why",
            ),
        ),
        migrations.AddConstraint(
            model_name="proposal",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at", None)),
                fields=("kind", "subject"),
                name="settlement_proposal_one_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="attempt",
            constraint=models.UniqueConstraint(
                fields=("transaction", "number"), name="settlement_attempt_number"
            ),
        ),
        migrations.AddConstraint(
            model_name="attempt",
            constraint=models.CheckConstraint(
                condition=models.Q(("number__gte", 1)), name="settlement_attempt_from_one"
            ),
        ),
        migrations.AddConstraint(
            model_name="attempt",
            constraint=models.CheckConstraint(
                condition=models.Q(("raw__regex", "^0x02[0-9a-f]+$")), name="settlement_attempt_raw"
            ),
        ),
        migrations.AddConstraint(
            model_name="attempt",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "max_fee",
                        models.Func(
                            models.F("max_fee"), function="trunc", output_field=ledger.fields.WholeField()
                        ),
                    ),
                    ("max_fee__gte", 0),
                    ("max_fee__lt", 340282366920938463463374607431768211456),
                ),
                name="settlement_attempt_max_fee_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="attempt",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "tip",
                        models.Func(
                            models.F("tip"), function="trunc", output_field=ledger.fields.WholeField()
                        ),
                    ),
                    ("tip__gte", 0),
                    ("tip__lt", 340282366920938463463374607431768211456),
                ),
                name="settlement_attempt_tip_whole",
            ),
        ),
        migrations.RemoveConstraint(
            model_name="chaintransaction",
            name="settlement_transaction_state",
        ),
        migrations.RemoveConstraint(
            model_name="chaintransaction",
            name="settlement_transaction_block",
        ),
        migrations.RemoveConstraint(
            model_name="chaintransaction",
            name="settlement_transaction_raw",
        ),
        migrations.RemoveConstraint(
            model_name="publication",
            name="settlement_publication_stage",
        ),
        migrations.RemoveConstraint(
            model_name="publication",
            name="settlement_publication_sent_has_transaction",
        ),
        migrations.RemoveConstraint(
            model_name="root",
            name="settlement_root_stage",
        ),
        migrations.AddField(
            model_name="chaintransaction",
            name="data",
            field=models.TextField(default=1),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="chaintransaction",
            name="reason",
            field=models.TextField(
                blank=True, default="", help_text="why it waits, where that is not for a block alone"
            ),
        ),
        migrations.AddField(
            model_name="chaintransaction",
            name="to",
            field=models.TextField(default=1),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="chaintransaction",
            name="value",
            field=ledger.fields.WholeField(default=0),
        ),
        migrations.AddField(
            model_name="publication",
            name="block_hash",
            field=models.TextField(null=True),
        ),
        migrations.AddField(
            model_name="publication",
            name="block_number",
            field=models.BigIntegerField(help_text="in which that was mined", null=True),
        ),
        migrations.AddField(
            model_name="publication",
            name="tx_hash",
            field=models.TextField(
                help_text="whose transaction the oracle has its prices by, the last of them", null=True
            ),
        ),
        migrations.RunSQL(THAW),
        migrations.RunPython(carry),
        migrations.RemoveField(
            model_name="chaintransaction",
            name="raw",
        ),
        migrations.RemoveField(
            model_name="chaintransaction",
            name="sent_at",
        ),
        migrations.AlterField(
            model_name="chaintransaction",
            name="hash",
            field=models.TextField(
                help_text="of the attempt that a block has, else of the newest", unique=True
            ),
        ),
        migrations.AlterField(
            model_name="chaintransaction",
            name="overtaken_block",
            field=models.BigIntegerField(
                help_text="head of the chain when its nonce was first seen to be used, and by none of its attempts",
                null=True,
            ),
        ),
        migrations.AlterField(
            model_name="chaintransaction",
            name="state",
            field=models.TextField(
                choices=[
                    ("SENT", "SENT"),
                    ("MINED", "MINED"),
                    ("CONFIRMED", "CONFIRMED"),
                    ("CANCELLED", "CANCELLED"),
                    ("DROPPED", "DROPPED"),
                ],
                default="SENT",
            ),
        ),
        migrations.AlterField(
            model_name="publication",
            name="stage",
            field=models.TextField(
                choices=[
                    ("PLANNED", "PLANNED"),
                    ("SIGNED", "SIGNED"),
                    ("SENT", "SENT"),
                    ("MINED", "MINED"),
                    ("FINAL", "FINAL"),
                    ("FAILED", "FAILED"),
                ],
                default="PLANNED",
            ),
        ),
        migrations.AlterField(
            model_name="publicationitem",
            name="live",
            field=models.BooleanField(
                default=True, help_text="false once failed or cancelled: then it is planned again"
            ),
        ),
        migrations.AlterField(
            model_name="root",
            name="stage",
            field=models.TextField(
                choices=[
                    ("PLANNED", "PLANNED"),
                    ("SIGNED", "SIGNED"),
                    ("SENT", "SENT"),
                    ("POSTED", "POSTED"),
                    ("FINAL", "FINAL"),
                    ("FAILED", "FAILED"),
                ],
                default="PLANNED",
            ),
        ),
        migrations.AddConstraint(
            model_name="chaintransaction",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["SENT", "MINED", "CONFIRMED", "CANCELLED", "DROPPED"])),
                name="settlement_transaction_state",
            ),
        ),
        migrations.AddConstraint(
            model_name="chaintransaction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("block_hash__isnull", False),
                        ("block_number__isnull", False),
                        ("state__in", ["MINED", "CONFIRMED"]),
                        ("succeeded__isnull", False),
                    ),
                    models.Q(
                        ("block_hash__isnull", False),
                        ("block_number__isnull", False),
                        ("state", "CANCELLED"),
                        ("succeeded", None),
                    ),
                    models.Q(
                        ("block_hash", None),
                        ("block_number", None),
                        ("state__in", ["SENT", "DROPPED"]),
                        ("succeeded", None),
                    ),
                    _connector="OR",
                ),
                name="settlement_transaction_block",
            ),
        ),
        migrations.AddConstraint(
            model_name="chaintransaction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("data__regex", "^0x([0-9a-f]{2})*$"),
                    ("sender__regex", "^0x[0-9a-f]{40}$"),
                    ("to__regex", "^0x[0-9a-f]{40}$"),
                ),
                name="settlement_transaction_payload",
            ),
        ),
        migrations.AddConstraint(
            model_name="chaintransaction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "value",
                        models.Func(
                            models.F("value"), function="trunc", output_field=ledger.fields.WholeField()
                        ),
                    ),
                    ("value__gte", 0),
                    ("value__lt", 340282366920938463463374607431768211456),
                ),
                name="settlement_transaction_value_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="publication",
            constraint=models.CheckConstraint(
                condition=models.Q(("stage__in", ["PLANNED", "SIGNED", "SENT", "MINED", "FINAL", "FAILED"])),
                name="settlement_publication_stage",
            ),
        ),
        migrations.AddConstraint(
            model_name="publication",
            constraint=models.CheckConstraint(
                condition=models.Q(("stage", "SENT"), ("transaction", None), _negated=True),
                name="settlement_publication_sent_has_transaction",
            ),
        ),
        migrations.AddConstraint(
            model_name="publication",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("block_hash__isnull", False),
                        ("block_number__isnull", False),
                        ("stage__in", ["MINED", "FINAL"]),
                        ("tx_hash__isnull", False),
                    ),
                    models.Q(
                        models.Q(("stage__in", ["MINED", "FINAL"]), _negated=True),
                        ("block_hash", None),
                        ("block_number", None),
                        ("tx_hash", None),
                    ),
                    _connector="OR",
                ),
                name="settlement_publication_mined_has_block",
            ),
        ),
        migrations.AddConstraint(
            model_name="root",
            constraint=models.CheckConstraint(
                condition=models.Q(("stage__in", ["PLANNED", "SIGNED", "SENT", "POSTED", "FINAL", "FAILED"])),
                name="settlement_root_stage",
            ),
        ),
        migrations.RunSQL(FROZEN),
    ]
