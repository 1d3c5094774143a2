"""Stakes' changes by their time: an electorate is taken under the book's lock, and must not read every transfer."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ledger", "0002_triggers")]

    operations = [
        migrations.AddIndex(
            model_name="transfer",
            index=models.Index(
                fields=["at"],
                name="ledger_transfer_stakes",
                condition=models.Q(reason__in=["stake", "unstake", "slash", "voter_reward"]),
            ),
        ),
    ]
