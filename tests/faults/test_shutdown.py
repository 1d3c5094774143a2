"""C-13: PostgreSQL is shut down at once, as by a crash of its machine, while a web process takes acts."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.conf import settings

from dev import postgres
from dev.folders import ROOT, RunFolder
from dev.ports import free_port
from dev.processes import BIN, MANAGE
from tests.cast import ETHER, person
from tests.faults.processes import Stage

SENDERS = ("alice", "bob", "carol")
SHUTDOWNS = 3
ACTS_BETWEEN = 20


@dataclass
class Service:
    """A PostgreSQL that keeps what it has said to be kept, and a web process on it."""

    stage: Stage
    env: dict[str, str]
    port: int
    broken: int = 0
    taken: list[dict[str, Any]] = field(default_factory=list)

    def manage(self, *arguments: str) -> None:
        subprocess.run([*MANAGE, *arguments], cwd=ROOT, env=self.env, check=True, capture_output=True)

    def shut_down(self) -> None:
        """SIGQUIT: nothing is written any more. Then the same server again, which recovers."""
        child = self.stage.children.pop("postgres")
        child.process.send_signal(signal.SIGQUIT)
        child.process.wait()
        command = child.process.args
        assert isinstance(command, list)
        self.stage.start("postgres", command, cwd=ROOT, uid=os.geteuid() or postgres.user(), end=signal.SIGINT)

    def ask(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, json.dumps(body), {"Content-Type": "application/json"})
            answer = connection.getresponse()
            return answer.status, json.load(answer)
        finally:
            connection.close()

    def insist(self, act: dict[str, Any]) -> None:
        """Send the same act until it has a receipt."""
        while True:
            try:
                status, answer = self.ask("POST", "/api/v1/acts", act)
            except (OSError, ValueError, http.client.HTTPException):
                status = 0
            if status in (200, 201):
                self.taken.append(answer["receipt"])
                return
            assert status in (0, 503), f"{status}: {answer}"
            self.broken += 1
            threading.Event().wait(0.05)


@pytest.fixture
def service() -> Iterator[Service]:
    run = RunFolder("shutdown")
    try:
        with Stage(run.logs) as stage:
            port = free_port()
            env = {
                **os.environ,
                "DATABASE_URL": postgres.start(stage, run, durable=True),
                "DATABASE_ROLE": "none",
                "ORACLE_ADDRESS": settings.ORACLE_ADDRESS,
                "SERVICE_KEY": settings.SERVICE_KEY,
                "OPERATOR_DEPOSITS": "1",
                "ACTS_PER_MINUTE": "0",
                "POSTS_PER_MINUTE": "0",
            }
            found = Service(stage, env, port)
            found.manage("migrate", "--verbosity", "0")
            gunicorn = [str(BIN / "gunicorn"), "assize.wsgi", "--bind", f"127.0.0.1:{port}", "--threads", "4"]
            stage.start("web", [*gunicorn, "--no-control-socket"], env=env, cwd=ROOT)
            stage.wait_until(lambda: _answers(found), "the web process")
            yield found
    finally:
        run.close()


def _answers(service: Service) -> bool:
    try:
        return service.ask("GET", "/api/v1/service")[0] == 200
    except OSError:
        return False


def test_postgresql__shut_down_at_once__no_receipt_is_lost_and_none_given_twice(service: Service) -> None:
    service.manage("deposit", *(word for name in SENDERS for word in (person(name).address, str(ETHER))))
    over = threading.Event()
    with ThreadPoolExecutor(len(SENDERS)) as pool:
        working = [pool.submit(stake_on, service, name, over) for name in SENDERS]
        for shutdown in range(1, SHUTDOWNS + 1):
            while len(service.taken) < shutdown * ACTS_BETWEEN and not any(each.done() for each in working):
                over.wait(0.01)
            service.shut_down()
        enough = len(service.taken) + ACTS_BETWEEN
        while len(service.taken) < enough and not any(each.done() for each in working):
            over.wait(0.01)
        over.set()
    sent = sum(each.result() for each in working)
    assert service.broken >= SHUTDOWNS
    assert len(service.taken) == sent
    assert book(service) == {r["message"]["digest"]: r["signature"] for r in service.taken}
    service.manage("ledger_check")


def stake_on(service: Service, name: str, over: threading.Event) -> int:
    """A wei of stake after the other; how many."""
    sent = 0
    while not over.is_set():
        act = person(name).sign("Stake", {"amount": 1, "nonce": sent})
        service.insist(act)
        sent += 1
    return sent


def book(service: Service) -> dict[str, str]:
    """The receipts of all stakes that the book has now."""
    found: dict[str, str] = {}
    after, more = 0, True
    while more:
        page = service.ask("GET", f"/api/v1/book?after={after}")[1]
        for entry in page["entries"]:
            after = int(entry["seq"])
            if entry["kind"] == "Stake":
                found[entry["digest"]] = entry["receipt"]["signature"]
        more = page["more"]
    return found
