"""A backup is a dump of the database and a manifest of what was in it, both of one moment (docs/operating/backup.md).

The manifest is small and holds no secret: it can lie elsewhere, and be compared with any database that claims to be
restored from the dump.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connections, transaction
from django.db.backends.postgresql.base import DatabaseWrapper
from psycopg import sql

from ledger.check import Finding, Tell

FORMAT = 1
CHUNK = 1 << 20
ADDRESSES = ("ORACLE_ADDRESS", "FACTORY_ADDRESS", "FEEDS_ADDRESS", "ESCROW_ADDRESS")


def silent(what: str, done: int, total: int) -> None:
    """For who does not want to know how far it is."""


class Failed(Exception):
    """A backup could not be made, in one line."""


def make(folder: Path, *, now: int, tell: Tell = silent) -> Path:
    """Write `assize-TIME.dump` and its manifest into a folder; the manifest's path.

    Both see the snapshot of one transaction, so acts may be taken meanwhile. Raises Failed; then neither file is left.
    """
    database = owner()
    name = f"assize-{datetime.fromtimestamp(now, UTC):%Y%m%dT%H%M%SZ}"
    dump, manifest = folder / f"{name}.dump", folder / f"{name}.json"
    if dump.exists() or manifest.exists():
        raise Failed(f"{dump} is there already")
    part = dump.with_suffix(".part")
    try:
        with transaction.atomic(using=database.alias), database.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            # pg_dump and counting take as long as they take, and hold no lock that anybody waits for.
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
            cursor.execute("SELECT pg_export_snapshot()")
            tell("dumping the database", 0, 0)
            _dump(database, part, cursor.fetchone()[0])
            content = {"format": FORMAT, "made_at": now, **describe(database, tell)}
        content["dump"] = {"file": dump.name, "bytes": part.stat().st_size, "sha256": digest(part, tell)}
        manifest.write_text(json.dumps(content, indent=1) + "\n")
        part.rename(dump)
    except OSError as error:
        raise Failed(f"{folder}: {error.strerror}") from error
    finally:
        part.unlink(missing_ok=True)
    return manifest


def describe(database: DatabaseWrapper, tell: Tell = silent) -> dict[str, Any]:
    """What is in a database: the book's head, every table's rows and their sum, migrations, and whose it is."""
    with database.cursor() as cursor:
        cursor.execute("SELECT seq, book, clock FROM oracle_bookhead WHERE id = 1")
        seq, book, clock = cursor.fetchone() or (0, "", 0)
        cursor.execute("SELECT name, balance::text FROM ledger_account ORDER BY name COLLATE \"C\"")
        balances = hashlib.sha256("".join(f"{name} {wei}\n" for name, wei in cursor).encode()).hexdigest()
        cursor.execute("SELECT app || '.' || name FROM django_migrations ORDER BY app, name")
        migrations = [name for (name,) in cursor.fetchall()]
        tables = sorted(database.introspection.table_names(cursor))
        rows = {}
        for number, table in enumerate(tables):
            tell(f"adding up {table}", number, len(tables))
            rows[table] = _rows(cursor, table)
    return {
        "chain": {"CHAIN_ID": settings.CHAIN_ID, **{name: getattr(settings, name) for name in ADDRESSES}},
        "book": {"seq": seq, "book": book, "clock": clock},
        "balances": balances,
        "migrations": migrations,
        "tables": rows,
    }


def differences(manifest: dict[str, Any], tell: Tell = silent) -> Iterator[Finding]:
    """What this database has otherwise than the manifest says. Before anything was written to it since its restore."""
    found = describe(owner(), tell)
    for part, rule in (
        ("chain", "the settings name the chain and contracts that the backup was made of"),
        ("book", "the book ends with the same entry and hash"),
        ("balances", "every balance is the same"),
        ("migrations", "the same migrations are applied"),
    ):
        said, here = manifest[part], found[part]
        yield Finding(rule, "" if said == here else f"manifest={_short(said, here)} here={_short(here, said)}")
    for table in sorted(manifest["tables"].keys() | found["tables"].keys()):
        said, here = manifest["tables"].get(table), found["tables"].get(table)
        yield Finding(f"{table} has the same rows", "" if said == here else f"manifest={said} here={here}")


def file_finding(manifest: dict[str, Any], dump: Path, tell: Tell = silent) -> Finding:
    """Whether the dump is the one that the manifest was written with."""
    said = manifest["dump"]["sha256"]
    here = digest(dump, tell)
    return Finding("the dump is the manifest's", "" if said == here else f"manifest={said} here={here}")


def read(manifest: Path) -> dict[str, Any]:
    """A manifest's content. Raises Failed where it is none."""
    try:
        content = json.loads(manifest.read_text(encoding="utf-8"))
    except OSError as error:
        raise Failed(f"{manifest}: {error.strerror}") from error
    except ValueError:
        content = None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise Failed(f"{manifest} is no manifest of a backup")
    return content


def digest(file: Path, tell: Tell = silent) -> str:
    """SHA-256 of a file, in hex."""
    done, total, found = 0, file.stat().st_size, hashlib.sha256()
    with file.open("rb") as content:
        while chunk := content.read(CHUNK):
            found.update(chunk)
            done += len(chunk)
            tell("hashing the dump, bytes", done, total)
    return found.hexdigest()


def owner() -> DatabaseWrapper:
    """The connection of who may read everything."""
    return connections["owner" if "owner" in connections else "default"]  # type: ignore[return-value]


def _dump(database: DatabaseWrapper, file: Path, snapshot: str) -> None:
    """By pg_dump, which gets the password where no other process sees it. Only we can read the file."""
    given = database.get_connection_params()
    names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "sslmode": "PGSSLMODE"}
    env = {**os.environ, **{names[key]: str(value) for key, value in given.items() if key in names and value}}
    command = ["pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}"]
    file.touch(mode=0o600)
    try:
        done = subprocess.run(
            [*command, f"--file={file}", f"--dbname={given['dbname']}"], env=env, capture_output=True, text=True
        )
    except FileNotFoundError:
        raise Failed("pg_dump is not on the PATH: install PostgreSQL's client, not older than the server") from None
    if done.returncode:
        older = "; install PostgreSQL's client, not older than the server" if "version mismatch" in done.stderr else ""
        raise Failed(f"pg_dump: {' '.join(done.stderr.split())}{older}")


def _rows(cursor: Any, table: str) -> dict[str, str | int]:
    """How many rows, and the sum of a hash of each: the same for the same rows in any order."""
    query = sql.SQL("SELECT count(*), coalesce(sum(hashtextextended(t::text, 0)), 0)::text FROM {} AS t")
    cursor.execute(query.format(sql.Identifier(table)))
    count, added = cursor.fetchone()
    return {"rows": count, "sum": added}


def _short(part: Any, other: Any) -> str:
    """What of a part differs from the other."""
    if isinstance(part, dict):
        return str({key: value for key, value in part.items() if other.get(key) != value})
    if isinstance(part, list):
        return str([each for each in part if each not in other])
    return str(part)
