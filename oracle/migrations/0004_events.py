"""Public events that are no acts, and where listings are noted for them."""

import django.db.models.deletion
from django.db import migrations, models

# By the database itself: whichever way an expiry is listed, it is told, in the same transaction. It waits without a
# place, so listing need not take the book's lock.
LISTED = """
CREATE FUNCTION oracle_note_listed() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO public.oracle_event (key, kind, expiry_id, data)
    VALUES ('listed:' || NEW.id, 'listed', NEW.id,
            jsonb_build_object('expiry_at', NEW.expiry_at::text, 'index', NEW.index_id));
    RETURN NULL;
END
$$;
CREATE TRIGGER oracle_expiry_listed AFTER INSERT ON oracle_expiry
FOR EACH ROW EXECUTE FUNCTION oracle_note_listed();
"""
UNDO_LISTED = """
DROP TRIGGER oracle_expiry_listed ON oracle_expiry;
DROP FUNCTION oracle_note_listed();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("oracle", "0003_finals_by_seq"),
    ]

    operations = [
        migrations.CreateModel(
            name="Event",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("seq", models.BigIntegerField(null=True)),
                ("n", models.PositiveIntegerField(null=True)),
                ("key", models.TextField(help_text="what happened, so that it is told once", unique=True)),
                ("kind", models.TextField()),
                ("at", models.BigIntegerField(null=True)),
                ("data", models.JSONField(default=dict)),
            ],
            options={
                "ordering": ["seq", "n"],
            },
        ),
        migrations.AddIndex(
            model_name="act",
            index=models.Index(
                condition=models.Q(("kind__in", ["Opened", "Electorate", "Ruling", "Outage", "Final"])),
                fields=["kind", "seq"],
                name="oracle_act_rare",
            ),
        ),
        migrations.AddField(
            model_name="event",
            name="expiry",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="oracle.expiry"
            ),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(condition=models.Q(("seq", None)), fields=["id"], name="oracle_event_waiting"),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(fields=["expiry", "seq", "n"], name="oracle_event_expiry"),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(models.F("kind"), models.F("seq"), models.F("n"), name="oracle_event_kind"),
        ),
        migrations.AddConstraint(
            model_name="event",
            constraint=models.UniqueConstraint(fields=("seq", "n"), name="oracle_event_place"),
        ),
        migrations.AddConstraint(
            model_name="event",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("n", None), ("seq", None)),
                    models.Q(
                        ("at__isnull", False), ("n__gte", 1), ("n__isnull", False), ("seq__isnull", False)
                    ),
                    _connector="OR",
                ),
                name="oracle_event_placed_whole",
            ),
        ),
        migrations.RunSQL(LISTED, UNDO_LISTED),
    ]
