"""What is listed is frozen, so what nobody can mean is refused before."""

from dataclasses import replace
from typing import Any

import pytest

from oracle.models import Expiry
from oracle.services import listing
from protocol.terms import Terms
from tests.cast import person
from tests.db.conftest import GUARDIANS, NOW, SPEC

pytestmark = pytest.mark.django_db

CAPITALS = "0x" + person(GUARDIANS[0]).address[2:].upper()


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"guardians": (CAPITALS, person("greta").address)}, f"{CAPITALS} must be an address in lower case"),
        ({"value_rates": {CAPITALS: 1}}, f"{CAPITALS} must be an address in lower case"),
        ({"challenge_window": 2**63}, "challenge_window must be at most"),
        ({"report_delay": 2**63}, "report_delay must be at most"),
    ],
)
def test_list_expiry__terms_that_nobody_means__refused(changes: dict[str, Any], why: str, terms: Terms) -> None:
    index = listing.list_index(slug="eth-usd", spec=SPEC)
    with pytest.raises(listing.InvalidListing, match=why):
        listing.list_expiry(
            slug="odd", index=index, expiry_at=NOW + 1, terms=replace(terms, **changes), now=NOW
        )
    assert not Expiry.objects.exists()
