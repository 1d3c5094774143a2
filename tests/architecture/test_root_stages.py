"""Diagram, enum, table and page of a root's life say the same; so do grounds of refusal and their page."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

from reporter.attest import roots
from settlement import root_stages
from settlement.root_stages import TRANSITIONS, RootStage, may_follow

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = (DOCS / "roots.md").read_text()


def diagram() -> str:
    text = inspect.getdoc(root_stages) or ""
    return "\n".join(line[4:] for line in text.splitlines() if line.startswith("    "))


def test_page__diagram_and_table__those_of_the_code() -> None:
    assert f"```\n{diagram()}\n```" in PAGE
    rows = [f"| {e.letter} | {e.source} | {e.target} | {e.when} |" for e in TRANSITIONS]
    table = PAGE.split("| edge | from | to | when |\n| --- | --- | --- | --- |\n")[1].split("\n\n")[0]
    assert table.splitlines() == rows


def test_diagram__stages_and_letters__those_of_the_table() -> None:
    assert set(re.findall(r"[A-Z]{4,}", diagram())) == set(RootStage)
    text = inspect.getdoc(root_stages) or ""
    for edge in TRANSITIONS:
        assert f"-{edge.letter}-" in diagram() or re.search(rf"\b{edge.letter} from\b", text), edge


def test_table__ends__nothing_follows_them_and_all_else_can_reach_both() -> None:
    ends = {stage for stage in RootStage if not may_follow(stage)}
    assert ends == {RootStage.FINAL, RootStage.FAILED}
    for stage in set(RootStage) - ends:
        seen, reached = {stage}, {stage}
        while reached:
            reached = {after for each in reached for after in may_follow(each)} - seen
            seen |= reached
        assert seen >= ends, stage


def test_attestors_page__grounds_of_roots__are_those_of_the_code() -> None:
    section = (DOCS / "attestors.md").read_text().split("## Roots")[1].split("## Witnessed")[0]
    assert re.findall(r"^\| `(\w+)` \|", section, re.M) == [ground.__name__ for ground in roots.GROUNDS]
