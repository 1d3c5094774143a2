"""A reminder says until when one can act as it is when it is made; outages move that."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('alerts', '0002_votes'),
    ]

    operations = [
        migrations.AddField(
            model_name='delivery',
            name='deadline',
            field=models.BigIntegerField(help_text="of a reminder: the window's end when it was made", null=True),
        ),
    ]
