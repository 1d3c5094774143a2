"""Worked cases, the law's and our own: each gives exactly its result (PROTOCOL 10)."""

import json
from pathlib import Path
from typing import Any

import pytest

from protocol.cases import InvalidCase, resolve

SHARED = Path(__file__).resolve().parents[4] / "shared" / "cases"
OWN = Path(__file__).parent / "cases"
FILES = sorted(SHARED.glob("*.json")) + sorted(OWN.glob("*.json"))


def read(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(path.read_text())
    return document


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_case__resolved__gives_exactly_its_result(path: Path) -> None:
    document = read(path)
    assert resolve(document["case"]) == document["result"]


def test_cases__the_laws_own__are_there() -> None:
    if not SHARED.is_dir():
        pytest.skip("../shared/cases is not there: the law's worked cases lie beside a developer's checkout")
    assert len(list(SHARED.glob("*.json"))) >= 18


@pytest.mark.parametrize("path", sorted(OWN.glob("*.json")), ids=lambda path: path.stem)
def test_case__resolved_twice__leaves_the_document_alone(path: Path) -> None:
    document = read(path)
    assert resolve(document["case"]) == resolve(document["case"])
    assert document == read(path)


@pytest.mark.parametrize("missing", ["terms", "index", "expiry_at", "reward", "electorate", "acts", "now"])
def test_case__part_missing__says_which(missing: str) -> None:
    case = read(OWN / "01-liar-in-three-rounds.json")["case"]
    del case[missing]
    with pytest.raises(InvalidCase, match=missing):
        resolve(case)


def test_case__unknown_act__says_which() -> None:
    case = read(OWN / "01-liar-in-three-rounds.json")["case"]
    case["acts"][0]["type"] = "wish"
    with pytest.raises(InvalidCase, match="wish"):
        resolve(case)
