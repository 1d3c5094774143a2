"""Alarms. One that is cleared never changes, none is deleted."""

from django.db import migrations, models

FROZEN = """
CREATE TRIGGER settlement_alarm_cleared BEFORE UPDATE ON settlement_alarm FOR EACH ROW
WHEN (OLD.cleared_at IS NOT NULL) EXECUTE FUNCTION settlement_refuse();
CREATE TRIGGER settlement_alarm_kept BEFORE DELETE OR TRUNCATE ON settlement_alarm
FOR EACH STATEMENT EXECUTE FUNCTION settlement_refuse();
"""

UNDO = """
DROP TRIGGER settlement_alarm_cleared ON settlement_alarm;
DROP TRIGGER settlement_alarm_kept ON settlement_alarm;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("settlement", "0005_final_prices"),
    ]

    operations = [
        migrations.CreateModel(
            name="Alarm",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.TextField()),
                (
                    "subject",
                    models.TextField(
                        blank=True, help_text="what it is about; empty where a kind has but one"
                    ),
                ),
                ("words", models.TextField(help_text="what is wrong and what to do, for a person")),
                ("since", models.BigIntegerField()),
                ("last_seen", models.BigIntegerField()),
                ("cleared_at", models.BigIntegerField(null=True)),
                ("cleared_why", models.TextField(blank=True, default="")),
            ],
            options={
                "ordering": ["-id"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("cleared_at", None)),
                        fields=("kind", "subject"),
                        name="settlement_alarm_open_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("cleared_at", None), ("cleared_why", "")),
                            models.Q(
                                ("cleared_at__isnull", False), models.Q(("cleared_why", ""), _negated=True)
                            ),
                            _connector="OR",
                        ),
                        name="settlement_alarm_cleared_why",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("last_seen__gte", models.F("since"))),
                        name="settlement_alarm_seen",
                    ),
                ],
            },
        ),
        migrations.RunSQL(FROZEN, UNDO),
    ]
