"""Acts through the service: judged, locked, appended and answered in one transaction."""

import pytest

from ledger import names, selectors
from oracle.models import Act, Expiry
from protocol.stages import Stage
from tests.cast import ETHER, person
from tests.db.conftest import NOW

OPEN = NOW + 86_400
PRICE = 2500 * ETHER


def test_undisputed_expiry__three_reports__final_by_silence_and_all_bonds_back(reporting: Expiry) -> None:
    from oracle.services.time import beat, pass_time
    for step in range(OPEN, OPEN + 3):
        answer = person(["alice", "bob", "carol"][step - OPEN]).report(reporting.id, PRICE, ETHER, step)
        assert answer.refusal is None
    assert selectors.balance(names.expiry(reporting.id)) == 3 * ETHER
    for at in range(OPEN + 60, OPEN + 2 * 86_400 + 120, 60 * 3):
        beat(now=at)
    pass_time(now=OPEN + 2 * 86_400 + 120)
    reporting.refresh_from_db()
    assert (reporting.stage, reporting.price, reporting.decided_by) == (Stage.FINAL, PRICE, "silence")
    assert reporting.final_at == OPEN + 2 * 86_400
    assert selectors.balance(names.expiry(reporting.id)) == 0
    assert selectors.balances(person("alice").address)["free"] == 100 * ETHER
    assert selectors.total() == 0
