"""A backup of a life that goes on, restored into another database, and proved there to the wei and to the hash."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection

from assize import backup
from dev.folders import ROOT
from dev.postgres import program_folder
from ledger import names
from ledger.models import Account
from oracle.models import Act, BookHead, Expiry
from oracle.services.acts import take_act
from oracle.services.opening import open_expiry
from protocol.terms import Terms
from protocol.transcript import verify
from tests.cast import ETHER, NO_EVIDENCE, person
from tests.db.conftest import terms  # noqa: F401
from tests.faults import retold
from tests.flows.conftest import VOTERS, list_short_expiry
from tests.flows.following import service
from tests.flows.story import OPENS_AT, PRICE, START, WINDOW, assert_sound, tick_along

pytestmark = pytest.mark.django_db(transaction=True)
OWNER, COPY = "backup_owner", "assize_restored"


@pytest.fixture(autouse=True)
def _client(monkeypatch: pytest.MonkeyPatch) -> None:
    """pg_dump and pg_restore as the server's; not older than it."""
    monkeypatch.setenv("PATH", f"{program_folder()}:{os.environ['PATH']}")


@pytest.fixture
def lived(terms: Terms) -> Expiry:  # noqa: F811
    """One expiry final, another one in its challenge window, stakes, an open withdrawal."""
    retold.enrich(START)
    retold.tell(START + 10, lambda now: tick_along(BookHead.objects.get().clock, now))
    now = BookHead.objects.get().clock
    for name in VOTERS:
        person(name).deposit(100 * ETHER, now)
        assert person(name).stake(10 * ETHER, now).refusal is None
    expiry = list_short_expiry(terms)
    tick_along(now, OPENS_AT)
    open_expiry(expiry_id=expiry.id, block=1, value_secured=0, now=OPENS_AT)
    for name in ("alice", "bob", "carol"):
        assert person(name).report(expiry.id, PRICE, ETHER, OPENS_AT + 1).refusal is None
    assert person("dave").send("Withdrawal", {"amount": ETHER, "nonce": 1}, OPENS_AT + 2).refusal is None
    tick_along(OPENS_AT + 2, OPENS_AT + WINDOW + 1)
    expiry.refresh_from_db()
    assert expiry.stage == "CHALLENGE"
    return expiry


def url(database: str, user: str = "") -> str:
    """The test server's address, for another database of it."""
    here = connection.settings_dict
    who = user or here["USER"]
    return f"postgresql://{who}@/{database}?host={quote(here['HOST'], safe='/')}&port={here['PORT']}"


@pytest.fixture
def copy() -> Iterator[str]:
    """An empty database whose owner is no superuser, and is gone afterwards."""
    name = f"{COPY}_{os.getpid()}"
    with psycopg.connect(url("postgres"), autocommit=True) as server:
        try:
            server.execute(f"CREATE ROLE {OWNER} LOGIN CREATEROLE")
        except psycopg.errors.DuplicateObject:
            pass
        server.execute(f"GRANT assize_app TO {OWNER} WITH ADMIN OPTION")
        server.execute(f"CREATE DATABASE {name} OWNER {OWNER}")
        yield name
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def restore(dump: Path, copy: str) -> None:
    """As docs/operating/backup.md says it."""
    command = ["pg_restore", "--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges"]
    subprocess.run([*command, f"--dbname={url(copy, OWNER)}", str(dump)], check=True)
    assert manage("migrate", "--verbosity", "0", on=copy, user=OWNER).returncode == 0


def manage(*command: str, on: str, user: str = OWNER) -> subprocess.CompletedProcess[str]:
    """A command in a process of its own, on another database, by the rights of the app's role."""
    env = {**os.environ, "DATABASE_URL": url(on, user), "DATABASE_ROLE": "assize_app"}
    env |= {"ORACLE_ADDRESS": settings.ORACLE_ADDRESS, "FACTORY_ADDRESS": settings.FACTORY_ADDRESS}
    whole = [sys.executable, "manage.py", *command]
    return subprocess.run(whole, cwd=ROOT, env=env, capture_output=True, text=True)


@contextmanager
def living_on(database: str) -> Iterator[None]:
    """This process works on another database, as the app's role."""
    here, options = connection.settings_dict["NAME"], connection.settings_dict["OPTIONS"]
    user = connection.settings_dict["USER"]
    connection.close()
    connection.settings_dict["NAME"], connection.settings_dict["USER"] = database, OWNER
    connection.settings_dict["OPTIONS"] = {**options, "options": "-c role=assize_app"}
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"], connection.settings_dict["USER"] = here, user
        connection.settings_dict["OPTIONS"] = options


def balances() -> dict[str, int]:
    return dict(Account.objects.values_list("name", "balance"))


def heads() -> dict[str, str]:
    return dict(Expiry.objects.values_list("slug", "head"))


