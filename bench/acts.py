"""What one act costs with 10, 1,000 and 10,000 acts behind it: through the service, on PostgreSQL.

Each figure is the median of SAMPLE acts. Reports fill the expiry up to the next level themselves, so that what lies
behind an act are acts that went the same way.
"""

from __future__ import annotations

import secrets
import statistics
import time

from bench import world
from bench.world import ETHER, PRICE

LEVELS = (10, 1_000, 10_000)
SAMPLE = 120
BOND = ETHER // 10


def measure() -> dict[str, float]:
    """Milliseconds per report [act_ms_at_*], pledge at a known price [pledge_ms_at_*] and commit [commit_ms_at_*]."""
    figures: dict[str, float] = {}
    for level in LEVELS:
        figures |= _at(level)
    return figures


def _at(level: int) -> dict[str, float]:
    from oracle.models import Expiry
    from oracle.services.time import pass_time
    from tests.cast import person

    terms = {"arbitration_bond": str(10**30), "min_challenge_bond": str(10**29), "vote_retries": "0"}
    expiry = world.open_expiries(1, **terms)[0]
    now = Expiry.objects.get(id=expiry).opened_at + 1
    run = secrets.token_hex(4)
    people = [person(f"{run} {number}") for number in range(level + SAMPLE)]
    for who in people:
        who.deposit(10 * ETHER, now)
    fields = {"expiry": expiry, "price": PRICE, "bond": BOND, "evidence": "0x" + "0" * 64}
    reports = [who.sign("Report", {**fields, "salt": "0x" + secrets.token_hex(32)}) for who in people]
    _take(reports[:level], now)
    figures = {f"act_ms_at_{level}": _take(reports[level:], now)}
    now = Expiry.objects.get(id=expiry).deadline
    pass_time(now=now)
    pledge = {"expiry": expiry, "round": 1, "price": 2 * PRICE, "amount": BOND, "evidence": "0x" + "0" * 64}
    pledges = [
        who.sign("Pledge", {**pledge, "nonce": number, "until": now + 10})
        for number, who in enumerate(people)
    ]
    _take(pledges[:1], now)
    figures[f"pledge_ms_at_{level}"] = _take(pledges[1 : SAMPLE + 1], now)
    return figures


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
