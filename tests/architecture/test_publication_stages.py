"""Diagram, enum, table and page of a publication's life say the same."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

from settlement import stages
from settlement.stages import TRANSITIONS, PublicationStage, may_follow

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "chain.md").read_text()


def diagram() -> str:
    text = inspect.getdoc(stages) or ""
    return "\n".join(line[4:] for line in text.splitlines() if line.startswith("    "))


def test_page__diagram_and_table__those_of_the_code() -> None:
    assert f"```\n{diagram()}\n```" in PAGE
    rows = [f"| {e.letter} | {e.source} | {e.target} | {e.when} |" for e in TRANSITIONS]
    table = PAGE.split("| edge | from | to | when |\n| --- | --- | --- | --- |\n")[1].split("\n\n")[0]
    assert table.splitlines() == rows


def test_diagram__stages_and_letters__exactly_those_of_the_table() -> None:
    assert set(re.findall(r"[A-Z]{4,}", diagram())) == set(PublicationStage)
    assert set(re.findall(r"(?<=[-,])[a-z]\b", diagram())) == {edge.letter for edge in TRANSITIONS}


def test_table__ends__nothing_follows_them_and_all_else_can_reach_one() -> None:
    ends = {PublicationStage.FINAL, PublicationStage.FAILED}
    assert {stage for stage in PublicationStage if not may_follow(stage)} == ends
    for stage in PublicationStage:
        seen, reached = {stage}, {stage}
        while reached:
            reached = {after for each in reached for after in may_follow(each)} - seen
            seen |= reached
        assert seen & ends
