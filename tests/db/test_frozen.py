"""What the database itself refuses, to the owner and to the app's role (C-41, I-8, I-12)."""

import pytest
from django.db import DatabaseError, connection, transaction

from oracle.models import Expiry

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


@pytest.mark.parametrize("edit", EDITS)
def test_edit__as_owner__refused(reporting: Expiry, edit: str) -> None:
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(edit)


@pytest.mark.parametrize("edit", EDITS)
def test_edit__as_the_app__refused(reporting: Expiry, app_role: str, edit: str) -> None:
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(edit)


def test_final_price__once_set__never_changes(reporting: Expiry) -> None:
    final = {"stage": "FINAL", "price": 5, "final_at": 7, "decided_by": "silence", "deadline": None}
    Expiry.objects.update(**final)
    with pytest.raises(DatabaseError, match="is final"), transaction.atomic():
        Expiry.objects.update(price=6)
