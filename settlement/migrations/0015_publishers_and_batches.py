"""Who may sign our transactions stands in a row, and a batch of series names the two people who asked for it."""

import django.db.models.deletion
import django.db.models.functions.comparison
from django.db import migrations, models

FROZEN = """
CREATE TRIGGER settlement_publisherkey_kept BEFORE DELETE OR TRUNCATE ON settlement_publisherkey
FOR EACH STATEMENT EXECUTE FUNCTION settlement_refuse();
CREATE TRIGGER settlement_publisherkey_frozen BEFORE UPDATE ON settlement_publisherkey FOR EACH ROW
WHEN ((NEW.id, NEW.address, NEW.since, NEW.proposal_id) IS DISTINCT FROM (OLD.id, OLD.address, OLD.since, OLD.proposal_id)
      OR (OLD.until IS NOT NULL AND NEW.until IS DISTINCT FROM OLD.until))
EXECUTE FUNCTION settlement_refuse();
"""
UNDO = """
DROP TRIGGER settlement_publisherkey_kept ON settlement_publisherkey;
DROP TRIGGER settlement_publisherkey_frozen ON settlement_publisherkey;
"""


class Migration(migrations.Migration):
    dependencies = [("operators", "0002_kept"), ("settlement", "0014_root_anchors")]

    operations = [
        migrations.AddField(
            model_name="seriesbatch",
            name="proposal",
            field=models.ForeignKey(
                help_text="by which two people asked for it; null: somebody at a shell",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="operators.proposal",
            ),
        ),
        migrations.CreateModel(
            name="PublisherKey",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("address", models.TextField()),
                ("since", models.BigIntegerField()),
                (
                    "until",
                    models.BigIntegerField(help_text="from here on another one signs what is new", null=True),
                ),
                (
                    "proposal",
                    models.ForeignKey(
                        help_text="by which two people named it; null: it was the first to sign",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="operators.proposal",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("address__regex", "^0x[0-9a-f]{40}$")),
                        name="settlement_publisherkey_address",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("until", None), ("until__gte", models.F("since")), _connector="OR"
                        ),
                        name="settlement_publisherkey_until",
                    ),
                    models.UniqueConstraint(
                        django.db.models.functions.comparison.Coalesce("until", 0),
                        condition=models.Q(("until", None)),
                        name="settlement_publisherkey_one_signs",
                    ),
                    models.UniqueConstraint(
                        django.db.models.functions.comparison.Coalesce("proposal", 0),
                        name="settlement_publisherkey_one_is_first",
                    ),
                ],
            },
        ),
        migrations.RunSQL(FROZEN, UNDO),
    ]
