"""What reading costs with 10,000 expiries and 100,000 acts in the database: every page, and every read of the API.

Each address of bench/addresses.py is asked by a stranger and by somebody who is logged in, in this process: Django's
test client goes through all middleware and the view, and leaves out gunicorn and the network. Queries are counted;
times are the server's. The first answer of each is among those that the 95th percentile is over.
"""

from __future__ import annotations

import gc
import json
import time
from typing import Any

from bench import world
from bench.addresses import addresses

TIMES = 20
STORIES_TAKE = 6_000
"""Seconds of the book's time."""


def measure() -> dict[str, float]:
    """The most queries of any [page_queries_max], and the slowest 95th percentile in ms [page_ms_p95_max]."""
    from django.conf import settings

    from bench.fill import Size, fill

    settings.ALLOWED_HOSTS = ["*"]
    settings.PUBLIC_URL = "http://testserver"
    size = Size(expiries=10_000, reports=10_000, claims=200, voters=500, own=5_000)
    start = max(world.book_clock() - STORIES_TAKE, 0)
    words = fill(size, start=start)
    gc.collect()
    gc.freeze()  # what the filling keeps in memory no web process has; walking it takes 0.2 s now and then
    return _report(costs(words))


def costs(words: dict[str, Any], times: int = TIMES) -> list[tuple[str, str, int, float, float]]:
    """(address, who asked, queries, ms at the 95th percentile, ms of the first answer)."""
    clients = {"a stranger": client(), "its owner": client(words)}
    return [
        (address, who, *_cost(asking, address, times))
        for each in addresses(words).values()
        for address in each
        for who, asking in clients.items()
    ]


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


def _report(found: list[tuple[str, str, int, float, float]]) -> dict[str, float]:
    slowest = sorted(found, key=lambda each: -each[3])
    for address, who, queries, p95, first in slowest[:40]:
        print(f"  {queries:>3} queries {p95:>8.1f} ms, the first {first:>8.1f}  {address}, {who}", flush=True)
    most = max(found, key=lambda each: each[2])
    print(f"  most queries: {most[2]} by {most[0]}, {most[1]}; slowest: {slowest[0][0]}; {len(found)} in all")
    return {"page_queries_max": most[2], "page_ms_p95_max": round(slowest[0][3], 1)}


def _cost(asking: Any, address: str, times: int) -> tuple[int, float, float]:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    took = []
    for _ in range(times):
        start = time.perf_counter()
        answer = asking.get(address)
        answer.getvalue() if answer.streaming else answer.content
        took.append((time.perf_counter() - start) * 1_000)
    if answer.status_code not in EXPECTED:
        raise RuntimeError(f"{address} answered {answer.status_code}: {answer.content[:300]!r}")
    with CaptureQueriesContext(connection) as captured:
        asking.get(address)
    return len(captured), sorted(took)[int(times * 0.95) - 1], took[0]


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
