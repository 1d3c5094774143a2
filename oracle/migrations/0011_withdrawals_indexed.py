"""An account's withdrawals by an index of their own: one that acts much has few of them among all its acts."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("oracle", "0010_evidence_as_column")]

    operations = [
        migrations.AddIndex(
            model_name="act",
            index=models.Index(
                fields=["account", "seq"], name="oracle_act_withdrawals", condition=models.Q(("kind", "Withdrawal"))
            ),
        ),
    ]
