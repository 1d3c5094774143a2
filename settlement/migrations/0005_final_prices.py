"""Final prices as settlement has read them in the book: a look for unpublished ones need not read all expiries."""

from django.db import migrations, models
from django.db.models import Q
from django.db.models.deletion import PROTECT

KNOWN = """
INSERT INTO settlement_finalprice (seq, expiry_id, waiting)
SELECT act.seq, act.expiry_id, NOT EXISTS (
    SELECT FROM settlement_publicationitem AS item WHERE item.expiry_id = act.expiry_id AND item.live)
FROM oracle_act AS act WHERE act.kind = 'Final';
"""

FROZEN = """
CREATE TRIGGER settlement_final_kept BEFORE DELETE OR TRUNCATE ON settlement_finalprice
FOR EACH STATEMENT EXECUTE FUNCTION settlement_refuse();
CREATE TRIGGER settlement_final_frozen BEFORE UPDATE ON settlement_finalprice FOR EACH ROW
WHEN ((NEW.seq, NEW.expiry_id) IS DISTINCT FROM (OLD.seq, OLD.expiry_id))
EXECUTE FUNCTION settlement_refuse();
"""

UNDO = """
DROP TRIGGER settlement_final_kept ON settlement_finalprice;
DROP TRIGGER settlement_final_frozen ON settlement_finalprice;
"""


class Migration(migrations.Migration):
    dependencies = [("settlement", "0004_escrow_index"), ("oracle", "0003_finals_by_seq")]

    operations = [
        migrations.CreateModel(
            name="FinalPrice",
            fields=[
                (
                    "seq",
                    models.BigIntegerField(
                        primary_key=True, serialize=False, help_text="of the book's Final"
                    ),
                ),
                (
                    "expiry",
                    models.OneToOneField(on_delete=PROTECT, related_name="+", to="oracle.expiry"),
                ),
                (
                    "waiting",
                    models.BooleanField(default=True, help_text="no live item has it: it is to be proposed"),
                ),
            ],
            options={
                "ordering": ["seq"],
                "indexes": [
                    models.Index(fields=["seq"], name="settlement_final_waiting", condition=Q(waiting=True)),
                ],
            },
        ),
        migrations.RunSQL(KNOWN, migrations.RunSQL.noop),
        migrations.RunSQL(FROZEN, UNDO),
    ]