def test_restore__of_a_life_that_went_on__equal_heads_and_balances_and_it_lives_on(
    lived: Expiry, copy: str, tmp_path: Path, capsys: Any
) -> None:
    call_command("backup", str(tmp_path))
    (manifest,), (dump,) = tmp_path.glob("*.json"), tmp_path.glob("*.dump")
    assert dump.stat().st_mode & 0o077 == 0
    before = balances(), heads(), BookHead.objects.values("seq", "book", "clock").get()
    person("bob").deposit(ETHER, OPENS_AT + WINDOW + 2)  # which the backup does not know

    restore(dump, copy)
    proved = manage("backup_verify", str(manifest), on=copy)
    assert proved.returncode == 0, proved.stdout + proved.stderr
    assert "FAIL" not in proved.stdout
    assert f"up to entry {before[2]['seq']} of the book, {before[2]['book']}" in proved.stdout.splitlines()[-1]

    with living_on(copy):
        assert (balances(), heads(), BookHead.objects.values("seq", "book", "clock").get()) == before
        now = OPENS_AT + WINDOW + 60
        pledge = {"expiry": lived.id, "round": 1, "price": 2 * PRICE, "amount": 8 * ETHER, "nonce": 1}
        pledge |= {"until": now + 60, "evidence": NO_EVIDENCE}
        answer = take_act(**person("dave").sign("Pledge", pledge), now=now)
        assert answer.refusal is None, answer.detail
        assert answer.receipt.message["seq"] == before[2]["seq"] + 1
        tick_along(now, now + 2 * WINDOW)
        assert_sound(*Expiry.objects.all())
        assert all(verify(service().transcript(expiry.id)).passed for expiry in Expiry.objects.all())
    assert Act.objects.get(kind="Deposit", seq=before[2]["seq"] + 1), "the first database went its own way"


def test_backup_verify__a_database_that_somebody_touched__says_what(lived: Expiry, copy: str, tmp_path: Path) -> None:
    call_command("backup", str(tmp_path))
    (manifest,), (dump,) = tmp_path.glob("*.json"), tmp_path.glob("*.dump")
    restore(dump, copy)
    account = names.free(person("alice").address)
    with psycopg.connect(url(copy), autocommit=True) as server:
        server.execute("ALTER TABLE ledger_account DISABLE TRIGGER USER")
        server.execute("ALTER TABLE oracle_act DISABLE TRIGGER USER")
        server.execute("UPDATE ledger_account SET balance = balance + 1 WHERE name = %s", [account])
        act = server.execute("SELECT seq FROM oracle_act WHERE kind = 'Report' ORDER BY seq LIMIT 1").fetchone()
        assert act is not None
        change = "UPDATE oracle_act SET message = jsonb_set(message, '{price}', '\"7\"') WHERE seq = %s"
        server.execute(change, [act[0]])
    touched = manage("backup_verify", str(manifest), on=copy)
    assert touched.returncode == 1
    wrong = [line.split(" manifest=")[0] for line in touched.stdout.splitlines() if line.startswith("FAIL")]
    assert wrong == [
        "FAIL every balance is the same",
        "FAIL ledger_account has the same rows",
        "FAIL oracle_act has the same rows",
    ]
    ledger, book = manage("ledger_check", on=copy), manage("book_check", on=copy)
    assert (ledger.returncode, book.returncode) == (1, 1)
    assert f"FAIL every balance is the sum of its transfers name={account}" in ledger.stdout
    assert f"entry {act[0]} (Report): its message is not what was signed" in book.stdout


def test_backup_verify__a_dump_that_somebody_changed__is_found_before_it_is_restored(
    db: None, tmp_path: Path, capsys: Any
) -> None:
    manifest = backup.make(tmp_path, now=START)
    call_command("backup_verify", "--file", str(manifest))
    assert capsys.readouterr().out == "OK   the dump is the manifest's\n"
    (dump,) = tmp_path.glob("*.dump")
    content = bytearray(dump.read_bytes())
    content[-1] ^= 1
    dump.write_bytes(content)
    with pytest.raises(SystemExit) as stopped:
        call_command("backup_verify", "--file", str(manifest))
    assert stopped.value.code == 1
    assert capsys.readouterr().out.startswith("FAIL the dump is the manifest's manifest=")


@pytest.mark.parametrize(
    ("says", "told"),
    [("no space", "pg_dump: no space$"), ("server version mismatch", "; install PostgreSQL's client, not older")],
)
def test_backup__pg_dump_fails__no_file_is_left(
    db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, says: str, told: str
) -> None:
    (tmp_path / "pg_dump").write_text(f"#!/bin/sh\necho '{says}' >&2\nexit 1\n")
    (tmp_path / "pg_dump").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    folder = tmp_path / "backups"
    folder.mkdir()
    with pytest.raises(backup.Failed, match=told):
        backup.make(folder, now=START)
    assert list(folder.iterdir()) == []


def test_manifest__of_another_kind__refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "other.json").write_text(json.dumps({"format": 99}))
    with pytest.raises(backup.Failed, match="is no manifest of a backup"):
        backup.read(tmp_path / "other.json")
