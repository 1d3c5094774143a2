"""The diagram, the enum and the transition table say the same, here and in the law (PROTOCOL 2)."""

import re
from pathlib import Path

import pytest

from protocol.stages import TRANSITIONS, Edge, Stage, Trigger
from protocol.stages_page import diagram

LAW = Path(__file__).resolve().parents[4] / "shared" / "PROTOCOL.md"
NOT_DRAWN = "m"


def section() -> str:
    if not LAW.is_file():
        pytest.skip("../shared/PROTOCOL.md is not there: the law lies beside a developer's checkout")
    return LAW.read_text().split("## 2.")[1].split("## 3.")[0]


def test_diagram__stages_and_letters__are_those_of_enum_and_table() -> None:
    assert set(re.findall(r"[A-Z]{3,}", diagram())) == set(Stage)
    arrows_down = "v"
    letters = [each for each in re.findall(r"\b[a-z]\b", diagram()) if each != arrows_down]
    assert sorted(letters) == sorted({edge.letter for edge in TRANSITIONS} - {NOT_DRAWN})


def test_diagram__straight_arrows__join_what_the_table_joins() -> None:
    drawn = set(re.findall(r"(?=\b([A-Z]+) --([a-z])--> ([A-Z]+))", diagram()))
    table = {(edge.source.value, edge.letter, edge.target.value) for edge in TRANSITIONS}
    assert len(drawn) == 4
    assert drawn <= table


def test_diagram__the_laws__is_ours() -> None:
    drawn = section().split("```")[1].strip("\n")
    assert [line.rstrip() for line in drawn.splitlines()] == diagram().splitlines()


def test_table__the_laws__is_ours() -> None:
    rows = re.findall(r"^\| ([a-l]) \| ([A-Z]+) \| .* \| ([A-Z]+)\b.*\|$", section(), re.MULTILINE)
    assert len(rows) == 12
    ours = {(edge.letter, edge.source.value, edge.target.value) for edge in TRANSITIONS if edge.letter != NOT_DRAWN}
    assert set(rows) == ours


def test_table__every_stage__is_entered_and_left_but_for_the_ends() -> None:
    assert {edge.source for edge in TRANSITIONS} == set(Stage) - {Stage.FINAL}
    assert {edge.target for edge in TRANSITIONS} == set(Stage) - {Stage.SCHEDULED}


def test_table__every_stage_that_waits__has_a_way_out_by_time() -> None:
    """Bounded time: SCHEDULED waits for the service, every other stage for a deadline at most."""
    by_time = {edge.source for edge in TRANSITIONS if edge.trigger is Trigger.DEADLINE}
    assert by_time == set(Stage) - {Stage.SCHEDULED, Stage.FINAL}


def test_table__letter_and_trigger__have_one_target_each() -> None:
    assert len({(e.letter, e.source, e.trigger) for e in TRANSITIONS}) == len(TRANSITIONS)
    assert all(isinstance(edge, Edge) and edge.when for edge in TRANSITIONS)
