"""Batches of a strike grid, stored with the transaction that creates them."""

import django.db.models.deletion
from django.db import migrations, models

FROZEN = """
CREATE TRIGGER settlement_batch_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON settlement_seriesbatch
FOR EACH STATEMENT EXECUTE FUNCTION settlement_refuse();
"""
UNDO = "DROP TRIGGER settlement_batch_kept ON settlement_seriesbatch;"


class Migration(migrations.Migration):
    dependencies = [("settlement", "0006_alarms"), ("oracle", "0003_finals_by_seq")]

    operations = [
        migrations.CreateModel(
            name="SeriesBatch",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("collateral", models.TextField()),
                ("strikes", models.JSONField(help_text="decimal strings, 18 decimals, ascending")),
                ("created_at", models.BigIntegerField()),
                (
                    "expiry",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="oracle.expiry"
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "verbose_name_plural": "series batches",
                "indexes": [models.Index(fields=["expiry", "collateral"], name="settlement_batch_grid")],
            },
        ),
        migrations.RunSQL(FROZEN, UNDO),
    ]
