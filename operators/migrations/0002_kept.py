"""What was said is never edited, and the proposals that settlement kept stand here now."""

from django.db import migrations

REFUSE = """
CREATE FUNCTION operators_refuse() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION '% on % is refused: what people said and did stays as it is', TG_OP, TG_TABLE_NAME
    USING ERRCODE = 'restrict_violation', CONSTRAINT = TG_NAME;
END
$$;

CREATE TRIGGER operators_auditentry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON operators_auditentry
FOR EACH STATEMENT EXECUTE FUNCTION operators_refuse();

CREATE TRIGGER operators_proposal_kept BEFORE DELETE OR TRUNCATE ON operators_proposal
FOR EACH STATEMENT EXECUTE FUNCTION operators_refuse();
CREATE TRIGGER operators_proposal_frozen BEFORE UPDATE ON operators_proposal FOR EACH ROW
WHEN ((NEW.id, NEW.kind, NEW.subject, NEW.details, NEW.reason, NEW.plan, NEW.proposed_by_id, NEW.proposed_at,
       NEW.expires_at)
      IS DISTINCT FROM
      (OLD.id, OLD.kind, OLD.subject, OLD.details, OLD.reason, OLD.plan, OLD.proposed_by_id, OLD.proposed_at,
       OLD.expires_at)
      OR (OLD.approved_at IS NOT NULL
          AND (NEW.approved_by_id, NEW.approved_at, NEW.approved_plan)
              IS DISTINCT FROM (OLD.approved_by_id, OLD.approved_at, OLD.approved_plan))
      OR (OLD.begun_at IS NOT NULL AND NEW.begun_at IS DISTINCT FROM OLD.begun_at)
      OR (OLD.ended_at IS NOT NULL
          AND (NEW.approved_by_id, NEW.begun_at, NEW.ended_at, NEW.outcome)
              IS DISTINCT FROM (OLD.approved_by_id, OLD.begun_at, OLD.ended_at, OLD.outcome)))
EXECUTE FUNCTION operators_refuse();
"""

UNDO_REFUSE = """
DROP TRIGGER operators_proposal_frozen ON operators_proposal;
DROP TRIGGER operators_proposal_kept ON operators_proposal;
DROP TRIGGER operators_auditentry_append_only ON operators_auditentry;
DROP FUNCTION operators_refuse();
"""

# Approvals of before were of a cancel, whose plan nobody had kept: one that is still open has to be made again.
CARRY = """
INSERT INTO operators_proposal (id, kind, subject, details, reason, plan, proposed_by_id, proposed_at, expires_at,
                                approved_by_id, approved_at, approved_plan, ended_at, outcome)
SELECT id, kind, subject, jsonb_build_object('transaction', subject), reason, '{}', proposed_by_id, proposed_at, expires_at,
       approved_by_id, approved_at, '', ended_at, outcome
FROM settlement_proposal;
SELECT setval(pg_get_serial_sequence('operators_proposal', 'id'), greatest((SELECT max(id) FROM operators_proposal), 1),
              EXISTS (SELECT FROM operators_proposal));
"""


class Migration(migrations.Migration):
    dependencies = [("operators", "0001_initial"), ("settlement", "0011_prices_on_chain")]

    operations = [
        migrations.RunSQL(REFUSE, UNDO_REFUSE),
        migrations.RunSQL(CARRY, migrations.RunSQL.noop),
    ]
