"""What the role that the product works as may do: C-41 for every table, whoever owns it."""

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection

from assize import grants

pytestmark = pytest.mark.django_db


def tables() -> list[str]:
    with connection.cursor() as cursor:
        return connection.introspection.table_names(cursor)


def may(role: str, table: str, right: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT has_table_privilege(%s, %s, %s)", [role, table, right])
        return bool(cursor.fetchone()[0])


KEPT = {
    "ledger_transfer",
    "operators_auditentry",
    "oracle_act",
    "oracle_beat",
    "oracle_elector",
    "oracle_index",
    "disputes_rulingsignature",
}


def test_grants__tables_with_a_name__all_exist() -> None:
    assert set(tables()) >= grants.APPEND_ONLY | grants.READ_ONLY
    assert KEPT <= grants.APPEND_ONLY
    assert not grants.APPEND_ONLY & grants.READ_ONLY


def test_grants__every_table__nobody_but_its_owner_truncates_or_adds_triggers() -> None:
    allowed = [
        (t, r) for t in tables() for r in ("TRUNCATE", "TRIGGER", "REFERENCES") if may(grants.APP_ROLE, t, r)
    ]
    assert allowed == []


@pytest.mark.parametrize("table", sorted(grants.APPEND_ONLY | grants.READ_ONLY))
@pytest.mark.parametrize(
    "statement", ["DELETE FROM {}", "TRUNCATE {}", "DROP TABLE {}", "ALTER TABLE {} DISABLE TRIGGER ALL"]
)
def test_app_role__edits_an_append_only_table__refused(app_role: str, table: str, statement: str) -> None:
    with pytest.raises(DatabaseError, match="permission denied|must be owner"), connection.cursor() as cursor:
        cursor.execute(statement.format(table))


@pytest.mark.parametrize("table", sorted(grants.APPEND_ONLY))
def test_app_role__append_only_table__reads_and_adds_but_never_updates(table: str) -> None:
    assert rights(table) == {"SELECT", "INSERT"}


def rights(table: str) -> set[str]:
    return {right for right in ("SELECT", "INSERT", "UPDATE", "DELETE") if may(grants.APP_ROLE, table, right)}


@pytest.mark.parametrize("table", ["ledger_account", "django_migrations"])
def test_app_role__balances_and_migrations__reads_alone(table: str) -> None:
    assert rights(table) == {"SELECT"}


def test_app_role__ordinary_table__works_and_its_sequence_too(app_role: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO auth_group (name) VALUES ('observers') RETURNING id")
        cursor.execute("DELETE FROM auth_group WHERE id = %s", [cursor.fetchone()[0]])
        assert cursor.rowcount == 1


def test_app_role__makes_a_table_of_its_own__refused(app_role: str) -> None:
    with pytest.raises(DatabaseError, match="permission denied"), connection.cursor() as cursor:
        cursor.execute("CREATE TABLE public.smuggled (id int)")


def test_app_role__hangs_the_ledgers_trigger_on_a_table_of_its_own__refused(app_role: str) -> None:
    """It runs with its owner's rights: from there it would write balances that no transfer explains."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE smuggled (debit text, credit text, amount numeric)")
        with pytest.raises(DatabaseError, match="permission denied for function .*ledger_post"):
            cursor.execute(
                "CREATE TRIGGER smuggle AFTER INSERT ON smuggled REFERENCING NEW TABLE AS posted"
                " FOR EACH STATEMENT EXECUTE FUNCTION public.ledger_post()"
            )


def test_apply__a_right_too_many__is_taken_back() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"GRANT UPDATE ON ledger_transfer TO {grants.APP_ROLE}")
    assert may(grants.APP_ROLE, "ledger_transfer", "UPDATE")
    grants.apply(connection)
    assert not may(grants.APP_ROLE, "ledger_transfer", "UPDATE")


def test_migrate__run_again__changes_nothing_and_sets_the_rights(settings: object) -> None:
    settings.DATABASE_ROLE = grants.APP_ROLE  # type: ignore[attr-defined]
    with connection.cursor() as cursor:
        cursor.execute(f"GRANT DELETE ON oracle_act TO {grants.APP_ROLE}")
    call_command("migrate", verbosity=0)
    assert not may(grants.APP_ROLE, "oracle_act", "DELETE")
