"""A dispute told over the web, and reports whose every secret can be searched for."""

from __future__ import annotations

from oracle.models import Expiry
from oracle.services.time import pass_time
from settlement.models import ChainSeries, Series
from tests.cast import ETHER, person
from tests.web.conftest import OPEN, WINDOW

PRICE, LIE = 2500 * ETHER, 2400 * ETHER
SECRET_PRICE = 1_234_567_890_123_456_789_012
EVIDENCE, SALT = "0x" + "e1" * 32, "0x" + "5a" * 32


def send_secret_report(expiry: Expiry, name: str = "alice") -> dict[str, object]:
    """A report of 1 ETH with a price, evidence and salt that stand nowhere else; what went over the wire."""
    fields = {"price": SECRET_PRICE, "bond": ETHER, "evidence": EVIDENCE, "salt": SALT}
    act = person(name).sign("Report", {"expiry": expiry.id, **fields})
    assert person(name).send("Report", {"expiry": expiry.id, **fields}, OPEN + 1).refusal is None
    return act


def to_challenge(expiry: Expiry) -> int:
    """Reports of alice and bob at PRICE and of mallory at LIE; returns the first second of CHALLENGE."""
    for name, price in (("alice", PRICE), ("bob", PRICE), ("mallory", LIE)):
        assert person(name).report(expiry.id, price, ETHER, OPEN + 1).refusal is None
    return close_reporting()


def close_reporting() -> int:
    pass_time(now=OPEN + WINDOW)
    return OPEN + WINDOW


def to_ballot(expiry: Expiry) -> int:
    """The liar's claim and the answer at the arbitration bond; returns the first second of COMMIT."""
    return dispute(expiry, to_challenge(expiry))


def dispute(expiry: Expiry, now: int) -> int:
    """The liar's claim and the answer, in the first second of CHALLENGE; returns the first second of COMMIT."""
    assert person("dave").pledge(expiry.id, 1, LIE, 5 * ETHER, now + 1).refusal is None
    for name in ("carol", "bob"):
        assert person(name).pledge(expiry.id, 2, PRICE, 2 * ETHER, now + 2).refusal is None
    return now + 2


def to_final(expiry: Expiry) -> int:
    """Vera and Victor vote for PRICE; returns when it became final."""
    return vote(expiry, to_ballot(expiry))


def vote(expiry: Expiry, now: int) -> int:
    """From the first second of COMMIT on; returns when it became final."""
    for name in ("vera", "victor"):
        assert person(name).commit(expiry.id, 1, PRICE, now + 1).refusal is None
    for name in ("vera", "victor"):
        assert person(name).reveal(expiry.id, 1, PRICE, now + WINDOW + 1).refusal is None
    pass_time(now=now + 2 * WINDOW)
    return now + 2 * WINDOW


def count_units(expiry: Expiry, units: int) -> None:
    """So many base units of every series on an expiry were split and are out."""
    for row in Series.objects.filter(expiry=expiry):
        ChainSeries.objects.create(
            address=row.address, expiry=expiry.id, expiry_at=expiry.expiry_at, strike=row.strike,
            collateral=row.collateral, p=row.p, n=row.n, block=1, block_hash="0x" + "00" * 32, split=units,
        )  # fmt: skip
