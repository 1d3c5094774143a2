"""What tests of every folder may ask for."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import caches
from django.core.management.color import Style
from django.db import connection
from django.db.backends.postgresql.operations import DatabaseOperations

from assize import grants
from dev import anvil
from dev.folders import RunFolder
from dev.supervisor import Supervisor

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder next to the checkout with the law and its worked cases."""
    if not SHARED.is_dir():
        pytest.skip(
            f"{SHARED} is not there: it holds the worked cases and lies beside a developer's checkout"
        )
    return SHARED


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """The test database, and the app's role, made once: roles belong to the server, which test processes share."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(7)")
        grants.apply(connection)
        cursor.execute("SELECT pg_advisory_unlock(7)")


@pytest.fixture(autouse=True)
def empty_caches() -> None:
    """A process has one database for life, and its caches believe so; a test process has one for each test."""
    for name in settings.CACHES:
        caches[name].clear()


@pytest.fixture
def app_role(db: None) -> str:
    """Work as the role that the product works as, until the test's transaction is rolled back."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE {grants.APP_ROLE}")
    return grants.APP_ROLE


@pytest.fixture
def redis_url() -> str:
    """The broker."""
    return str(settings.REDIS_URL)


@pytest.fixture
def rpc_url() -> str:
    """The development chain that all test processes share; `own_rpc_url` is one of one's own."""
    return str(settings.RPC_URL)


@pytest.fixture(scope="session")
def own_rpc_url() -> Iterator[str]:
    """A development chain of this test process alone, for tests that reorganise, warp or stop it."""
    run = RunFolder("chain")
    try:
        with Supervisor(run.logs, owns_process=False) as supervisor:
            yield anvil.start(supervisor, run)
    finally:
        run.close()


@pytest.fixture(autouse=True, scope="session")
def flush_past_triggers() -> Iterator[None]:
    """Tests with real commits clean up by TRUNCATE, which append-only tables refuse: switch their triggers off for it.

    As the tables' owner, in the same transaction; the product's role can do neither.
    """
    with pytest.MonkeyPatch.context() as patch:
        plain = DatabaseOperations.sql_flush

        def sql_flush(self: DatabaseOperations, style: Style, tables: list[str], **kwargs: Any) -> list[str]:
            guarded = [self.quote_name(name) for name in _with_triggers(self.connection) if name in tables]
            return [
                *(f"ALTER TABLE {name} DISABLE TRIGGER USER" for name in guarded),
                *plain(self, style, tables, **kwargs),
                *(f"ALTER TABLE {name} ENABLE TRIGGER USER" for name in guarded),
            ]

        patch.setattr(DatabaseOperations, "sql_flush", sql_flush)
        yield


def _with_triggers(db: Any) -> list[str]:
    with db.cursor() as cursor:
        cursor.execute("SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal")
        return [name for (name,) in cursor.fetchall()]
