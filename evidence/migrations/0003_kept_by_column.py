"""Whether an act carries a document is asked of the acts' column, which has the index."""

from django.db import migrations

KEPT = """
CREATE OR REPLACE FUNCTION evidence_kept() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    kept text;
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF TG_TABLE_NAME = 'evidence_file' THEN kept := OLD.document_id; ELSE kept := OLD.hash; END IF;
        IF NOT EXISTS (
            SELECT FROM public.oracle_act AS act
            JOIN public.evidence_document AS document ON document.expiry_id = act.expiry_id
            WHERE document.hash = kept AND {carries}
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
"""
BY_COLUMN = KEPT.format(carries="act.evidence = kept")
BY_MESSAGE = KEPT.format(carries="act.message ->> 'evidence' = kept AND act.kind IN ('Report', 'Pledge')")


class Migration(migrations.Migration):
    dependencies = [("evidence", "0002_kept"), ("oracle", "0010_evidence_as_column")]

    operations = [migrations.RunSQL(BY_COLUMN, BY_MESSAGE)]
