"""Redis, worker and beat as programs of their own, on the test's database, and what can befall them."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import redis as redis_client
from django.db import connection

from assize import grants
from dev import accounts, redis
from dev.folders import ROOT, RunFolder
from dev.processes import CELERY
from dev.supervisor import Child, Supervisor

CLOCK_FILE = "FAULTS_CLOCK_FILE"
"""The variable that names the file which tests/faults/driven.py takes its clock from."""
PATIENCE_SECONDS = 120
"""What is waited for comes within seconds; only a test that fails waits so long."""


class Stage(Supervisor):
    """A supervisor that finds its children by name."""

    def __init__(self, logs: Path) -> None:
        super().__init__(logs, owns_process=False)
        self.children: dict[str, Child] = {}

    def start(self, name: str, argv: Sequence[str], **options: Any) -> Child:
        self.children[name] = super().start(name, argv, **options)
        return self.children[name]


@dataclass
class Celery:
    """The processes of one test. `app` is the module that holds the Celery app."""

    stage: Stage
    folder: Path
    env: dict[str, str]
    app: str

    @property
    def children(self) -> dict[str, Child]:
        return self.stage.children

    def worker(self, name: str = "worker") -> None:
        options = ("--concurrency", "2", "--loglevel", "INFO", "--without-gossip", "--without-mingle")
        pays = {"PUBLISHER_KEY": accounts.key(accounts.PUBLISHER)}
        self._start(name, ("worker", "--hostname", f"{name}@test", *options), pays)

    def beat(self, name: str = "beat") -> None:
        self._start(name, ("beat", "--loglevel", "INFO", "--schedule", str(self.folder / f"{name}-schedule")))

    def _start(self, name: str, arguments: tuple[str, ...], secrets: dict[str, str] | None = None) -> None:
        command, env = (*CELERY[:-1], self.app, *arguments), self.env | (secrets or {})
        self.stage.start(name, command, env=env, cwd=ROOT, end=signal.SIGKILL)

    def kill(self, name: str) -> None:
        """SIGKILL, to the process and all its children at once."""
        child = self.children.pop(name)
        os.killpg(child.process.pid, signal.SIGKILL)
        child.process.wait()

    def flush(self) -> None:
        """FLUSHALL: every message and every binding is gone."""
        with redis_client.Redis.from_url(self.env["REDIS_URL"]) as client:
            client.flushall()

    def kill_redis(self) -> Callable[[], Child]:
        """SIGKILL Redis; call what is returned to start it again, empty, at the same address."""
        command = self.children["redis"].process.args
        assert isinstance(command, list)
        self.kill("redis")
        return lambda: self.stage.start("redis", command, cwd=self.folder)

    def wait_until(self, ready: Callable[[], bool], what: str) -> None:
        """Poll until it is so; else say what the processes wrote last."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not ready():
            if time.monotonic() > deadline:
                said = "\n".join(f"{name}:\n{child.last_lines()}" for name, child in self.children.items())
                raise AssertionError(f"{what}: not within {PATIENCE_SECONDS} s\n{said}")
            time.sleep(0.1)


@contextmanager
def celery(app: str = "assize", **env: str) -> Iterator[Celery]:
    """A Redis of one's own, and the settings for worker and beat; all processes end with the test."""
    run = RunFolder("faults")
    try:
        with Stage(run.logs) as stage:
            given = {
                **os.environ,
                "DATABASE_URL": test_database(),
                "DATABASE_ROLE": grants.APP_ROLE,
                "REDIS_URL": redis.start(stage, run),
                "LOG_LEVEL": "INFO",
            }
            yield Celery(stage, run.folder("celery"), given | env, app)
    finally:
        run.close()


def test_database() -> str:
    """The address of the database that this test writes to, for a process of its own."""
    parts = urlsplit(os.environ["DATABASE_URL"])
    return urlunsplit(parts._replace(path="/" + connection.settings_dict["NAME"]))
