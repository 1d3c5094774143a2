"""Tests with real commits clean up after themselves although append-only tables refuse it."""

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from ledger.models import Transfer
from ledger.services import Move, Reason, post


@pytest.mark.django_db(transaction=True)
def test_flush__append_only_rows__gone_and_the_triggers_are_on_again() -> None:
    with transaction.atomic():
        post([Move("outside", "treasury", 5, "k", Reason.DEPOSIT)], at=1, entry=1)
    call_command("flush", interactive=False, verbosity=0)
    assert Transfer.objects.count() == 0
    with pytest.raises(DatabaseError, match="refused"), connection.cursor() as cursor:
        cursor.execute("TRUNCATE ledger_transfer")
