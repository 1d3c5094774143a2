"""The book's Finals in order: whoever publishes them looks for those after the last it has seen."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("oracle", "0002_frozen")]

    operations = [
        migrations.AddIndex(
            model_name="act",
            index=models.Index(
                fields=["seq"], name="oracle_act_finals", condition=models.Q(kind="Final")
            ),
        ),
    ]
