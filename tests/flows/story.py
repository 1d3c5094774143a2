"""How a story is told, and what must be true of it at every end."""

from __future__ import annotations

from ledger.check import findings
from oracle.check import book_problem, expiry_problem
from oracle.models import Expiry
from oracle.services.time import beat, pass_time

START = 1_790_000_000
OPENS_AT = START + 3_600
WINDOW = 600
ETHER = 10**18
PRICE = 2_500 * ETHER
LIE = 2_000 * ETHER


def tick_along(start: int, until: int, every: int = 120) -> None:
    """Let time pass as it does in life: a beat and a tick every two minutes, and at the end."""
    for now in [*range(start, until, every), until]:
        beat(now=now)
        pass_time(now=now)


def assert_sound(*expiries: Expiry) -> None:
    """Ledger, acts, heads and projections agree, whatever has happened (I-1, I-2, I-15)."""
    broken = [finding for finding in findings() if not finding.holds]
    assert broken == [], "the ledger does not add up"
    assert book_problem() == ""
    for expiry in expiries:
        expiry.refresh_from_db()
        assert expiry_problem(expiry) == ""
