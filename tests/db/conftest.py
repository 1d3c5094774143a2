"""An expiry to act on."""

import pytest

from oracle import signer
from oracle.models import Expiry
from oracle.services import listing
from oracle.services.opening import open_expiry
from protocol.terms import Terms
from tests.cast import ETHER, person

NOW = 1_790_000_000
GUARDIANS = ("gustav", "greta", "george")
SPEC = {"pair": "ETH/USD", "min_price": "1", "max_price": str(10**27), "tick": "1"}


@pytest.fixture
def terms() -> Terms:
    """The law's defaults, signed for by our service, with three guardians of whom two decide."""
    guardians = tuple(person(name).address for name in GUARDIANS)
    return Terms(service=signer.service_address(), guardians=guardians, guardian_threshold=2)


@pytest.fixture
def expiry(db: None, terms: Terms) -> Expiry:
    """Listed a day before its instant, which is NOW + 86400; everybody in the cast has 100 ETH."""
    index = listing.list_index(slug="eth-usd", spec=SPEC)
    return listing.list_expiry(
        slug="eth-usd-test", index=index, expiry_at=NOW + 86_400, terms=terms, now=NOW
    )


@pytest.fixture
def reporting(expiry: Expiry) -> Expiry:
    """The same, open since its instant."""
    for name in ("alice", "bob", "carol", "dave", "mallory", "vera", "victor", "violet"):
        person(name).deposit(100 * ETHER, NOW)
    open_expiry(expiry_id=expiry.id, block=1, value_secured=0, now=NOW + 86_400)
    expiry.refresh_from_db()
    return expiry
