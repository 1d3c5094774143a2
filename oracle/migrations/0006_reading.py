"""Orders that pages list by, and what an account has bonded: looked up, not sorted or scanned."""


import protocol.stages
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('oracle', '0005_evidence_of_acts'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='act',
            index=models.Index(condition=models.Q(('kind__in', ['Report', 'Pledge'])), fields=['account', 'expiry'], name='oracle_act_bonds'),
        ),
        migrations.AddIndex(
            model_name='act',
            index=models.Index(condition=models.Q(('kind', 'Deposit'), ('message__block', '0')), fields=['seq'], name='oracle_act_by_word'),
        ),
        migrations.AddIndex(
            model_name='expiry',
            index=models.Index(fields=['expiry_at', 'id'], name='oracle_expiry_in_order'),
        ),
        migrations.AddIndex(
            model_name='expiry',
            index=models.Index(condition=models.Q(('stage', protocol.stages.Stage['FINAL'])), fields=['final_at', 'id'], name='oracle_expiry_finals'),
        ),
    ]
