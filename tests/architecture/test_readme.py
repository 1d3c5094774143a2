"""README.md says what the code, the tree and the measurements say."""

import re
import subprocess
from pathlib import Path

import pytest

from bench import readme
from protocol.stages_page import diagram

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()


def blocks() -> list[str]:
    """What stands between triple backticks."""
    return [block.strip("\n") for block in README.split("```")[1::2]]


def test_readme__life_cycle__is_the_codes() -> None:
    assert diagram() in blocks()


def test_readme__tree__names_every_top_level_folder_and_no_other() -> None:
    tree = next(block for block in blocks() if block.startswith("protocol/"))
    named = re.findall(r"^(\S+)/ ", tree, re.MULTILINE)
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    folders = {line.split("/")[0] for line in listed.splitlines() if "/" in line}
    assert set(named) == folders
    assert len(named) == len(set(named))


def test_readme__figures__are_those_of_the_last_measurement() -> None:
    assert readme.updated(README, readme.results()) == README, "run: python -m bench.readme"


def test_figures__all_measured__no_row_is_left_out() -> None:
    names = re.findall(r"\{(\w+)\}", " ".join(row.shown for row in readme.ROWS))
    assert readme.UNKNOWN not in readme.table(dict.fromkeys([*names, "gas_submit_50"], 100.0))


def test_figures__one_changed_or_missing__table_changes() -> None:
    figures = {"gas_submit_1": 84_554, "gas_submit_50": 1_500_000}
    assert "84,554" in readme.table(figures)
    assert "28,886" in readme.table(figures)
    assert readme.table(figures) != readme.table({**figures, "gas_submit_1": 84_555})
    assert readme.table({}).count(readme.UNKNOWN) == len(readme.ROWS)


def test_figures__no_markers__refused() -> None:
    with pytest.raises(ValueError, match="once"):
        readme.updated("no markers", {})
