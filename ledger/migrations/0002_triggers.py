"""What no path can go around: who changes a balance, and that nothing is ever edited."""

from django.db import migrations

# Runs with its owner's rights, so that the app's role needs none on balances. It takes its locks in the order
# of the accounts' names, first on the rows it makes and then on all it changes: two inserts that touch the
# same accounts wait for each other and never deadlock. Each of its three statements sees what was committed
# while the one before it waited.
POST = """
CREATE FUNCTION ledger_post() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO public.ledger_account (name, balance)
    SELECT touched.name, 0
    FROM (SELECT debit AS name FROM posted UNION SELECT credit FROM posted) AS touched
    WHERE NOT EXISTS (SELECT FROM public.ledger_account AS account WHERE account.name = touched.name)
    ORDER BY touched.name
    ON CONFLICT (name) DO NOTHING;

    PERFORM FROM public.ledger_account
    WHERE name IN (SELECT debit FROM posted UNION SELECT credit FROM posted)
    ORDER BY name
    FOR NO KEY UPDATE;

    UPDATE public.ledger_account AS account
    SET balance = account.balance + net.change
    FROM (
        SELECT side.name, sum(side.change) AS change
        FROM (SELECT credit AS name, amount AS change FROM posted
              UNION ALL SELECT debit, -amount FROM posted) AS side
        GROUP BY side.name
    ) AS net
    WHERE account.name = net.name;
    RETURN NULL;
END
$$;

-- After the statement, not before each row: the foreign keys are checked at commit, when the accounts exist.
CREATE TRIGGER ledger_post AFTER INSERT ON ledger_transfer
REFERENCING NEW TABLE AS posted
FOR EACH STATEMENT EXECUTE FUNCTION ledger_post();
"""

UNDO_POST = """
DROP TRIGGER ledger_post ON ledger_transfer;
DROP FUNCTION ledger_post();
"""

# Statement triggers, because TRUNCATE passes row triggers.
REFUSE = """
CREATE FUNCTION ledger_refuse() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION '% on % is refused: the ledger is only ever added to by transfers', TG_OP, TG_TABLE_NAME
    USING ERRCODE = 'restrict_violation', CONSTRAINT = TG_NAME;
END
$$;

CREATE TRIGGER ledger_transfer_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_transfer
FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();

CREATE TRIGGER ledger_account_kept BEFORE DELETE OR TRUNCATE ON ledger_account
FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();

CREATE TRIGGER ledger_account_starts_empty BEFORE INSERT ON ledger_account
FOR EACH ROW WHEN (NEW.balance <> 0) EXECUTE FUNCTION ledger_refuse();

-- Depth 0 is a statement from outside any trigger; ledger_post's own update comes from depth 1.
CREATE TRIGGER ledger_account_by_transfer BEFORE UPDATE ON ledger_account
FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION ledger_refuse();
"""

UNDO_REFUSE = """
DROP TRIGGER ledger_account_by_transfer ON ledger_account;
DROP TRIGGER ledger_account_starts_empty ON ledger_account;
DROP TRIGGER ledger_account_kept ON ledger_account;
DROP TRIGGER ledger_transfer_append_only ON ledger_transfer;
DROP FUNCTION ledger_refuse();
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial")]

    operations = [
        migrations.RunSQL(POST, UNDO_POST),
        migrations.RunSQL(REFUSE, UNDO_REFUSE),
    ]
