"""Which price a claim is for decides who is right, and what filled it who pays: neither is ever edited, by SQL neither.

While a claim is open its pledges and its round grow, and each round works its bond out once. Filled, by exactly that
bond, or released, it stays as it is (PROTOCOL 4, I-8).
"""

from django.db import migrations

FROZEN = """
CREATE TRIGGER oracle_claim_kept BEFORE DELETE OR TRUNCATE ON oracle_claim
FOR EACH STATEMENT EXECUTE FUNCTION oracle_refuse();
CREATE TRIGGER oracle_claim_frozen BEFORE UPDATE ON oracle_claim FOR EACH ROW
WHEN ((NEW.id, NEW.expiry_id, NEW.price) IS DISTINCT FROM (OLD.id, OLD.expiry_id, OLD.price)
      OR NEW.pledged < OLD.pledged OR NEW.round < OLD.round
      OR (NEW.round = OLD.round AND NEW.required <> OLD.required)
      OR (NEW.status = 'FILLED' AND NEW.pledged <> NEW.required)
      OR (OLD.status <> 'OPEN' AND NEW IS DISTINCT FROM OLD))
EXECUTE FUNCTION oracle_refuse();
"""

UNDO_FROZEN = """
DROP TRIGGER oracle_claim_frozen ON oracle_claim;
DROP TRIGGER oracle_claim_kept ON oracle_claim;
"""


class Migration(migrations.Migration):
    dependencies = [("oracle", "0008_paused")]

    operations = [migrations.RunSQL(FROZEN, UNDO_FROZEN)]
