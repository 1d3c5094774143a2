"""The start of a process: settings are right, or it ends with one line for each problem."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from assize import manual
from dev.services import SIGNER

ROOT = Path(__file__).resolve().parents[2]


def start(**changes: str) -> subprocess.CompletedProcess[str]:
    """Load the settings in a process of their own, in this environment with changes."""
    env = {**os.environ, **changes}
    code = "from django.conf import settings; settings.DEBUG; print('started')"
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True)


def environment(**changes: str) -> dict[str, str]:
    return {"DJANGO_SETTINGS_MODULE": "assize.settings", "CONTRACTS_FILE": "", **changes}


def test_settings__all_given__start() -> None:
    done = start(**environment())
    assert (done.returncode, done.stdout, done.stderr) == (0, "started\n", "")


def test_settings__one_missing_one_wrong__two_lines_and_no_traceback() -> None:
    done = start(**environment(SECRET_KEY="", BEAT_SECONDS="3600"))
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "settings: SECRET_KEY is missing: signs sessions; at least 32 random characters",
        "settings: BEAT_SECONDS is wrong: 3600 is not between 1 and 60",
    ]


@pytest.mark.parametrize(
    "origin", ["assize.example", "https://assize.example/", "https://Assize.example", "ftp://a"]
)
def test_settings__public_url_is_no_origin__said(origin: str) -> None:
    done = start(**environment(PUBLIC_URL=origin))
    assert done.returncode == 1
    assert done.stderr.startswith(f"settings: PUBLIC_URL is wrong: {origin!r} is not https:// and a host")


def test_settings__public_url_over_http_but_https_wanted__said() -> None:
    done = start(**environment(PUBLIC_URL="http://assize.example", HTTPS="1"))
    assert done.stderr == "settings: PUBLIC_URL is wrong: it must begin with https:// where HTTPS is on\n"


def test_settings__contracts_file__gives_addresses_that_are_not_set(tmp_path: Path) -> None:
    file = tmp_path / "contracts.json"
    file.write_text(f'{{"oracle": "0x{"AA" * 20}", "factory": "0x{"BB" * 20}"}}')
    code = "from django.conf import settings as s; print(s.ORACLE_ADDRESS, s.FACTORY_ADDRESS)"
    env = environment(CONTRACTS_FILE=str(file), ORACLE_ADDRESS="", FACTORY_ADDRESS="0x" + "cc" * 20)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env={**os.environ, **env}, capture_output=True, text=True
    )
    assert done.stdout == f"0x{'aa' * 20} 0x{'cc' * 20}\n"


KEY = {"PUBLISHER_KEY": "0x" + "22" * 32}
KEYSTORE = {"PUBLISHER_KEYSTORE": "/nowhere/keystore", "PUBLISHER_KEYSTORE_PASSWORD_FILE": "/nowhere/password"}
WEB3SIGNER = {"WEB3SIGNER_URL": "http://localhost:1", "PUBLISHER_ADDRESS": "0x" + "0a" * 20}
CERTIFICATES = {"WEB3SIGNER_CLIENT_CERTIFICATE": "/nowhere/ours.pem", "WEB3SIGNER_CA": "/nowhere/ca.pem"}
BEAT = ("-m", "celery", "-A", "assize", "beat", "--schedule")
WORKER = ("-m", "celery", "-A", "assize", "worker")


def process(*command: str, **changes: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, **environment(**changes)}
    whole = [sys.executable, *command]
    return subprocess.run(whole, cwd=ROOT, env=env, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("given", [KEY, KEYSTORE, WEB3SIGNER, CERTIFICATES])
@pytest.mark.parametrize("name, command", [("web process", ("-c", "import assize.wsgi")), ("beat", BEAT)])
def test_process_that_signs_no_transactions__with_a_signer__does_not_start(
    name: str, command: tuple[str, ...], given: dict[str, str], tmp_path: Path
) -> None:
    done = process(*command, str(tmp_path / "schedule"), **given)
    assert done.returncode == 1
    wanted = {f"settings: {variable} is set: the {name} must not have it" for variable in given}
    assert {line for line in done.stderr.splitlines() if line.startswith("settings:")} == wanted


@pytest.mark.parametrize(
    "given, line",
    [
        ({}, "PUBLISHER_KEYSTORE or WEB3SIGNER_URL or PUBLISHER_KEY is missing: the worker cannot work without one"),
        (KEYSTORE, "/nowhere/password: No such file or directory"),
    ],
)
def test_worker__no_signer_or_one_that_is_wrong__does_not_start(given: dict[str, str], line: str) -> None:
    done = process(*WORKER, **given)
    assert done.returncode == 1
    assert f"settings: {line}" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "queues, given, line",
    [
        ("book", KEY, "PUBLISHER_KEY is set: the worker of book must not have it"),
        ("chain", KEY, "PUBLISHER_KEY is set: the worker of chain must not have it"),
        ("book,chain", KEYSTORE, "PUBLISHER_KEYSTORE is set: the worker of book, chain must not have it"),
        ("publish", {}, "PUBLISHER_KEYSTORE or WEB3SIGNER_URL or PUBLISHER_KEY is missing"),
        ("book", {"SERVICE_KEY": ""}, "SERVICE_KEY is missing: the worker cannot work without it"),
    ],
)
def test_worker_of_some_queues__a_key_too_many_or_too_few__does_not_start(
    queues: str, given: dict[str, str], line: str
) -> None:
    done = process(*WORKER, "-Q", queues, **given)
    assert done.returncode == 1
    assert f"settings: {line}" in done.stderr
    assert "Traceback" not in done.stderr


def test_web__without_the_service_s_key__does_not_start() -> None:
    done = process("-c", "import assize.wsgi", SERVICE_KEY="")
    assert (done.returncode, done.stderr) == (
        1,
        "settings: SERVICE_KEY is missing: the web process cannot work without it\n",
    )


@pytest.mark.parametrize(
    "given, line",
    [
        (KEY | WEB3SIGNER, "WEB3SIGNER_URL and PUBLISHER_KEY are set: at most one of "),
        ({"PUBLISHER_KEYSTORE": "/x"}, "PUBLISHER_KEYSTORE_PASSWORD_FILE is missing: PUBLISHER_KEYSTORE is of no use"),
        ({"PUBLISHER_ADDRESS": "0x" + "0a" * 20}, "WEB3SIGNER_URL is missing: PUBLISHER_ADDRESS is of no use"),
    ],
)
def test_settings__a_signer_that_cannot_be__one_line(given: dict[str, str], line: str) -> None:
    done = start(**environment(**given))
    assert done.returncode == 1
    (said,) = done.stderr.splitlines()
    assert said.startswith(f"settings: {line}")


def test_development__what_it_keeps_from_web_and_beat__is_what_they_refuse() -> None:
    assert set(SIGNER) == set(settings.SIGNER_SETTINGS)


def test_manual__settings_page__is_what_the_code_declares() -> None:
    page = ROOT / "docs" / "operating" / "settings.md"
    assert page.read_text() == manual.page(settings.ENVIRONMENT.variables)


def test_settings__as_in_production__django_s_deployment_check_has_nothing_to_say() -> None:
    key = "".join(chr(48 + n) for n in range(64))
    env = environment(PUBLIC_URL="https://a.example", HTTPS="1", DEBUG="0", SECRET_KEY=key)
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, **env}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def database_options(**changes: str) -> list[str]:
    """What the server is told at the start of a connection, of the processes and of the tables' owner."""
    code = "from django.conf import settings as s; [print(d['OPTIONS'].get('options')) for d in s.DATABASES.values()]"
    env = environment(LOCK_TIMEOUT_SECONDS="", IDLE_TRANSACTION_SECONDS="", **changes)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env={**os.environ, **env}, capture_output=True, text=True
    )
    return done.stdout.splitlines()


def test_settings__database__processes_wait_so_long_and_its_owner_as_long_as_it_takes() -> None:
    limits = "-c lock_timeout=20s -c idle_in_transaction_session_timeout=15s"
    assert database_options(DATABASE_ROLE="assize_app") == [f"{limits} -c role=assize_app", "None"]
    assert database_options(DATABASE_ROLE="none") == [limits]


def test_settings__database_url_with_options__keeps_them() -> None:
    url = "postgresql://me@host/name?options=-c%20work_mem%3D8MB"
    first, _ = database_options(DATABASE_ROLE="assize_app", DATABASE_URL=url)
    assert first.startswith("-c work_mem=8MB -c lock_timeout")
