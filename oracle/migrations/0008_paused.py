"""Since when intake is paused; while it is, the book's clock stands still."""

from django.db import migrations, models
from django.db.models import F, Q


class Migration(migrations.Migration):
    dependencies = [("oracle", "0007_heaviest_stakes")]

    operations = [
        migrations.AddField(
            model_name="bookhead",
            name="paused_at",
            field=models.BigIntegerField(help_text="since when intake is paused", null=True),
        ),
        migrations.AddConstraint(
            model_name="bookhead",
            constraint=models.CheckConstraint(
                condition=Q(paused_at=None) | Q(clock=F("paused_at"), life_at=F("paused_at")),
                name="oracle_bookhead_paused_stands",
            ),
        ),
    ]
