"""Alarms: raised once, seen on, cleared with a reason, and kept."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.db import IntegrityError, connection, transaction

from settlement.alarms import (
    KINDS,
    AlarmKind,
    clear_alarm,
    keep_alarms,
    open_alarms,
    publishing_stops,
    raise_alarm,
)
from settlement.models import Alarm

PAGE = Path(__file__).resolve().parents[2] / "docs" / "operating" / "alarms.md"
K = AlarmKind


def opened() -> list[tuple[str, str, str, int, int]]:
    return list(open_alarms().values_list("kind", "subject", "words", "since", "last_seen"))


def test_raise_alarm__again_and_again__one_row_that_says_since_when(db: None) -> None:
    assert raise_alarm(K.NO_BEAT, "", "no beat for 70 s", now=100)
    assert not raise_alarm(K.NO_BEAT, "", "no beat for 70 s", now=105)
    assert opened() == [("no_beat", "", "no beat for 70 s", 100, 100)], "written seldom while nothing changes"
    raise_alarm(K.NO_BEAT, "", "no beat for 70 s", now=110)
    raise_alarm(K.NO_BEAT, "", "no beat for 82 s", now=112)
    raise_alarm(K.NO_BEAT, "", "no beat for 60 s", now=90)
    assert opened() == [("no_beat", "", "no beat for 60 s", 100, 112)], (
        "a late worker does not turn time back"
    )
    raise_alarm(K.RULING_WAITS, "eth-usd", "call them", now=120)
    assert len(opened()) == 2


def test_clear_alarm__open__kept_with_the_reason_and_raised_anew(db: None) -> None:
    assert not clear_alarm(K.NO_BEAT, "", why="never was", now=1)
    raise_alarm(K.NO_BEAT, "", "no beat", now=100)
    raise_alarm(K.NO_BEAT, "other", "no beat", now=100)
    assert clear_alarm(K.NO_BEAT, "", why="beats again", now=130)
    assert not clear_alarm(K.NO_BEAT, "", why="twice", now=140)
    assert opened() == [("no_beat", "other", "no beat", 100, 100)]
    row = Alarm.objects.get(subject="")
    assert (row.cleared_at, row.cleared_why) == (130, "beats again")
    assert raise_alarm(K.NO_BEAT, "", "again", now=150)
    assert Alarm.objects.filter(subject="").count() == 2


def test_keep_alarms__some_go_and_some_come__exactly_those(db: None) -> None:
    raise_alarm(K.NO_BEAT, "", "another kind", now=1)
    keep_alarms(K.RULING_WAITS, {"a": "x", "b": "y"}, why="ended", now=10)
    keep_alarms(K.RULING_WAITS, {"b": "y", "c": "z"}, why="ended", now=20)
    assert [(kind, subject) for kind, subject, *_ in opened()] == [
        ("no_beat", ""),
        ("ruling_waits", "b"),
        ("ruling_waits", "c"),
    ]
    keep_alarms(K.RULING_WAITS, {}, why="ended", now=30)
    assert len(opened()) == 1


@pytest.mark.parametrize("kind", K)
def test_publishing_stops__while_an_alarm_that_stops_it_is_open(db: None, kind: AlarmKind) -> None:
    raise_alarm(kind, "x", "the words", now=5)
    stops = "publishing" in KINDS[kind].stops
    assert publishing_stops() == ("stopped by an alarm: the words" if stops else "")
    clear_alarm(kind, "x", why="gone", now=6)
    assert publishing_stops() == ""


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO settlement_alarm (kind, subject, words, since, last_seen, cleared_why)"
        " VALUES ('no_beat', '', 'x', 5, 5, '')",
        "UPDATE settlement_alarm SET cleared_at = 9 WHERE cleared_at IS NULL",
        "UPDATE settlement_alarm SET last_seen = 4 WHERE cleared_at IS NULL",
        "UPDATE settlement_alarm SET cleared_at = NULL, cleared_why = '' WHERE cleared_at = 3",
        "UPDATE settlement_alarm SET words = 'nothing' WHERE cleared_at = 3",
        "DELETE FROM settlement_alarm",
        "TRUNCATE settlement_alarm",
    ],
)
def test_alarm__what_must_never_happen__refused_by_the_database(db: None, statement: str) -> None:
    raise_alarm(K.NO_BEAT, "", "first", now=2)
    clear_alarm(K.NO_BEAT, "", why="gone", now=3)
    raise_alarm(K.NO_BEAT, "", "second", now=5)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_alarms_page__each_kind__has_its_row_and_its_runbook() -> None:
    text = PAGE.read_text()
    rows = re.findall(r"^\| \[`(\w+)`\]\(#(\w+)\) \| (.*) \| (.*) \| (.*) \|$", text, re.MULTILINE)
    told = {
        kind: (means, subject, "" if stops == "nothing" else stops) for kind, _, means, subject, stops in rows
    }
    assert told == {kind: (about.means, about.subject, about.stops) for kind, about in KINDS.items()}
    assert all(kind == anchor for kind, anchor, *_ in rows)
    runbook = re.findall(r"^## (\w+)$", text, re.MULTILINE)
    assert [kind for kind, *_ in rows] == runbook == list(KINDS) == list(AlarmKind)
