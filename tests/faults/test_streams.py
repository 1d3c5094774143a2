"""Server-sent events out of the web process that `make run` starts: gunicorn, two workers of eight threads."""

from __future__ import annotations

import http.client
import json
import os
import threading
import time
from collections.abc import Iterator

import pytest

from assize import grants
from dev.folders import ROOT, RunFolder
from dev.ports import free_port
from dev.processes import web
from oracle.models import Expiry
from oracle.services import events, listing
from protocol.terms import Terms
from tests.faults import processes
from tests.faults.processes import Stage

pytestmark = pytest.mark.django_db(transaction=True)

WORKERS, STREAMS = 2, 3


class Web:
    """One web process; every connection has a time limit, so that whatever hangs fails."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.open: list[http.client.HTTPConnection] = []

    def ask(self, path: str) -> http.client.HTTPResponse:
        asking = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        self.open.append(asking)
        asking.request("GET", path)
        return asking.getresponse()

    def answers(self) -> bool:
        try:
            return self.ask("/healthz").status == 200
        except OSError:
            return False

    def hang_up(self) -> None:
        """Close all connections; a stream notices when it writes next."""
        for each in self.open:
            each.close()
        self.open.clear()

    def streams(self) -> list[http.client.HTTPResponse]:
        """Open streams until every worker is full, and one more. A worker that is full may be asked again before the
        other one, or before that has come up at all."""
        found: list[http.client.HTTPResponse] = []
        deadline = time.monotonic() + processes.PATIENCE_SECONDS
        while time.monotonic() < deadline:
            found.append(self.ask("/api/v1/events/stream"))
            if found[-1].status == 503:
                if [each.status for each in found].count(200) == WORKERS * STREAMS:
                    break
                time.sleep(0.05)
        return found


@pytest.fixture
def served() -> Iterator[Web]:
    run = RunFolder("streams")
    env = {
        **os.environ, "DATABASE_URL": processes.test_database(), "DATABASE_ROLE": grants.APP_ROLE, "ALLOWED_HOSTS": "*",
        "EVENT_STREAMS": str(STREAMS),
    }  # fmt: skip
    try:
        with Stage(run.logs) as stage:
            found = Web(free_port())
            stage.start("web", web(found.port), env=env, cwd=ROOT)
            stage.wait_until(found.answers, "the web process", 60)
            yield found
            found.hang_up()
    finally:
        run.close()


def list_one(number: int) -> Expiry:
    """List an expiry, which is told once its event has its place."""
    from oracle import signer

    index = listing.list_index(slug="eth-usd", spec={"min_price": "1", "max_price": str(10**27)})
    terms = Terms(service=signer.service_address())
    row = listing.list_expiry(slug=f"told-{number}", index=index, expiry_at=2_000_000_000 + number, terms=terms, now=1)
    events.place_waiting(now=1)
    return row


def read_event(stream: http.client.HTTPResponse) -> dict[str, str]:
    """The data of the next event; what keeps the connection alive is passed over."""
    for raw in stream:
        if raw.startswith(b"data: "):
            found: dict[str, str] = json.loads(raw.removeprefix(b"data: "))
            return found
    raise AssertionError("the stream ended")


def test_streams__as_many_as_there_may_be__pages_answer_and_one_more_is_refused(served: Web) -> None:
    found = served.streams()
    running = [each for each in found if each.status == 200]
    assert len(running) == WORKERS * STREAMS
    for refused in (each for each in found if each.status != 200):
        assert (refused.status, refused.headers["Retry-After"]) == (503, "60")
        assert json.load(refused)["code"] == "unavailable"
    for path in ("/", "/expiries/", "/api/v1/service", "/readyz") * 3:
        assert served.ask(path).status == 200, path
    row = list_one(1)
    for stream in running:
        assert (stream.headers["Content-Type"], stream.headers["Cache-Control"]) == ("text/event-stream", "no-store")
        event = read_event(stream)
        assert (event["kind"], event["expiry"]) == ("listed", row.id)


def test_streams__their_clients_hang_up__there_is_room_again(served: Web) -> None:
    assert [each.status for each in served.streams()].count(200) == WORKERS * STREAMS
    served.hang_up()
    for number in range(3):  # written to, a stream notices that nobody reads
        list_one(number)
        threading.Event().wait(1.1)
    assert [each.status for each in served.streams()].count(200) == WORKERS * STREAMS
