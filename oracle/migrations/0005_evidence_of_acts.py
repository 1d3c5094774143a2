"""Whether an act carries an evidence document is asked by the document's hash."""

from django.db import migrations, models
from django.db.models.fields.json import KeyTextTransform


class Migration(migrations.Migration):
    dependencies = [("oracle", "0004_events")]

    operations = [
        migrations.AddIndex(
            model_name="act",
            index=models.Index(
                KeyTextTransform("evidence", "message"),
                condition=models.Q(("kind__in", ["Report", "Pledge"])),
                name="oracle_act_evidence",
            ),
        ),
    ]
