"""The codes of problems: one list, of which everything that is raised is, and which the documents show."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from assize.api_docs import document
from oracle.api.codes import MEANING, OF_STATUS, STATUS, Code
from oracle.api.problems import Problem
from protocol.acts import Refusal
from settlement.services import signing
from tests.conftest import ROOT

APPS = ("oracle", "settlement", "alerts", "disputes", "evidence", "pages", "assize")
MAKERS = ("Problem", "problems.plain", "document")
HANDED_ON = {
    "answer.refusal": Refusal,
    "signed.refusal": Refusal,
    "answer.code": signing.Code,
    "error.code": STATUS,
    "OF_STATUS[error.status_code]": OF_STATUS.values(),
    "code": STATUS,
}
"""What is no word where a problem is made, and of which list it is."""


def raised() -> Iterator[tuple[str, str]]:
    """Where problems are made, and by which code."""
    for app in APPS:
        for path in (ROOT / app).rglob("*.py"):
            source = path.read_text()
            if "oracle.api" not in source and path.parent.name != "api":
                continue
            for node in ast.walk(ast.parse(source)):
                if isinstance(node, ast.Call) and ast.unparse(node.func) in MAKERS and node.args:
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", ast.unparse(node.args[0])


def test_codes__every_problem_that_is_made__has_one_of_the_list() -> None:
    used = set()
    for place, code in raised():
        if code in HANDED_ON:
            assert set(HANDED_ON[code]) <= set(STATUS), place
            continue
        enum, _, name = code.partition(".")
        assert enum in ("Code", "Refusal"), f"{place}: {code} is of no list"
        used.add({"Code": Code, "Refusal": Refusal}[enum][name])
    used |= {*signing.Code, *OF_STATUS.values()}
    assert used >= set(Code), "a code that nothing is refused by"


def test_codes__the_list__is_the_protocols_words_and_ours() -> None:
    assert set(STATUS) == {*Refusal, *Code}
    assert len(STATUS) == len(Refusal) + len(Code)
    with pytest.raises(KeyError):
        Problem("of_my_own", "there is none like it")


def test_codes__the_document__lists_exactly_them() -> None:
    shapes = document()["components"]["schemas"]
    assert shapes["Problem"]["properties"]["code"]["allOf"][0]["$ref"].endswith("/ProblemCode")
    assert shapes["ProblemCode"]["enum"] == list(STATUS)


def test_codes__docs__say_of_each_which_status_and_what_it_means() -> None:
    page = (ROOT / "docs" / "api.md").read_text()
    ours = {str(code): f"{words} |\n" for code, words in MEANING.items()}
    for code, status in STATUS.items():
        assert f"\n| `{code}` | {status} | {ours.get(code, '')}" in page, code


def test_events__the_document__names_the_page_whose_table_has_their_data() -> None:
    said = document()["components"]["schemas"]["PublicEvent"]["properties"]["data"]["description"]
    page = (ROOT / said.removeprefix("by kind: ")).read_text()
    for kind in document()["components"]["schemas"]["EventKind"]["enum"]:
        row = next(line for line in page.splitlines() if line.startswith(f"| `{kind}` |"))
        assert row.count("|") == 4, kind
