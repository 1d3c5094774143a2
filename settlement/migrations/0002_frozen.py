"""What no path may go around, SQL by hand included: one payload for one nonce for ever (I-17), what was signed is what
stands here, and nothing follows FINAL or FAILED."""

from django.db import migrations

FROZEN = """
CREATE FUNCTION settlement_refuse() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION '% on % is refused', TG_OP, TG_TABLE_NAME
    USING ERRCODE = 'restrict_violation', CONSTRAINT = TG_NAME;
END
$$;
CREATE TRIGGER settlement_transaction_kept BEFORE DELETE OR TRUNCATE ON settlement_chaintransaction
FOR EACH STATEMENT EXECUTE FUNCTION settlement_refuse();
CREATE TRIGGER settlement_publication_kept BEFORE DELETE OR TRUNCATE ON settlement_publication
FOR EACH STATEMENT EXECUTE FUNCTION settlement_refuse();
CREATE TRIGGER settlement_item_kept BEFORE DELETE OR TRUNCATE ON settlement_publicationitem
FOR EACH STATEMENT EXECUTE FUNCTION settlement_refuse();
CREATE TRIGGER settlement_signature_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON settlement_attestorsignature
FOR EACH STATEMENT EXECUTE FUNCTION settlement_refuse();

CREATE TRIGGER settlement_transaction_frozen BEFORE UPDATE ON settlement_chaintransaction FOR EACH ROW
WHEN ((NEW.id, NEW.chain, NEW.sender, NEW.nonce, NEW.purpose, NEW.raw, NEW.hash)
      IS DISTINCT FROM (OLD.id, OLD.chain, OLD.sender, OLD.nonce, OLD.purpose, OLD.raw, OLD.hash))
EXECUTE FUNCTION settlement_refuse();
CREATE TRIGGER settlement_item_frozen BEFORE UPDATE ON settlement_publicationitem FOR EACH ROW
WHEN ((NEW.id, NEW.publication_id, NEW.position, NEW.expiry_id, NEW.attempt, NEW.price, NEW.transcript, NEW.payouts)
      IS DISTINCT FROM
      (OLD.id, OLD.publication_id, OLD.position, OLD.expiry_id, OLD.attempt, OLD.price, OLD.transcript, OLD.payouts)
      OR (NEW.live AND NOT OLD.live))
EXECUTE FUNCTION settlement_refuse();
CREATE TRIGGER settlement_publication_ended BEFORE UPDATE ON settlement_publication FOR EACH ROW
WHEN (OLD.stage IN ('FINAL', 'FAILED') AND NEW.stage IS DISTINCT FROM OLD.stage)
EXECUTE FUNCTION settlement_refuse();
"""

UNDO = """
DROP TRIGGER settlement_transaction_kept ON settlement_chaintransaction;
DROP TRIGGER settlement_transaction_frozen ON settlement_chaintransaction;
DROP TRIGGER settlement_publication_kept ON settlement_publication;
DROP TRIGGER settlement_publication_ended ON settlement_publication;
DROP TRIGGER settlement_item_kept ON settlement_publicationitem;
DROP TRIGGER settlement_item_frozen ON settlement_publicationitem;
DROP TRIGGER settlement_signature_kept ON settlement_attestorsignature;
DROP FUNCTION settlement_refuse();
"""


class Migration(migrations.Migration):
    dependencies = [("settlement", "0001_initial")]

    operations = [migrations.RunSQL(FROZEN, UNDO)]
