"""The audit log: one hash chain that nobody edits, and what is found where somebody did."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command, get_commands, load_command_class
from django.db import IntegrityError, connection, transaction

from operators.models import AuditEntry
from operators.services import audit
from oracle.management.shell import ShellCommand
from protocol.canonical import json_hash
from protocol.hashing import from_hex, keccak, to_hex
from settlement.models import Root
from tests.db.conftest import SPEC

pytestmark = pytest.mark.django_db
WORD = "0x" + "1" * 64


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


def test_audit_verify__compares_with_every_root__and_says_how_far_it_is(
    three: list[AuditEntry], capsys: pytest.CaptureFixture[str]
) -> None:
    given = {"root": WORD, "block": 1, "seq": 0, "accounts": 0, "debt": 0, "created_at": 1}
    Root.objects.create(epoch=1, audit_seq=0, audit_head=audit.HEAD_0, **given)
    Root.objects.create(epoch=2, audit_seq=2, audit_head=three[1].head, **given)
    Root.objects.create(epoch=3, **given)  # of before there was a log
    call_command("audit_verify", progress=True)
    said = capsys.readouterr()
    assert "3 entries" in said.out
    assert ", 1 anchors" in said.out
    assert "entries of the audit log 3 of 3 (100 %)" in said.err
    Root.objects.create(epoch=4, audit_seq=3, audit_head=three[1].head, **given)
    with pytest.raises(CommandError, match="entry 3 has another head than was anchored"):
        call_command("audit_verify")


def test_audit_verify__all_that_an_attestor_ever_signed__line_by_line(
    three: list[AuditEntry], tmp_path: Path
) -> None:
    file = tmp_path / "roots.jsonl"
    old = {"epoch": "1", "root": WORD, "block": "1", "seq": "0"}
    lines = [old, {**old, "audit": {"seq": "1", "head": three[0].head}}]
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    call_command("audit_verify", "--anchor", str(file), stdout=StringIO())
    lines.append({**old, "audit": {"seq": "2", "head": three[0].head}})
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    with pytest.raises(CommandError, match="entry 2 has another head"):
        call_command("audit_verify", "--anchor", str(file))


@pytest.mark.parametrize("change", ["audit_seq = 1", f"audit_head = '0x{'1' * 64}'", "audit_seq = NULL"])
def test_root__its_anchor_edited_by_whomever__refused(three: list[AuditEntry], change: str) -> None:
    Root.objects.create(
        epoch=2, audit_seq=2, audit_head=three[1].head, root=WORD, block=1, seq=0, accounts=0, debt=0, created_at=1
    )
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE settlement_root SET {change}")  # noqa: S608


def lines_of(*options: str) -> list[dict[str, Any]]:
    out = StringIO()
    call_command("audit", *options, stdout=out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


@pytest.mark.parametrize(
    ("options", "seqs"),
    [
        ([], "123"),
        (["--since", "11"], "23"),
        (["--since", "1970-01-01T00:00:12Z"], "3"),
        (["--after", "1"], "23"),
        (["--actor", "staff:bob"], "2"),
        (["--subject", "7"], "12"),
        (["--what", "alarm.raised", "--actor", "service"], "3"),
        (["--actor", "nobody"], ""),
    ],
)
def test_audit__prints_what_is_asked_for(three: list[AuditEntry], options: list[str], seqs: str) -> None:
    assert "".join(line["seq"] for line in lines_of(*options)) == seqs


def test_audit__a_line__is_all_that_its_hash_is_over(three: list[AuditEntry]) -> None:
    """Whoever has a copy needs nothing of ours to verify it."""
    before = audit.HEAD_0
    for line in lines_of():
        head = line.pop("head")
        before = to_hex(keccak(from_hex(before, 32) + from_hex(json_hash(line), 32)))
        assert head == before


@pytest.mark.parametrize("since", ["yesterday", "2026-12-25T08:00"])
def test_audit__a_time_that_means_nothing_certain__one_line(since: str) -> None:
    with pytest.raises(CommandError):
        call_command("audit", "--since", since)


def test_shell_command__is_told_with_who_and_what_and_what_came_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("getpass.getuser", lambda: "ops")
    call_command("list_index", "eth-usd", json.dumps(SPEC), stdout=StringIO())
    with pytest.raises(CommandError):
        call_command("list_expiry", "x", "--index", "none", "--at", "5")
    told = [(line["actor"], line["what"], line["subject"], line["details"]) for line in lines_of()]
    assert told == [
        ("shell:ops", "command.began", "list_index", {"slug": "eth-usd", "spec": json.dumps(SPEC)[:500]}),
        ("shell:ops", "command.ended", "list_index", {"outcome": "done"}),
        ("shell:ops", "command.began", "list_expiry", {"slug": "x", "index": "none", "at": "5", "terms": "{}"}),
        (
            "shell:ops",
            "command.ended",
            "list_expiry",
            {"outcome": "CommandError: no index none is listed: list it first"},
        ),
    ]


def test_shell_command__killed_or_of_nobody__has_left_a_word_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> str:
        raise KeyError("getpwuid(): uid not found: 4711")

    def killed(**given: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("getpass.getuser", nobody)
    monkeypatch.setattr("os.getuid", lambda: 4711)
    monkeypatch.setattr("oracle.services.listing.list_index", killed)
    with pytest.raises(KeyboardInterrupt):
        call_command("list_index", "eth-usd", json.dumps(SPEC))
    assert [(line["actor"], line["details"].get("outcome")) for line in lines_of()] == [
        ("shell:uid-4711", None),
        ("shell:uid-4711", "it was ended"),
    ]


def test_shell_command__that_only_looks__is_not_told() -> None:
    assert [ShellCommand().reads(given) for given in ({"dry_run": True}, {"check": True}, {"series": True})] == [
        True, True, False,
    ]  # fmt: skip
    call_command("reindex", "--check", stdout=StringIO())
    assert not AuditEntry.objects.exists()


def test_commands__that_change_something__all_tell_the_log() -> None:
    """Those of RELIABILITY 4 that one person alone can run: what one sees in the log is all that was done by hand."""
    commands = {name: load_command_class(app, name) for name, app in get_commands().items()}
    assert {name for name, command in commands.items() if isinstance(command, ShellCommand)} == {
        "list_index", "list_expiry", "list_series", "deploy_contracts", "create_feed", "import_series", "deposit",
        "reindex", "staff",
    }  # fmt: skip
