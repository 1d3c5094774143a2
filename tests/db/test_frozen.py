"""What the database itself refuses, to the owner and to the app's role (C-41, I-8, I-12)."""

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models import F

from oracle.models import Claim, Expiry
from tests.cast import ETHER, person
from tests.db.test_disputes import LIE, OPEN, PRICE, WINDOW, disputed

__all__ = ["disputed"]

EDITS = [
    "UPDATE oracle_act SET account = NULL",
    "DELETE FROM oracle_act",
    "TRUNCATE oracle_act CASCADE",
    "UPDATE oracle_beat SET seq = 0",
    "DELETE FROM oracle_beat",
    "TRUNCATE oracle_beat",
    "UPDATE oracle_index SET spec = '{}'",
    "DELETE FROM oracle_index",
    "DELETE FROM oracle_expiry",
    "TRUNCATE oracle_expiry CASCADE",
    "UPDATE oracle_elector SET weight = 1",
    "UPDATE oracle_expiry SET terms = '{}'",
    "UPDATE oracle_expiry SET expiry_at = 1",
    "UPDATE oracle_expiry SET raised = '{}'",
    "UPDATE oracle_expiry SET stage = 'FINAL'",
]

CLAIM_EDITS = [
    "DELETE FROM oracle_claim",
    "TRUNCATE oracle_claim CASCADE",
    "UPDATE oracle_claim SET price = price + 1 WHERE status = 'OPEN'",
    "UPDATE oracle_claim SET price = price + 1 WHERE status = 'FILLED'",
    "UPDATE oracle_claim SET expiry_id = 'another'",
    "UPDATE oracle_claim SET id = id + 10",
    "UPDATE oracle_claim SET pledged = pledged - 1 WHERE status = 'OPEN'",
    "UPDATE oracle_claim SET round = round - 1 WHERE status = 'OPEN'",
    "UPDATE oracle_claim SET required = pledged WHERE status = 'OPEN'",
    "UPDATE oracle_claim SET status = 'FILLED' WHERE status = 'OPEN'",
    "UPDATE oracle_claim SET status = 'OPEN' WHERE status = 'FILLED'",
    "UPDATE oracle_claim SET status = 'RELEASED' WHERE status = 'FILLED'",
    "UPDATE oracle_claim SET required = required + 1 WHERE status = 'FILLED'",
    "UPDATE oracle_claim SET round = round + 1 WHERE status = 'FILLED'",
]


@pytest.fixture
def claimed(disputed: Expiry) -> Expiry:
    """A claim that is filled, and one against it that is open in round 1."""
    now = OPEN + WINDOW
    assert person("dave").pledge(disputed.id, 1, LIE, 5 * ETHER, now + 1).refusal is None
    assert person("carol").pledge(disputed.id, 2, PRICE, ETHER // 2, now + 2).refusal is None
    assert list(Claim.objects.values_list("status", "round")) == [("FILLED", 0), ("OPEN", 1)]
    return disputed


@pytest.mark.parametrize("edit", EDITS)
def test_edit__as_owner__refused(reporting: Expiry, edit: str) -> None:
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(edit)


@pytest.mark.parametrize("edit", EDITS)
def test_edit__as_the_app__refused(reporting: Expiry, app_role: str, edit: str) -> None:
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(edit)


@pytest.mark.parametrize("edit", CLAIM_EDITS)
def test_claim__edited_as_owner__refused_by_its_own_trigger(claimed: Expiry, edit: str) -> None:
    refused = "on oracle_claim is refused: the book is only ever added to"
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        with pytest.raises(DatabaseError, match=refused), transaction.atomic():
            cursor.execute(edit)


def test_claim__open__takes_pledges_and_another_rounds_bond_and_is_released(claimed: Expiry) -> None:
    mine = Claim.objects.filter(status=Claim.Status.OPEN)
    mine.update(pledged=F("pledged") + 1, required=F("required") + 1, round=2)
    mine.update(status=Claim.Status.RELEASED)
    with pytest.raises(DatabaseError, match="is refused"), transaction.atomic():
        Claim.objects.filter(status=Claim.Status.RELEASED).update(pledged=F("pledged") + 1)


def test_final_price__once_set__never_changes(reporting: Expiry) -> None:
    final = {"stage": "FINAL", "price": 5, "final_at": 7, "decided_by": "silence", "deadline": None}
    Expiry.objects.update(**final)
    with pytest.raises(DatabaseError, match="is final"), transaction.atomic():
        Expiry.objects.update(price=6)
