"""Guardians who sign at the same moment: none waits for a signature that is there already."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from disputes.services import Signed, sign_ruling
from oracle import signer
from oracle.models import Act, Expiry
from oracle.services.opening import open_expiry
from oracle.services.time import beat, pass_time
from protocol import signing
from protocol.stages import Stage
from protocol.terms import Terms
from tests.cast import ETHER, person
from tests.db.conftest import GUARDIANS, terms  # noqa: F401
from tests.flows.conftest import list_short_expiry
from tests.flows.story import OPENS_AT, PRICE, START, WINDOW, assert_sound
from tests.race.test_acts_race import together

REASON = "0x" + "00" * 32

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ruling(terms: Terms) -> Expiry:  # noqa: F811
    """One report is too few, and nobody has stake: the guardians rule from OPENS_AT + WINDOW on."""
    person("alice").deposit(ETHER, START)
    expiry = list_short_expiry(replace(terms, report_extensions=0))
    beat(now=OPENS_AT)
    open_expiry(expiry_id=expiry.id, block=1, value_secured=0, now=OPENS_AT)
    assert person("alice").report(expiry.id, PRICE, ETHER, OPENS_AT + 1).refusal is None
    for now in range(OPENS_AT, OPENS_AT + WINDOW + 1, 120):
        beat(now=now)
    pass_time(now=OPENS_AT + WINDOW)
    expiry.refresh_from_db()
    assert expiry.stage == Stage.RULING
    return expiry


def job(expiry: Expiry, name: str) -> Callable[[], Signed]:
    digest = signer.digest("Ruling", {"expiry": expiry.id, "price": PRICE, "reason": REASON})
    signature = signing.sign(person(name).key, digest)
    return lambda: sign_ruling(
        expiry_id=expiry.id, price=str(PRICE), reason=REASON, signature=signature, now=OPENS_AT + WINDOW
    )


def test_ruling__all_guardians_at_once__is_taken_once(ruling: Expiry) -> None:
    results = together([job(ruling, name) for name in GUARDIANS * 2])
    assert Act.objects.filter(kind="Ruling").count() == 1
    receipts = {r.answer.receipt.signature for r in results if r.answer is not None and r.answer.receipt}
    assert len(receipts) == 1
    assert [r.refusal for r in results] == [None] * len(results)
    assert_sound(ruling)
    assert ruling.stage == Stage.FINAL
