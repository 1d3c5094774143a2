"""What no path may go around, SQL by hand included: acts and beats are never edited, what was listed stays listed,
a final price stays final (I-8, I-12)."""

from django.db import migrations

APPEND_ONLY = """
CREATE FUNCTION oracle_refuse() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION '% on % is refused: the book is only ever added to', TG_OP, TG_TABLE_NAME
    USING ERRCODE = 'restrict_violation', CONSTRAINT = TG_NAME;
END
$$;
CREATE TRIGGER oracle_act_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON oracle_act
FOR EACH STATEMENT EXECUTE FUNCTION oracle_refuse();
CREATE TRIGGER oracle_beat_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON oracle_beat
FOR EACH STATEMENT EXECUTE FUNCTION oracle_refuse();
CREATE TRIGGER oracle_index_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON oracle_index
FOR EACH STATEMENT EXECUTE FUNCTION oracle_refuse();
CREATE TRIGGER oracle_expiry_kept BEFORE DELETE OR TRUNCATE ON oracle_expiry
FOR EACH STATEMENT EXECUTE FUNCTION oracle_refuse();
CREATE TRIGGER oracle_elector_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON oracle_elector
FOR EACH STATEMENT EXECUTE FUNCTION oracle_refuse();
"""

UNDO_APPEND_ONLY = """
DROP TRIGGER oracle_act_append_only ON oracle_act;
DROP TRIGGER oracle_beat_append_only ON oracle_beat;
DROP TRIGGER oracle_index_append_only ON oracle_index;
DROP TRIGGER oracle_expiry_kept ON oracle_expiry;
DROP TRIGGER oracle_elector_kept ON oracle_elector;
DROP FUNCTION oracle_refuse();
"""

FROZEN = """
CREATE FUNCTION oracle_expiry_frozen() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF (NEW.id, NEW.slug, NEW.index_id, NEW.expiry_at, NEW.opens_at, NEW.terms)
       IS DISTINCT FROM (OLD.id, OLD.slug, OLD.index_id, OLD.expiry_at, OLD.opens_at, OLD.terms)
       OR (OLD.raised IS NOT NULL AND NEW.raised IS DISTINCT FROM OLD.raised) THEN
        RAISE EXCEPTION 'terms of % are frozen', OLD.slug
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'oracle_expiry_terms_frozen';
    END IF;
    IF OLD.stage = 'FINAL' AND (NEW.stage, NEW.price, NEW.decided_by, NEW.final_at, NEW.head)
       IS DISTINCT FROM (OLD.stage, OLD.price, OLD.decided_by, OLD.final_at, OLD.head) THEN
        RAISE EXCEPTION '% is final', OLD.slug
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'oracle_expiry_final';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER oracle_expiry_frozen BEFORE UPDATE ON oracle_expiry
FOR EACH ROW EXECUTE FUNCTION oracle_expiry_frozen();
"""

UNDO_FROZEN = """
DROP TRIGGER oracle_expiry_frozen ON oracle_expiry;
DROP FUNCTION oracle_expiry_frozen();
"""


class Migration(migrations.Migration):
    dependencies = [("oracle", "0001_initial")]

    operations = [
        migrations.RunSQL(APPEND_ONLY, UNDO_APPEND_ONLY),
        migrations.RunSQL(FROZEN, UNDO_FROZEN),
    ]
