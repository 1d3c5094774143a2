"""What one act costs with 10, 1,000 and 10,000 acts of its kind behind it: through the service, on PostgreSQL.

What lies behind an act are acts that went the same way. The three levels take turns act by act, so that noise of the
machine hits them alike; each figure is the median of SAMPLE acts.
"""

from __future__ import annotations

import secrets
import statistics
import time
from typing import Any

from bench import world
from bench.world import ETHER, PRICE

LEVELS = (10, 1_000, 10_000)
SAMPLE = 150
BOND = ETHER // 10
SHORT = "100"  # seconds; a longer jump of the clock would be an outage
NEVER_FILLED = {"arbitration_bond": str(10**30), "min_challenge_bond": str(10**29)}

Signed = dict[str, Any]


def measure() -> dict[str, float]:
    """Milliseconds per report [act_ms_at_*], pledge at a known price [pledge_ms_at_*] and commit [commit_ms_at_*]."""
    from tests.cast import person

    now = world.book_clock()
    people = [person(f"{secrets.token_hex(4)} {number}") for number in range(max(LEVELS) + SAMPLE)]
    for number, who in enumerate(people):
        who.deposit(100 * ETHER, now)
        _take(who.sign("Stake", {"amount": ETHER, "nonce": number}), now)
    return _reports(people) | _pledges(people) | _commits(people)


def _reports(people: list[Any]) -> dict[str, float]:
    expiries = world.open_expiries(len(LEVELS))
    acts = {
        level: _report_acts(id_, people[: level + SAMPLE])
        for level, id_ in zip(LEVELS, expiries, strict=True)
    }
    now = world.book_clock()
    for level in LEVELS:
        _fill(acts[level][:level], now)
    return _in_turns("act", {level: acts[level][level:] for level in LEVELS}, now)


def _pledges(people: list[Any]) -> dict[str, float]:
    """The reports lie behind; the first pledge at the price has worked out what it requires."""
    expiries = world.open_expiries(len(LEVELS), report_window=SHORT, **NEVER_FILLED)
    now, acts = world.book_clock(), {}
    for level, expiry in zip(LEVELS, expiries, strict=True):
        _fill(_report_acts(expiry, people[:level]), now)
    closed = now + int(SHORT)
    for level, expiry in zip(LEVELS, expiries, strict=True):
        fields = {
            "expiry": expiry,
            "round": 1,
            "price": 2 * PRICE,
            "amount": BOND,
            "evidence": "0x" + "0" * 64,
        }
        own = {"nonce": 1, "until": closed + 10}
        acts[level] = [who.sign("Pledge", {**fields, **own}) for who in people[: SAMPLE + 1]]
        _take(acts[level].pop(), closed)
    return _in_turns("pledge", acts, closed)


def _commits(people: list[Any]) -> dict[str, float]:
    """Nobody reports, so everybody votes; each electorate has as many members."""
    expiries = world.open_expiries(len(LEVELS), report_window=SHORT, report_extensions="0")
    closed, acts = world.book_clock() + int(SHORT), {}
    for level, expiry in zip(LEVELS, expiries, strict=True):
        fields = {"expiry": expiry, "ballot": 1, "commitment": "0x" + "c0" * 32}
        signed = [who.sign("VoteCommit", fields) for who in people[: level + SAMPLE]]
        _fill(signed[:level], closed)
        acts[level] = signed[level:]
    return _in_turns("commit", acts, closed)


def _report_acts(expiry: str, people: list[Any]) -> list[Signed]:
    fields = {"expiry": expiry, "price": PRICE, "bond": BOND, "evidence": "0x" + "0" * 64}
    return [who.sign("Report", {**fields, "salt": "0x" + secrets.token_hex(32)}) for who in people]


def _fill(acts: list[Signed], now: int) -> None:
    for act in acts:
        _take(act, now)


def _in_turns(name: str, acts: dict[int, list[Signed]], now: int) -> dict[str, float]:
    """Take one act of each level after the other; the median milliseconds of each level."""
    took: dict[int, list[float]] = {level: [] for level in acts}
    for turn in range(SAMPLE):
        for level in acts:
            took[level].append(_take(acts[level][turn], now))
    return {
        f"{name}_ms_at_{level}": round(statistics.median(times) * 1000, 3) for level, times in took.items()
    }


def _take(act: Signed, now: int) -> float:
    """Take an act; the seconds it took."""
    from oracle.services.acts import take_act

    start = time.perf_counter()
    answer = take_act(**act, now=now)
    took = time.perf_counter() - start
    if answer.refusal is not None:
        raise RuntimeError(f"{act['kind']} refused: {answer.refusal}")
    return took
