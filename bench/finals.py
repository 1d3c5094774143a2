"""A thousand expiries of one second on the whole stack: seconds until the last price is on-chain, and transactions.

Everything runs as `make run` starts it, on services of its own: web, worker, beat, a chain with a block each second,
and five attestors, who have folded the book as it grew. Three accounts report on each expiry, nobody objects. What
counts is all that comes after the second in which the challenge windows close: the book's finals with their payouts,
proposals, the attestors' reading, folding, checking and signing, transactions, to the time of the block that has the
last price. `python -m bench.finals 100` does it with fewer.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence

from bench.world import ETHER, PRICE
from dev import commands, processes, services
from dev.ports import free_port
from dev.services import Profile

EXPIRIES = 1_000
REPORT_SECONDS, CHALLENGE_SECONDS = 300, 60
AHEAD_SECONDS = 60
"""In which all are listed."""
PATIENCE_SECONDS = 900
LATER = ("worker", "beat")
"""These move the book's clock, and all must be opened in one second of it."""
PROFILE = Profile(
    "finals", services.RUN.durable, services.RUN.block_seconds, {**services.RUN.settings, "OPERATOR_DEPOSITS": "1"}
)


def measure() -> dict[str, float]:
    """[finals_1000_s], [finals_1000_txs], and after how many of these seconds three attestors had signed all."""
    given = ("DATABASE_URL", "REDIS_URL", "RPC_URL")
    own = {name: value for name, value in os.environ.items() if name not in given}
    done = subprocess.run([sys.executable, "-m", "bench.finals"], env=own, stdout=subprocess.PIPE, check=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def main(count: int) -> int:
    """Print the figures of so many expiries as JSON."""
    with commands.stack(PROFILE) as (supervisor, folder, env):
        commands.prepare(PROFILE, folder, env)
        port = free_port(18_000)
        table = processes.running(port, folder.path, env["RPC_URL"])
        url = f"http://127.0.0.1:{port}"
        commands.start_processes(supervisor, env, url, [each for each in table if each.name not in LATER])
        _load(env)
        ids = _listed(count)
        opened_at = _opened(ids)
        commands.start_processes(supervisor, env, url, [each for each in table if each.name in LATER])
        _reported(ids)
        final_at = opened_at + REPORT_SECONDS + CHALLENGE_SECONDS
        _wait_until_published(count, final_at + PATIENCE_SECONDS)
        _check(ids, final_at)
        print(json.dumps(_figures(final_at)))
    return 0


def _load(env: dict[str, str]) -> None:
    os.environ.update(env, LOG_LEVEL="WARNING", DJANGO_SETTINGS_MODULE="assize.settings")
    import django

    django.setup()


def _say(words: str) -> None:
    print(f"  {words}", file=sys.stderr, flush=True)


def _listed(count: int) -> list[str]:
    """As many indices, each with an expiry at the same instant."""
    from oracle import signer
    from oracle.services import listing
    from protocol.terms import Terms

    now = int(time.time())
    windows = {"report_window": str(REPORT_SECONDS), "challenge_window": str(CHALLENGE_SECONDS)}
    terms = Terms.from_json({"service": signer.service_address(), **windows})
    ids = []
    for place in range(count):
        spec = {"name": f"bench {place}", "min_price": "1", "max_price": str(10**27)}
        index = listing.list_index(slug=f"bench-{place}", spec=spec)
        at = now + AHEAD_SECONDS
        ids.append(listing.list_expiry(slug=f"bench-{place}", index=index, expiry_at=at, terms=terms, now=now).id)
    _say(f"{count} listed")
    return ids


def _opened(ids: Sequence[str]) -> int:
    """All opened in one second of the book, as the worker would; that second."""
    from oracle.models import Expiry
    from settlement.services.opening import open_due

    instant = Expiry.objects.get(id=ids[0]).expiry_at
    while True:
        time.sleep(max(1, instant - time.time()))
        now = int(time.time())
        if open_due(now=now):
            break
    assert Expiry.objects.filter(stage="REPORTING", opened_at=now).count() == len(ids)
    _say(f"all opened at one second, {time.time() - now:.0f} s ago")
    return now


def _reported(ids: Sequence[str]) -> None:
    """Three reports on each, in agreement."""
    from tests.cast import person

    people = [person(name) for name in ("alice", "bob", "carol")]
    for who in people:
        who.deposit(len(ids) * ETHER, int(time.time()))
    for place, expiry in enumerate(ids):
        for who in people:
            answer = who.report(expiry, PRICE + place * ETHER, ETHER // 10, int(time.time()))
            assert answer.refusal is None, answer
    _say("all reported")


def _wait_until_published(count: int, until: int) -> None:
    from settlement.models import PublicationItem

    published = PublicationItem.objects.filter(live=True, publication__stage__in=["MINED", "FINAL"])
    while (found := published.count()) < count:
        if time.time() > until:
            raise SystemExit(f"bench: {found} of {count} prices are on-chain, and it does not go on")
        time.sleep(1)


def _check(ids: Sequence[str], final_at: int) -> None:
    """All were final in that second, and the oracle has their prices, each in a publication of ours."""
    from oracle.models import Expiry
    from settlement.chain import quorum

    expiries = Expiry.objects.in_bulk(ids)
    assert {each.final_at for each in expiries.values()} == {final_at}
    records = quorum.oracle().records_of(ids)
    for place, id_ in enumerate(ids):
        assert records[id_].price == expiries[id_].price == PRICE + place * ETHER


def _figures(final_at: int) -> dict[str, float]:
    from django.db.models import Max

    from settlement.chain.client import connect
    from settlement.models import AttestorSignature, Publication

    mined = Publication.objects.exclude(block_number=None)
    last = mined.aggregate(last=Max("block_number"))["last"]
    signed = AttestorSignature.objects.filter(publication__in=mined).aggregate(last=Max("at"))["last"]
    return {
        "finals_1000_s": connect().block(last).timestamp - final_at,
        "finals_1000_txs": mined.values("tx_hash").distinct().count(),
        "finals_1000_signed_s": signed - final_at,
    }


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if sys.argv[1:] else EXPIRIES))
