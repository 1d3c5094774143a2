"""Terms (PROTOCOL 3): validity, the canonical form, what the value at stake raises."""

import re
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.canonical import json_hash
from protocol.terms import ETHER, MAX_PRICE, PPM, RAISED_BY_VALUE, Index, InvalidTerms, Terms

LAW = Path(__file__).resolve().parents[4] / "shared" / "PROTOCOL.md"


def test_terms__as_they_stand_in_the_law__valid() -> None:
    assert Terms().problems() == []


def test_terms__names__are_the_laws() -> None:
    if not LAW.is_file():
        pytest.skip("../shared/PROTOCOL.md is not there: the law lies beside a developer's checkout")
    section = LAW.read_text().split("## 3. Terms")[1].split("## 4.")[0]
    cells = [line.split("|")[1] for line in section.splitlines() if line.startswith("| ")][1:]
    names = {name.strip() for cell in cells for name in cell.split(",") if re.fullmatch(r"[a-z_]+", name.strip())}
    assert names == {field.name for field in fields(Terms)}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"min_reports": 0}, "min_reports"),
        ({"tolerance_ppm": 10_000}, "tolerance_ppm"),
        ({"min_report_bond": 0}, "min_report_bond"),
        ({"min_report_bond": 3 * ETHER}, "min_report_bond"),
        ({"min_report_stake": 0}, "min_report_stake"),
        ({"min_pledge": 0}, "min_pledge"),
        ({"min_pledge": ETHER}, "min_challenge_bond"),
        ({"min_challenge_bond": 4 * ETHER}, "arbitration_bond"),
        *(({name: 0}, "window") for name in (
            "report_window", "challenge_window", "commit_window", "reveal_window", "ruling_window"
        )),
        ({"report_delay": -1}, "report_delay"),
        ({"report_extensions": -1}, "report_extensions"),
        ({"fee_ppm": PPM + 1}, "ppm"),
        ({"full_forfeit_ppm": PPM + 1}, "ppm"),
        ({"value_bond_ppm": -1}, "ppm"),
        ({"wrong_slash_ppm": PPM // 3 + 1}, "slashes"),
        ({"absent_slash_ppm": PPM // 2}, "slashes"),
        ({"vote_retries": 10}, "slashes"),
        ({"value_rates": {"0xaa": -1}}, "value_rates"),
        ({"guardian_threshold": 1}, "guardian"),
        ({"guardians": ("0xaa", "0xaa"), "guardian_threshold": 1}, "guardian"),
    ],
)
def test_terms__one_condition_broken__says_which(change: dict[str, Any], words: str) -> None:
    problems = replace(Terms(), **change).problems()
    assert len(problems) == 1
    assert words in problems[0]


def test_terms__at_the_limits__valid() -> None:
    limits = replace(
        Terms(), min_reports=1, tolerance_ppm=0, full_forfeit_ppm=1, min_pledge=1, min_challenge_bond=1,
        arbitration_bond=1, vote_retries=0, wrong_slash_ppm=PPM, fee_ppm=PPM, min_report_bond=2 * ETHER,
    )
    assert limits.problems() == []


@pytest.mark.parametrize(
    ("index", "valid"),
    [
        (Index(1, MAX_PRICE - 1), True),
        (Index(7, 7, 7), True),
        (Index(0, 5), False),
        (Index(6, 5), False),
        (Index(1, MAX_PRICE), False),
        (Index(1, 5, 0), False),
        (Index(8, 13, 7), False),  # no multiple of 7 in between
    ],
)
def test_index__bounds_and_tick__valid_or_said(index: Index, valid: bool) -> None:
    assert (index.problems() == []) == valid


@pytest.mark.parametrize(
    ("index", "span"), [(Index(1, 100), (1, 100)), (Index(7, 14, 7), (7, 14)), (Index(8, 20, 7), (14, 14))]
)
def test_index__span__the_first_and_last_price_on_the_tick(index: Index, span: tuple[int, int]) -> None:
    assert index.span() == span


def test_terms__through_json__the_same_and_one_hash() -> None:
    terms = replace(Terms(), guardians=("0xaa", "0xbb"), value_rates={"0xcc": 5, "0xbb": 7}, service="0xdd")
    document = terms.to_json()
    assert Terms.from_json(document) == terms
    assert json_hash(document) == json_hash(Terms.from_json(document).to_json())
    assert all(isinstance(value, str) for name, value in document.items() if name not in ("guardians", "value_rates"))


@pytest.mark.parametrize(
    "document",
    [{"unknown": "1"}, {"fee_ppm": 0.2}, {"fee_ppm": True}, {"fee_ppm": None}, {"fee_ppm": "much"}, {"fee_ppm": []}],
)
def test_terms__from_what_is_no_terms__raises(document: dict[str, Any]) -> None:
    with pytest.raises(InvalidTerms):
        Terms.from_json(document)


ANOTHER_SPELLING = ["1_000", " 1", "1 ", "1\n", "+1", "01", "-0", "", "1.0", "1e3", "0x1", "\u0663", "9" * 5000]


@pytest.mark.parametrize("text", ANOTHER_SPELLING)
def test_integer__in_another_spelling_than_the_one__raises(text: str) -> None:
    """Two spellings of one number would be two terms, and two ids of one expiry (PROTOCOL 7)."""
    with pytest.raises(InvalidTerms, match="decimal string"):
        Terms.from_json({"min_reports": text})
    with pytest.raises(InvalidTerms, match="decimal string"):
        Terms.from_json({"value_rates": {"0x" + "ab" * 20: text}})
    with pytest.raises(InvalidTerms, match="decimal string"):
        Index.from_json({"min_price": "1", "max_price": text})


def test_integer__below_zero__is_read_and_called_a_problem() -> None:
    assert "must not be negative" in " ".join(Terms.from_json({"report_delay": "-1"}).problems())


@pytest.mark.parametrize(
    ("value", "factor"),
    [(0, 1), (60 * ETHER, 1), (60 * ETHER + 1, 2), (120 * ETHER, 2), (120 * ETHER + 1, 3), (6_000 * ETHER, 100)],
)
def test_raised__by_value_secured__factor_rounded_up(value: int, factor: int) -> None:
    """0.5 % of 60 ether are the 0.3 ether that reports must stake at the defaults."""
    raised = Terms().raised(value)
    for field in fields(Terms):
        times = factor if field.name in RAISED_BY_VALUE else 1
        assert getattr(raised, field.name) == (getattr(Terms(), field.name) * times if times > 1
                                               else getattr(Terms(), field.name))


@given(st.integers(0, 10**30))
def test_raised__any_value__still_valid_and_secures_its_share(value: int) -> None:
    raised = Terms().raised(value)
    assert raised.problems() == []
    assert raised.min_report_stake * PPM >= value * raised.value_bond_ppm
    assert raised.min_report_bond == Terms().min_report_bond
