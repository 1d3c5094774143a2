"""What reading costs with 10,000 expiries and 100,000 acts in the database: every page, and every read of the API.
The operators' pages of bench/desk.py are counted by themselves.

Each address of bench/addresses.py is asked by a stranger and by somebody who is logged in, in this process: Django's
test client goes through all middleware and the view, and leaves out gunicorn and the network. Queries are counted.
Times are by the clock on the wall, so that waiting for the database counts, and so does whatever else the machine is
busy with; beside them stands what the two processes worked for it, ours and the database's, which is nearly the same on
a quiet machine and does not know of a busy one. The first answer of each is among those that the 95th percentile is
over.

`make bench ARGS=pages:calendar` asks only addresses that have this word in them, and keeps no figure.
"""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import desk, world
from bench.addresses import addresses

TIMES = 20
STORIES_TAKE = 6_000
"""Seconds of the book's time."""
SHOWN = 40


@dataclass(frozen=True)
class Cost:
    """What one address costs whoever asks: milliseconds of the wall's clock, at the 95th percentile, in the middle and
    the first time; and of work in the middle, our own process's and its PostgreSQL process's."""

    address: str
    who: str
    queries: int
    p95: float
    median: float
    first: float
    own: float
    database: float


def measure(word: str = "") -> dict[str, float]:
    """The most queries of any [page_queries_max], and the slowest 95th percentile in ms [page_ms_p95_max].
    The same of the operators' pages [admin_page_queries_max, admin_page_ms_p95_max].

    With a `word`, of addresses that have it in them; then these are only printed, and nothing is returned.
    """
    from django.conf import settings
    from django.db import connections

    from assize import collector
    from bench.fill import Size, fill

    settings.ALLOWED_HOSTS = ["*"]
    settings.PUBLIC_URL = "http://testserver"
    size = Size(expiries=10_000, reports=10_000, claims=200, voters=500, own=5_000)
    start = max(world.book_clock() - STORIES_TAKE, 0)
    words = fill(size, start=start)
    with connections["owner" if "owner" in connections.settings else "default"].cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")  # what autovacuum would do, meanwhile
    collector.settle()  # as a web process does; and what the filling keeps in memory none has
    before = os.getloadavg()[0]
    figures = _report("page", costs(words, word)) | _report("admin_page", desk_costs(word))
    busy = max(before, os.getloadavg()[0], 1) - 1  # the filling and the asking keep one busy themselves
    print(f"  others kept about {busy:.1f} of {os.cpu_count()} cores busy; times are good where that is near 0")
    return {} if word else figures


def costs(words: dict[str, Any], word: str = "", times: int = TIMES) -> list[Cost]:
    """Of every address that has `word` in it, for both who ask."""
    clients = {"a stranger": client(), "its owner": client(words)}
    asked = [address for each in addresses(words).values() for address in each if word in address]
    return [_cost(who, asking, address, times) for address in asked for who, asking in clients.items()]


def desk_costs(word: str = "", times: int = TIMES) -> list[Cost]:
    """Of the operators' pages."""
    asking = desk.client()
    return [_cost("an operator", asking, address, times) for address in desk.addresses() if word in address]


def client(words: dict[str, Any] | None = None) -> Any:
    """One that is logged in where words are given: by its signature in a browser's session, by a token for the API."""
    from django.test import Client

    from bench.fill_around import OWNER
    from bench.stories import person

    _know_attestors()
    if words is None:
        return Client()
    found = Client(headers={"authorization": f"Bearer {words['token']}"})
    who = person(OWNER)
    text = _post(found, "/login/text", {"address": who.address})["text"]
    _post(found, "/login/enter", {"text": text, "signature": _signed(text, who.key)})
    return found


def _report(name: str, found: list[Cost]) -> dict[str, float]:
    if not found:
        return {}  # the word that was asked for is in none
    slowest = sorted(found, key=lambda each: -each.p95)
    print(f"  {'queries':>7} {'p95 ms':>8} {'median':>8} {'first':>8} {'own':>8} {'database':>8}")
    for each in slowest[:SHOWN]:
        times = " ".join(f"{value:>8.1f}" for value in (each.p95, each.median, each.first, each.own, each.database))
        print(f"  {each.queries:>7} {times}  {each.address}, {each.who}", flush=True)
    most = max(found, key=lambda each: each.queries)
    print(f"  most queries: {most.queries} by {most.address}, {most.who}; {len(found)} in all")
    return {f"{name}_queries_max": most.queries, f"{name}_ms_p95_max": round(slowest[0].p95, 1)}


def _cost(who: str, asking: Any, address: str, times: int) -> Cost:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    took, own, database = [], [], []
    for _ in range(times):
        start, worked, it_worked = time.perf_counter(), time.process_time(), _of_database()
        answer = asking.get(address)
        answer.getvalue() if answer.streaming else answer.content
        took.append((time.perf_counter() - start) * 1_000)
        own.append((time.process_time() - worked) * 1_000)
        database.append(_of_database() - it_worked)
    if answer.status_code not in EXPECTED:
        raise RuntimeError(f"{address} answered {answer.status_code}: {answer.content[:300]!r}")
    with CaptureQueriesContext(connection) as captured:
        asking.get(address)
    p95, middle = sorted(took)[int(times * 0.95) - 1], times // 2
    median, ours, its = sorted(took)[middle], sorted(own)[middle], sorted(database)[middle]
    return Cost(address, who, len(captured), p95, median, took[0], ours, its)


def _of_database() -> float:
    """Milliseconds that the process behind our connection has worked, as Linux counts them; 0 where it is elsewhere."""
    from django.db import connection

    connection.ensure_connection()
    file = Path(f"/proc/{connection.connection.info.backend_pid}/schedstat")
    return int(file.read_text().split()[0]) / 1_000_000 if file.exists() else 0.0


EXPECTED = (200, 301, 302, 401)
"""301: none; 302: to the login, or from a reveal's link to its form; 401: an API of one's own without a token."""


def _know_attestors() -> None:
    """The chain's answer, which every web process keeps for some seconds; there is no chain here to ask."""
    from django.conf import settings
    from django.core.cache import cache

    from bench.stories import person
    from settlement.chain.contracts import Signers

    members = tuple(person(f"attestor {number}").address for number in range(3))
    found = Signers(members, 2, None, members, 2, members[0], 1)
    cache.set(f"signers:{settings.CHAIN_ID}:{settings.ORACLE_ADDRESS}", found, None)


def _post(asking: Any, path: str, body: dict[str, str]) -> Any:
    answer = asking.post(path, json.dumps(body), content_type="application/json")
    if answer.status_code != 200:
        raise RuntimeError(f"{path} answered {answer.status_code}: {answer.content!r}")
    return answer.json()


def _signed(text: str, key: str) -> str:
    from eth_account import Account
    from eth_account.messages import encode_defunct

    return "0x" + bytes(Account.sign_message(encode_defunct(text=text), key).signature).hex()
