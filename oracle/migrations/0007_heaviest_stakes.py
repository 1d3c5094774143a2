"""The heaviest stakes of an expiry and its milestones: looked up, however many act on it."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('oracle', '0006_reading'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='act',
            index=models.Index(condition=models.Q(('kind__in', ['Opened', 'Electorate', 'Ruling', 'Outage', 'Final'])), fields=['expiry', 'seq'], name='oracle_act_milestones'),
        ),
        migrations.AddIndex(
            model_name='act',
            index=models.Index(condition=models.Q(('kind__in', ['Report', 'Pledge'])), fields=['expiry', 'claim', '-amount', 'seq'], include=('kind', 'price'), name='oracle_act_stakes'),
        ),
    ]
