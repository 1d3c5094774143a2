"""What one act costs with 10, 1,000 and 10,000 acts behind it: through the service, on PostgreSQL.

Each figure is the median of SAMPLE acts. Reports fill the expiry up to the next level themselves, so that what lies
behind an act are acts that went the same way.
"""

from __future__ import annotations

import secrets
import statistics
import time
from typing import Any

from bench import world
from bench.world import ETHER, PRICE

LEVELS = (10, 1_000, 10_000)
SAMPLE = 120
BOND = ETHER // 10
SHORT = "100"


def measure() -> dict[str, float]:
    """Milliseconds per report [act_ms_at_*], pledge at a known price [pledge_ms_at_*] and commit [commit_ms_at_*]."""
    figures: dict[str, float] = {}
    for level in LEVELS:
        figures |= _at(level)
    return figures


def _at(level: int) -> dict[str, float]:
    from tests.cast import person

    now = world.book_clock()
    run = secrets.token_hex(4)
    people = [person(f"{run} {number}") for number in range(level + SAMPLE)]
    for number, who in enumerate(people):
        who.deposit(10 * ETHER, now)
        _take([who.sign("Stake", {"amount": ETHER, "nonce": number})], now)
    return _reports_and_pledges(level, people) | _commits(level, people)


def _reports_and_pledges(level: int, people: list[Any]) -> dict[str, float]:
    expiry = world.open_expiries(
        1, report_window=SHORT, arbitration_bond=str(10**30), min_challenge_bond=str(10**29)
    )[0]
    now, deadline = _running(expiry)
    fields = {"expiry": expiry, "price": PRICE, "bond": BOND, "evidence": "0x" + "0" * 64}
    reports = [who.sign("Report", {**fields, "salt": "0x" + secrets.token_hex(32)}) for who in people]
    _take(reports[:level], now)
    figures = {f"act_ms_at_{level}": _take(reports[level:], now)}
    fields = {"expiry": expiry, "round": 1, "price": 2 * PRICE, "amount": BOND, "evidence": "0x" + "0" * 64}
    own = {"nonce": 1, "until": deadline + 10}
    pledges = [who.sign("Pledge", {**fields, **own}) for who in people[: SAMPLE + 1]]
    _take(pledges[:1], deadline)
    return figures | {f"pledge_ms_at_{level}": _take(pledges[1:], deadline)}


def _commits(level: int, people: list[Any]) -> dict[str, float]:
    """Nobody reports, so everybody votes."""
    expiry = world.open_expiries(1, report_window=SHORT, report_extensions="0")[0]
    _, deadline = _running(expiry)
    fields = {"expiry": expiry, "ballot": 1, "commitment": "0x" + "c0" * 32}
    commits = [who.sign("VoteCommit", fields) for who in people]
    _take(commits[:level], deadline)
    return {f"commit_ms_at_{level}": _take(commits[level:], deadline)}


def _running(expiry: str) -> tuple[int, int]:
    """When an expiry opened, and when its reporting closes: not so long after that it would be an outage."""
    from oracle.models import Expiry

    opened_at, deadline = Expiry.objects.values_list("opened_at", "deadline").get(id=expiry)
    assert opened_at is not None and deadline is not None
    return opened_at, deadline


def _take(acts: list[dict[str, object]], now: int) -> float:
    """Take all of them; the median milliseconds of one."""
    from oracle.services.acts import take_act

    took = []
    for act in acts:
        start = time.perf_counter()
        answer = take_act(**act, now=now)  # type: ignore[arg-type]
        took.append(time.perf_counter() - start)
        if answer.refusal is not None:
            raise RuntimeError(f"{act['kind']} refused: {answer.refusal}")
    return round(statistics.median(took) * 1000, 3)
