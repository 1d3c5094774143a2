"""The three services, and the settings that go with them. A service whose URL is in the environment is not started."""

import json
import os
import secrets
from dataclasses import dataclass

from dev import accounts, anvil, postgres, redis
from dev.folders import ROOT, RunFolder, live_runs
from dev.supervisor import Supervisor

SIGNER = (
    "PUBLISHER_KEY",
    "PUBLISHER_KEYSTORE",
    "PUBLISHER_KEYSTORE_PASSWORD_FILE",
    "PUBLISHER_ADDRESS",
    "WEB3SIGNER_URL",
    "WEB3SIGNER_CLIENT_CERTIFICATE",
    "WEB3SIGNER_CA",
)
"""Settings that web and beat refuse to start with."""


@dataclass(frozen=True)
class Profile:
    """What differs between running, showing and testing."""

    name: str
    durable: bool
    block_seconds: int | None
    settings: dict[str, str]
    cancel_seconds: int = 60  # in which guardians can stop a price on the chain


RUN = Profile(
    "run",
    durable=True,
    block_seconds=1,
    settings={"FINALITY_DEPTH": "5", "CONFIRMATION_DEPTH": "3", "ROOT_SECONDS": "60"},
)
DEMO = Profile(
    "demo",
    durable=True,
    block_seconds=1,
    settings={
        "FINALITY_DEPTH": "2",
        "CONFIRMATION_DEPTH": "2",
        "BEAT_SECONDS": "5",
        "UNBONDING_DELAY": "30",
        "ROOT_SECONDS": "10",
    },
    cancel_seconds=3,
)
# Tests work as the tables' owner (Django's test runner makes the database) and take the app's role where they test it.
TEST = Profile(
    "test",
    durable=False,
    block_seconds=None,
    settings={
        "DATABASE_ROLE": "none",
        "FINALITY_DEPTH": "2",
        "CONFIRMATION_DEPTH": "2",
        "LOG_LEVEL": "WARNING",
        "OPERATOR_DEPOSITS": "1",
    },
)
BENCH = Profile("bench", durable=True, block_seconds=None, settings={**RUN.settings, "OPERATOR_DEPOSITS": "1"})

# A clock that the schedule drives, and a database that is emptied for each seed.
SOAK = Profile("soak", durable=False, block_seconds=None, settings={**TEST.settings, "CLOCK_TOLERANCE_SECONDS": "0"})


def start(profile: Profile, supervisor: Supervisor, run: RunFolder) -> dict[str, str]:
    """Start what the environment does not bring, and return the environment for every process of this run.

    It holds no key that pays: a signer's settings go to the worker alone (see processes).
    """
    given = {name: value for name, value in os.environ.items() if value and name not in SIGNER}
    defaults = {
        "DATABASE_URL": given.get("DATABASE_URL") or postgres.start(supervisor, run, durable=profile.durable),
        "REDIS_URL": given.get("REDIS_URL") or redis.start(supervisor, run),
        "RPC_URL": given.get("RPC_URL") or anvil.start(supervisor, run, block_seconds=profile.block_seconds),
        "SECRET_KEY": secrets.token_hex(32),
        "ALLOWED_HOSTS": "127.0.0.1,localhost",
        "HTTPS": "0",
        "PUBLIC_URL": "http://127.0.0.1:8000",  # the port is known once the web process has one
        "CHAIN_ID": str(anvil.CHAIN_ID),
        "CONTRACTS_FILE": str(run.path / "contracts.json"),
        "SERVICE_KEY": accounts.key(accounts.SERVICE),
        "TREASURY_ADDRESS": accounts.address(accounts.TREASURY),
        "STATIC_ROOT": str(run.folder("static")),
        "PYTHONUNBUFFERED": "1",
        "PYTHONPATH": str(ROOT),
        **profile.settings,
    }
    return {**defaults, **given}


def note(run: RunFolder, env: dict[str, str]) -> None:
    """Leave the environment where `recall` finds it, readable by us alone."""
    file = run.path / "environment.json"
    file.touch(mode=0o600)
    ours = {name: value for name, value in env.items() if os.environ.get(name) != value}
    file.write_text(json.dumps(ours))


def recall() -> dict[str, str] | None:
    """The environment of a stack that is up in this checkout; the newest of several; None without any."""
    for folder in live_runs():
        file = folder / "environment.json"
        if file.exists():
            return {**os.environ, **json.loads(file.read_text())}
    return None


def signer() -> dict[str, str]:
    """The settings of who pays for transactions: the operator's, else a funded key of the development chain."""
    given = {name: os.environ[name] for name in SIGNER if os.environ.get(name)}
    return given or {"PUBLISHER_KEY": accounts.key(accounts.PUBLISHER)}
