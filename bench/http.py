"""Acts per second over HTTP from eight clients, on one expiry and on fifty, beside pgbench on the same server.

The web process is the one that `make run` starts (gunicorn, two workers). Everything is signed beforehand; the
clients keep their connections and wait for each receipt before they send the next act.
"""

from __future__ import annotations

import http.client
import json
import os
import secrets
import subprocess
import threading
import time

from bench import world
from bench.world import ETHER, PRICE
from dev import processes
from dev.ports import free_port

CLIENTS = 8
ACTS_EACH = 250


def measure() -> dict[str, float]:
    """[acts_per_s_one], [acts_per_s_fifty], [pgbench_tps] and what share of it the first two are."""
    tps = world.pgbench()
    port = free_port(18_000)
    web = _start_web(port)
    try:
        one, fifty = _rate(port, 1), _rate(port, 50)
    finally:
        web.terminate()
        web.wait()
    return {
        "acts_per_s_one": round(one, 1),
        "acts_per_s_fifty": round(fifty, 1),
        "pgbench_tps": round(tps, 1),
        "acts_per_pgbench": round(min(one, fifty) / tps, 3),
    }


def _start_web(port: int) -> subprocess.Popen[bytes]:
    web = subprocess.Popen(processes.web(port), env=os.environ.copy(), stderr=subprocess.DEVNULL)
    for _ in range(100):
        try:
            _get(port, "/api/v1/service")
            return web
        except OSError:
            time.sleep(0.1)
    web.terminate()
    raise RuntimeError("the web process did not come up")


def _get(port: int, path: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", path)
    connection.getresponse().read()
    connection.close()


def _rate(port: int, expiries: int) -> float:
    """Acts a second, all clients together."""
    from tests.cast import person

    now = int(time.time())
    ids = world.open_expiries(expiries)
    run = secrets.token_hex(4)
    bodies: list[list[bytes]] = [[] for _ in range(CLIENTS)]
    for number in range(CLIENTS * ACTS_EACH):
        who = person(f"{run} {number}")
        who.deposit(ETHER, now)
        fields = {"expiry": ids[number % expiries], "price": PRICE, "bond": ETHER // 10}
        fields |= {"evidence": "0x" + "0" * 64, "salt": "0x" + secrets.token_hex(32)}
        bodies[number % CLIENTS].append(json.dumps(who.sign("Report", fields)).encode())
    failed: list[str] = []
    threads = [threading.Thread(target=_send, args=(port, mine, failed)) for mine in bodies]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - start
    if failed:
        raise RuntimeError(f"{len(failed)} acts were not taken; the first: {failed[0]}")
    return CLIENTS * ACTS_EACH / took


def _send(port: int, bodies: list[bytes], failed: list[str]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    for body in bodies:
        connection.request("POST", "/api/v1/acts", body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        text = answer.read()
        if answer.status != 201:
            failed.append(f"{answer.status} {text.decode(errors='replace')[:300]}")
            return
    connection.close()
