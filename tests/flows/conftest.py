"""A short-lived expiry that everybody in the cast can act on."""

import pytest

from oracle.models import Expiry
from oracle.services import listing
from oracle.services.opening import open_expiry
from protocol.terms import Terms
from tests.cast import ETHER, person
from tests.db.conftest import SPEC, terms  # noqa: F401  the law's defaults
from tests.flows.story import OPENS_AT, START, WINDOW, tick_along

VOTERS = ("vera", "victor", "violet")
BONDERS = ("alice", "bob", "carol", "dave", "erin", "mallory")


def list_short_expiry(terms: Terms, slug: str = "eth-usd-short") -> Expiry:  # noqa: F811
    """Every window is ten minutes; instant and opening an hour after START."""
    windows = dict.fromkeys(
        ("report_window", "challenge_window", "commit_window", "reveal_window", "ruling_window"), str(WINDOW)
    )
    index = listing.list_index(slug="eth-usd", spec=SPEC)
    short = Terms.from_json({**terms.to_json(), **windows})
    return listing.list_expiry(slug=slug, index=index, expiry_at=OPENS_AT, terms=short, now=START)


@pytest.fixture
def scheduled(db: None, terms: Terms) -> Expiry:  # noqa: F811
    """Listed at START; bonders have 100 ETH, voters have staked 10."""
    for name in BONDERS + VOTERS:
        person(name).deposit(100 * ETHER, START)
    for name in VOTERS:
        assert person(name).stake(10 * ETHER, START).refusal is None
    return list_short_expiry(terms)


@pytest.fixture
def opened(scheduled: Expiry) -> Expiry:
    """Open for reports since OPENS_AT."""
    tick_along(START, OPENS_AT)
    open_expiry(expiry_id=scheduled.id, block=1, value_secured=0, now=OPENS_AT)
    return scheduled
