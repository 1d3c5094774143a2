"""The head of the audit log stands in every root, and is frozen with it."""

from django.db import migrations, models

FROZEN = """
CREATE TRIGGER settlement_root_anchored BEFORE UPDATE ON settlement_root FOR EACH ROW
WHEN ((NEW.audit_seq, NEW.audit_head) IS DISTINCT FROM (OLD.audit_seq, OLD.audit_head))
EXECUTE FUNCTION settlement_refuse();
"""

UNDO = "DROP TRIGGER settlement_root_anchored ON settlement_root;"


class Migration(migrations.Migration):
    dependencies = [("settlement", "0013_what_is_measured")]

    operations = [
        migrations.AddField(
            model_name="root",
            name="audit_seq",
            field=models.BigIntegerField(help_text="where the audit log ended when it was proposed", null=True),
        ),
        migrations.AddField(
            model_name="root",
            name="audit_head",
            field=models.TextField(
                blank=True, default="", db_default="", help_text="its head there, which attestors keep"
            ),
        ),
        migrations.RunSQL(FROZEN, UNDO),
    ]
