"""What operators type: one line for what was done, one line and exit 1 for what cannot be."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from assize.timetable import Ring
from dev import sample
from ledger import names, selectors
from oracle import clock, signer
from oracle.models import Act, Beat, Expiry, Index
from reporter.sources import window_of
from tests.cast import ETHER, person
from tests.db.conftest import GUARDIANS, NOW, SPEC

ROOT = Path(__file__).resolve().parents[2]
AT = str(NOW + 86_400)
ALICE = person("alice").address


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch, db: None) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


def lines(capsys: pytest.CaptureFixture[str], *command: Any) -> list[str]:
    call_command(*command)
    return capsys.readouterr().out.splitlines()


def test_list_index__a_file__prints_its_id(tmp_path: Path, capsys: Any) -> None:
    file = tmp_path / "eth.json"
    file.write_text(json.dumps(SPEC))
    line, read = lines(capsys, "list_index", "eth-usd", str(file))
    assert line == f"index eth-usd version 1 {Index.objects.get().id}"
    assert lines(capsys, "list_index", "eth-usd", str(file)) == [line, read]


def test_list_index__the_example_of_the_docs__says_how_it_reads_the_prices(capsys: Any) -> None:
    example = ROOT / "docs" / "operating" / "index.example.json"
    _, read = lines(capsys, "list_index", "eth-usd", str(example))
    assert read == "prices from 1.00 to 100,000.00, in steps of 0.01"
    assert window_of(Index.objects.get().spec) == 60, "and our own reporter can read it"


def test_list_expiry__index_instant_terms_and_guardians__is_listed_with_them(capsys: Any) -> None:
    call_command("list_index", "eth-usd", json.dumps(SPEC))
    guardians = ",".join(person(name).address for name in GUARDIANS)
    options = ["--index", "eth-usd", "--at", AT, "--terms", '{"report_window": "60"}', "--guardians", guardians]
    line = lines(capsys, "list_expiry", "eth-friday", *options)[-1]
    expiry = Expiry.objects.get()
    assert line == f"expiry eth-friday at {AT} {expiry.id}"
    assert (expiry.terms["report_window"], expiry.terms["min_reports"]) == ("60", "3")
    assert (expiry.terms["service"], expiry.terms["guardian_threshold"]) == (signer.service_address(), "2")
    assert expiry.terms["guardians"] == guardians.split(",")


def test_sample__its_commands__list_an_expiry_that_one_person_sees_through(capsys: Any, monkeypatch: Any) -> None:
    monkeypatch.chdir(ROOT)
    name, (index, expiry, series) = sample.steps(NOW)
    for step in (index, expiry):
        call_command(*step)
    found = Expiry.objects.get(slug=name)
    assert (found.expiry_at, found.terms["min_reports"]) == (NOW + sample.OPENS_IN, "1")
    assert series[:2] == ["list_series", name]
    assert f"/expiries/{name}/" in sample.told(name, NOW)


def test_list_expiry__iso_instant__is_that_unix_second(capsys: Any) -> None:
    call_command("list_index", "eth-usd", json.dumps(SPEC))
    options = ["--index", "eth-usd", "--guardians", person(GUARDIANS[0]).address]
    call_command("list_expiry", "e", *options, "--at", "2026-12-25T10:00+02:00")
    assert Expiry.objects.get().expiry_at == 1_798_185_600


@pytest.mark.parametrize(("text", "wei"), [("1", 1), ("2ether", 2 * ETHER), ("0.05ether", ETHER // 20)])
def test_deposit__an_amount__is_credited_and_told(text: str, wei: int, capsys: Any) -> None:
    line = lines(capsys, "deposit", ALICE.upper().replace("0X", "0x"), text)
    assert line == [f"deposit {wei} wei to {ALICE}, entry 1 of the book"]
    assert selectors.balance(names.free(ALICE)) == wei
    assert Act.objects.get().message["block"] == "0"


def test_deposit__operators_word_not_allowed__refused(settings: Any) -> None:
    settings.OPERATOR_DEPOSITS = False
    with pytest.raises(CommandError, match="deposit through the escrow"):
        call_command("deposit", ALICE, "1")
    assert Act.objects.count() == 0


BAD = [
    (["list_index", "x", "/no/such/file"], "cannot read"),
    (["list_index", "x", "{"], "not JSON"),
    (["list_index", "x", '{"min_price": "9", "max_price": "1"}'], "min_price"),
    (["list_expiry", "x", "--index", "none", "--at", AT], "no index none is listed"),
    (["list_expiry", "x", "--index", "eth-usd", "--at", "friday"], "no instant"),
    (["list_expiry", "x", "--index", "eth-usd", "--at", "2026-12-25T08:00"], "time zone"),
    (["list_expiry", "x", "--index", "eth-usd", "--at", "1", "--guardians", ALICE], "not ahead"),
    (["list_expiry", "x", "--index", "eth-usd", "--at", AT, "--terms", '{"fun": "1"}'], "unknown terms: fun"),
    (
        ["list_expiry", "x", "--index", "eth-usd", "--at", AT, "--guardians", ALICE]
        + ["--terms", '{"min_reports": "0"}'],
        "min_reports",
    ),
    (["list_expiry", "x", "--index", "eth-usd", "--at", AT], "name guardians"),
    (["list_expiry", "x", "--index", "eth-usd", "--at", AT, "--guardians", "me"], "no address"),
    (["deposit", "me", "1"], "no address"),
    (["deposit", ALICE, "0"], "above 0"),
    (["deposit", ALICE, "-1"], "no amount"),
    (["deposit", ALICE, "1.5"], "no amount"),
]


@pytest.mark.parametrize(("command", "why"), BAD)
def test_command__bad_input__one_line_and_nothing_done(command: list[str], why: str, expiry: Expiry) -> None:
    with pytest.raises(CommandError, match=why) as refused:
        call_command(command[0], "--", *command[1:]) if command[0] == "deposit" else call_command(*command)
    assert "\n" not in str(refused.value)
    assert (Expiry.objects.count(), Act.objects.count()) == (1, 0)


def fails() -> str:
    raise ConnectionError("no chain")


def test_tick__one_task_fails__the_rest_ring_and_it_exits_with_1(
    monkeypatch: pytest.MonkeyPatch, reporting: Expiry, capsys: Any
) -> None:
    rings = (Ring(f"{__name__}.fails", 2), Ring("oracle.tasks.pass_time", 2), Ring("oracle.tasks.beat", 60))
    monkeypatch.setattr("assize.management.commands.tick.timetable", lambda seconds: rings)
    monkeypatch.setattr("time.time", lambda: float(NOW + 86_400 + 70))
    monkeypatch.setattr(clock, "now", lambda: NOW + 86_400 + 70)
    Beat.objects.create(at=NOW + 86_400, seq=0, book="0x", signature="0x")
    with pytest.raises(SystemExit) as stopped:
        call_command("tick")
    printed = capsys.readouterr()
    assert stopped.value.code == 1
    assert printed.out.splitlines()[0] == "oracle.tasks.pass_time: nothing due"
    assert printed.out.splitlines()[1].startswith(f"oracle.tasks.beat: beat at {NOW + 86_470}")
    assert printed.err.strip() == f"{__name__}.fails: failed: ConnectionError: no chain"
    with pytest.raises(SystemExit):
        call_command("tick")
    assert "oracle.tasks.beat: not due" in capsys.readouterr().out
