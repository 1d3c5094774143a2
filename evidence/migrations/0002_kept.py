"""Evidence that an act carries is kept for ever, SQL by hand included; nothing of it is ever edited."""

from django.db import migrations

KEPT = """
CREATE FUNCTION evidence_kept() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    kept text;
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF TG_TABLE_NAME = 'evidence_file' THEN kept := OLD.document_id; ELSE kept := OLD.hash; END IF;
        IF NOT EXISTS (
            SELECT FROM public.oracle_act AS act
            JOIN public.evidence_document AS document ON document.expiry_id = act.expiry_id
            WHERE document.hash = kept AND act.message ->> 'evidence' = kept AND act.kind IN ('Report', 'Pledge')
        ) THEN
            RETURN OLD;
        END IF;
    ELSIF TG_TABLE_NAME = 'evidence_document' AND TG_OP = 'UPDATE' THEN
        IF (NEW.hash, NEW.expiry_id, NEW.canonical, NEW.size) = (OLD.hash, OLD.expiry_id, OLD.canonical, OLD.size)
           AND (OLD.waits OR NOT NEW.waits) THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION '% on % is refused: evidence of an act is kept', TG_OP, TG_TABLE_NAME
    USING ERRCODE = 'restrict_violation', CONSTRAINT = TG_NAME;
END
$$;
CREATE TRIGGER evidence_document_kept BEFORE UPDATE OR DELETE ON evidence_document
FOR EACH ROW EXECUTE FUNCTION evidence_kept();
CREATE TRIGGER evidence_document_whole BEFORE TRUNCATE ON evidence_document
FOR EACH STATEMENT EXECUTE FUNCTION evidence_kept();
CREATE TRIGGER evidence_file_kept BEFORE UPDATE OR DELETE ON evidence_file
FOR EACH ROW EXECUTE FUNCTION evidence_kept();
CREATE TRIGGER evidence_file_whole BEFORE TRUNCATE ON evidence_file
FOR EACH STATEMENT EXECUTE FUNCTION evidence_kept();
"""
UNDO_KEPT = """
DROP TRIGGER evidence_document_kept ON evidence_document;
DROP TRIGGER evidence_document_whole ON evidence_document;
DROP TRIGGER evidence_file_kept ON evidence_file;
DROP TRIGGER evidence_file_whole ON evidence_file;
DROP FUNCTION evidence_kept();
"""


class Migration(migrations.Migration):
    dependencies = [("evidence", "0001_initial")]

    operations = [migrations.RunSQL(KEPT, UNDO_KEPT)]
