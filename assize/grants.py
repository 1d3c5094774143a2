"""What the app's role may do to which table. It owns nothing, so that it can neither drop a trigger nor TRUNCATE.

The tables named here are append-only for it: PROTOCOL's acts, the ledger's transfers, the book's beats, indices,
electorates and guardians' signatures are never edited. Balances it can only read: the ledger's own trigger writes them.
"""

from django.db.backends.postgresql.base import DatabaseWrapper
from psycopg import sql

APP_ROLE = "assize_app"
APPEND_ONLY = frozenset(
    {
        "ledger_transfer",
        "operators_auditentry",
        "oracle_act",
        "oracle_beat",
        "oracle_elector",
        "oracle_index",
        "disputes_rulingsignature",
    }
)
UNTIL_ORPHANED = frozenset({"evidence_file"})
"""Never edited; deleted only where no act carries their document, which a trigger looks after."""
READ_ONLY = frozenset({"django_migrations", "ledger_account"})


def apply(connection: DatabaseWrapper, role: str = APP_ROLE) -> None:
    """Create the role where it is missing and give it exactly its rights in the current schema. Repeatable."""
    who = sql.Identifier(role)
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
        if cursor.fetchone() is None:
            cursor.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(who))
        # Superusers may take any role; anybody else has to be a member of it.
        cursor.execute("SELECT pg_has_role(current_user, %s, %s)", [role, _membership(connection)])
        if not cursor.fetchone()[0]:
            cursor.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(who))
        cursor.execute(sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(who))
        for table in connection.introspection.table_names(cursor):
            name = sql.Identifier(table)
            cursor.execute(sql.SQL("REVOKE ALL ON {} FROM {}").format(name, who))
            cursor.execute(sql.SQL("GRANT {} ON {} TO {}").format(sql.SQL(rights(table)), name, who))
        # Everybody may run a new function, so could hang the ledger's own trigger on a temporary table, and it would
        # write balances from there with its owner's rights. A trigger that stands fires without this right.
        cursor.execute(
            sql.SQL("REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA public FROM PUBLIC, {}").format(who)
        )
        cursor.execute(sql.SQL("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {}").format(who))


def rights(table: str) -> str:
    """The privileges of the app's role on one table."""
    if table in READ_ONLY:
        return "SELECT"
    if table in UNTIL_ORPHANED:
        return "SELECT, INSERT, DELETE"
    return "SELECT, INSERT" if table in APPEND_ONLY else "SELECT, INSERT, UPDATE, DELETE"


def _membership(connection: DatabaseWrapper) -> str:
    # From 16 on PostgreSQL tells being a member apart from the right to SET ROLE.
    return "SET" if int(connection.pg_version) >= 160_000 else "MEMBER"
