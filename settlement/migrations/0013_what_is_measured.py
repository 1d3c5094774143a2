"""What metrics tell and only the chain knows: the signer's funds, what the escrow held when it was compared last."""

import ledger.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("settlement", "0012_proposals_of_operators"),
    ]

    operations = [
        migrations.AddField(
            model_name="chainstate",
            name="signer",
            field=models.TextField(
                blank=True, db_default="", default="", help_text="who pays for our transactions"
            ),
        ),
        migrations.AddField(
            model_name="chainstate",
            name="signer_at",
            field=models.BigIntegerField(db_default=0, default=0, help_text="when that was read"),
        ),
        migrations.AddField(
            model_name="chainstate",
            name="signer_wei",
            field=ledger.fields.WholeField(help_text="what it had, by a quorum", null=True),
        ),
        migrations.AddField(
            model_name="escrowindex",
            name="compared_at",
            field=models.BigIntegerField(db_default=0, default=0, help_text="when that was"),
        ),
        migrations.AddField(
            model_name="escrowindex",
            name="held_wei",
            field=ledger.fields.WholeField(
                help_text="what the escrow had in the block that was compared last", null=True
            ),
        ),
        migrations.AddField(
            model_name="escrowindex",
            name="owed_wei",
            field=ledger.fields.WholeField(help_text="what the ledger owed as of that block", null=True),
        ),
    ]
