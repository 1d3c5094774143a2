"""What becomes of series and prices on the chain, noted for the list of public events (oracle/events.py).

By the database itself: whatever part of the program moves a publication, its event is written in the same transaction.
It waits without a place, so nobody here takes the book's lock.
"""

from django.db import migrations

NOTES = """
CREATE FUNCTION settlement_note_series() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO public.oracle_event (key, kind, expiry_id, data)
    VALUES ('series:' || NEW.address, 'series_created', NEW.expiry_id,
            jsonb_build_object('series', NEW.address, 'strike', NEW.strike::text, 'collateral', NEW.collateral))
    ON CONFLICT (key) DO NOTHING;
    RETURN NULL;
END
$$;
CREATE TRIGGER settlement_series_told AFTER INSERT ON settlement_series
FOR EACH ROW EXECUTE FUNCTION settlement_note_series();

CREATE FUNCTION settlement_note_publication() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    told text := CASE NEW.stage WHEN 'MINED' THEN 'published' WHEN 'FINAL' THEN 'final_on_chain' END;
BEGIN
    -- Once for each publication and expiry: a block that a reorganisation takes back is no news when it comes again.
    INSERT INTO public.oracle_event (key, kind, expiry_id, at, data)
    SELECT told || ':' || NEW.id || ':' || item.expiry_id, told, item.expiry_id, NEW.final_at,
           jsonb_build_object('publication', NEW.id::text, 'price', item.price::text)
    FROM public.settlement_publicationitem AS item
    WHERE item.publication_id = NEW.id AND item.live
    ORDER BY item.position
    ON CONFLICT (key) DO NOTHING;
    RETURN NULL;
END
$$;
CREATE TRIGGER settlement_publication_told AFTER UPDATE OF stage ON settlement_publication
FOR EACH ROW WHEN (NEW.stage IN ('MINED', 'FINAL') AND NEW.stage <> OLD.stage)
EXECUTE FUNCTION settlement_note_publication();
"""
UNDO = """
DROP TRIGGER settlement_publication_told ON settlement_publication;
DROP FUNCTION settlement_note_publication();
DROP TRIGGER settlement_series_told ON settlement_series;
DROP FUNCTION settlement_note_series();
"""


class Migration(migrations.Migration):
    dependencies = [("settlement", "0007_series_batches"), ("oracle", "0004_events")]

    operations = [migrations.RunSQL(NOTES, UNDO)]
