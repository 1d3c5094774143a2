"""The audit log: one hash chain that nobody edits, and what is found where somebody did."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction

from operators import audit
from operators.models import AuditEntry

pytestmark = pytest.mark.django_db


@pytest.fixture
def three() -> list[AuditEntry]:
    return [
        audit.record(
            "proposal.made", "7", by=audit.staff("ada"), details={"reason": "stuck", "n": 5}, now=10
        ),
        audit.record("proposal.approved", "7", by=audit.staff("bob"), now=11),
        audit.record("alarm.raised", "", now=12),
    ]


def edited(statement: str) -> None:
    """As the tables' owner, past the triggers."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE operators_auditentry DISABLE TRIGGER USER")
        cursor.execute(statement)
        cursor.execute("ALTER TABLE operators_auditentry ENABLE TRIGGER USER")


def wrong(**anchors: str) -> str:
    kept = {int(name.removeprefix("at_")): head for name, head in anchors.items()}
    return audit.verify(AuditEntry.objects.order_by("seq"), kept)


def test_record__three_entries__are_chained_and_verify(three: list[AuditEntry]) -> None:
    assert [(entry.seq, entry.actor) for entry in three] == [
        (1, "staff:ada"),
        (2, "staff:bob"),
        (3, "service"),
    ]
    assert three[0].details == {"reason": "stuck", "n": "5"}
    assert len({entry.head for entry in three}) == 3
    assert wrong() == ""
    assert wrong(at_2=three[1].head) == ""
    assert audit.head() == audit.Head(3, three[2].head)


def test_record__its_transaction_is_rolled_back__leaves_no_gap(three: list[AuditEntry]) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        audit.record("alarm.raised", now=13)
        raise RuntimeError
    assert audit.record("alarm.cleared", now=14).seq == 4
    assert wrong() == ""


@pytest.mark.parametrize(
    "change",
    ["at = 11", "actor = 'staff:eve'", "what = 'proposal.rejected'", "subject = '8'", "details = '{}'"],
)
def test_verify__an_entry_was_changed__is_found(three: list[AuditEntry], change: str) -> None:
    edited(f"UPDATE operators_auditentry SET {change} WHERE seq = 1")  # noqa: S608
    assert wrong().startswith("entry 1 was changed")


def test_verify__an_entry_is_gone_from_the_middle__is_found(three: list[AuditEntry]) -> None:
    edited("DELETE FROM operators_auditentry WHERE seq = 2")
    assert wrong() == "entry 2 is missing"


def test_verify__the_end_is_gone_or_made_anew__only_an_anchor_tells(three: list[AuditEntry]) -> None:
    edited("DELETE FROM operators_auditentry WHERE seq = 3")
    assert wrong() == ""
    assert wrong(at_3=three[2].head) == "the log ends at entry 2, and entry 3 was anchored"
    audit.record("alarm.raised", "another", now=12)
    assert wrong() == ""
    assert wrong(at_3=three[2].head).startswith("entry 3 has another head than was anchored")


@pytest.mark.parametrize("statement", ["UPDATE {} SET at = 5", "DELETE FROM {}", "TRUNCATE {}"])
def test_entry__edited_by_whomever__refused(three: list[AuditEntry], statement: str) -> None:
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format("operators_auditentry"))


def test_audit_verify__says_where_the_log_ends_or_what_is_wrong(
    three: list[AuditEntry], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "root-7.json"
    file.write_text(json.dumps({"audit": {"seq": "2", "head": three[1].head}}))
    call_command("audit_verify", "--anchor", str(file))
    assert f"3 entries, head {three[2].head}, 1 anchors" in capsys.readouterr().out
    file.write_text(json.dumps({"audit": {"seq": "2", "head": three[0].head}}))
    with pytest.raises(CommandError, match="entry 2 has another head"):
        call_command("audit_verify", "--anchor", str(file))
    file.write_text("{}")
    with pytest.raises(CommandError, match="has no head of the audit log"):
        call_command("audit_verify", "--anchor", str(file))
