"""Alert rules are about metrics that exist, every invariant and alarm has one, and each leads to its runbook."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from assize import manual
from assize.metrics import readings
from assize.metrics.table import BY_NAME, TABLE
from reporter.attest.metrics import Metrics
from settlement.alarms import KINDS, AlarmKind
from tests.architecture.test_docs import anchors

ROOT = Path(__file__).resolve().parents[2]
GROUPS = yaml.safe_load((ROOT / "deploy" / "prometheus" / "rules.yml").read_text())["groups"]
RULES: list[dict[str, Any]] = [rule for group in GROUPS for rule in group["rules"]]
PAGE = ROOT / "docs" / "operating" / "metrics.md"
OF_ATTESTORS: dict[str, set[str]] = {
    each.name + ("_total" if each.type == "counter" else ""): set() for each in Metrics().registry.collect()
}
KNOWN = {metric.name: set(metric.labels) for metric in TABLE} | OF_ATTESTORS
SELECTED = re.compile(r"\b(assize_[a-z_]+)(?:\{([^}]*)\})?")
MATCHER = re.compile(r'([a-z]+)="([^"]*)"')
WORDS = {"max", "min", "abs", "absent", "min_over_time", "or", "unless", "up"}

every_rule = pytest.mark.parametrize("rule", RULES, ids=[rule["alert"] for rule in RULES])


@every_rule
def test_rule__its_expression__names_what_is_exported(rule: dict[str, Any]) -> None:
    selected = SELECTED.findall(rule["expr"])
    assert selected
    for name, matchers in selected:
        assert name in KNOWN, f"{name} is not exported"
        assert MATCHER.sub("", matchers).strip(", ") == ""
        for label, value in MATCHER.findall(matchers):
            assert label in KNOWN[name], f"{name} has no label {label}"
            assert value in readings.LABELS[name], f"{name} is never told for {value}"
    rest = re.sub(r"\{[^}]*\}|\[\d+[smh]\]|\b(?:assize_[a-z_]+|\d+(?:\.\d+)?)\b", "", rule["expr"])
    assert set(re.findall(r"[a-z_]+", rest)) <= WORDS
    assert re.fullmatch(r"[a-z_\s()><=!*]+", rest)
    assert rest.count("(") == rest.count(")")


@every_rule
def test_rule__everything_that_whoever_is_woken_needs(rule: dict[str, Any]) -> None:
    assert set(rule) == {"alert", "expr", "for", "labels", "annotations"}
    assert re.fullmatch(r"Assize[A-Za-z]+", rule["alert"])
    assert re.fullmatch(r"\d+[smh]", rule["for"])
    assert rule["labels"] in ({"severity": "critical"}, {"severity": "warning"})
    assert set(rule["annotations"]) == {"summary", "runbook"}
    assert rule["annotations"]["summary"]
    page, _, anchor = rule["annotations"]["runbook"].partition("#")
    assert page in ("docs/operating/alarms.md", "docs/operating/runbooks.md")
    assert anchor in anchors(ROOT / page)


def test_rules__names__once_each() -> None:
    assert len({rule["alert"] for rule in RULES}) == len(RULES)


def test_rules__every_kind_of_alarm__has_one_with_its_meaning_and_its_runbook() -> None:
    found = {}
    for rule in RULES:
        if kind := re.fullmatch(r'max\(assize_alarms_open\{kind="(\w+)"\}\) > 0', rule["expr"]):
            found[kind[1]] = rule
    assert list(found) == [kind.value for kind in AlarmKind]
    for kind, about in KINDS.items():
        rule = found[kind]
        assert rule["annotations"]["summary"] == about.means
        assert rule["annotations"]["runbook"] == f"docs/operating/alarms.md#{kind}"
        assert rule["labels"]["severity"] == ("critical" if about.stops else "warning")


def test_rules__every_gauge_that_guards_an_invariant__has_one() -> None:
    judged = {name for rule in RULES for name, _ in SELECTED.findall(rule["expr"])}
    assert {metric.name for metric in TABLE if metric.invariant} <= judged


def test_runbooks__every_part__is_where_a_rule_leads() -> None:
    page = "docs/operating/runbooks.md"
    led_to = {rule["annotations"]["runbook"] for rule in RULES}
    assert {f"{page}#{anchor}" for anchor in anchors(ROOT / page) - {"runbooks"}} <= led_to


def test_page__its_table__is_what_the_code_has() -> None:
    assert PAGE.read_text() == manual.with_metrics(PAGE.read_text())
    assert all(f"| `{metric.name}` |" in PAGE.read_text() for metric in TABLE)


def test_page__every_invariant__says_who_watches_it_and_the_table_agrees() -> None:
    rows = dict(re.findall(r"^\| (I-\d+) [^|]*\| (.*) \|$", PAGE.read_text(), re.MULTILINE))
    assert list(rows) == [f"I-{number}" for number in range(1, 23)]
    for invariant, watched in rows.items():
        named = set(re.findall(r"`(assize_\w+)`", watched))
        assert named <= set(KNOWN)
        assert {metric.name for metric in TABLE if metric.invariant == invariant} <= named


def test_table__names_and_labels() -> None:
    assert len(BY_NAME) == len(TABLE)
    for metric in TABLE:
        assert re.fullmatch(r"assize_[a-z_]+", metric.name)
        assert re.fullmatch(r"|I-\d+", metric.invariant)
        assert bool(metric.labels) == (metric.name in readings.LABELS)
