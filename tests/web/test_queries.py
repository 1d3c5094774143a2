"""Every page and every read of the API: at most twelve queries, and as many with 500 rows as with 5."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from django.db import transaction

from bench import desk, pages
from bench.addresses import READS, addresses
from bench.fill import Size, fill
from oracle import clock
from tests.web.conftest import queries

MOST_QUERIES = 12
MOST_OF_THE_DESK = 25
SLACK = 2
FEW = Size(expiries=150, reports=5, claims=3, voters=4, own=20)  # one publication that is final, and one on its way
MANY = Size(expiries=600, reports=30, claims=15, voters=10, own=500)


@pytest.fixture(autouse=True)
def as_it_is(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.PUBLIC_URL = "http://testserver"
    monkeypatch.setattr(clock, "now", lambda: int(time.time()))


def counted(size: Size) -> dict[tuple[str, str, str], int]:
    """By pattern, what was asked of it and by whom: the queries of the second time."""
    with transaction.atomic():
        words = fill(size, start=int(time.time()) - pages.STORIES_TAKE)
        found = {}
        for who, client in (("a stranger", pages.client()), ("its owner", pages.client(words))):
            for pattern, paths in addresses(words).items():
                for asked, path in zip(READS[pattern], paths, strict=True):
                    assert client.get(path).status_code in pages.EXPECTED, path
                    found[pattern, asked, who] = queries(lambda client=client, path=path: client.get(path))
        transaction.set_rollback(True)
    return found


def of_the_desk(size: Size) -> dict[str, int]:
    """By address without its row's key, the queries of the operators' pages."""
    with transaction.atomic():
        fill(size, start=int(time.time()) - pages.STORIES_TAKE)
        asking, found = desk.client(), {}
        places: dict[str, int] = {}
        for path in desk.addresses():
            name = re.sub(r"[^/]+/change/", "change/", path)
            places[name] = places.get(name, 0) + 1
            assert asking.get(path).status_code in pages.EXPECTED, path
            found[f"{name} {places[name]}"] = queries(lambda path=path: asking.get(path))
        transaction.set_rollback(True)
    return found


def test_desk__with_few_rows_and_with_many__no_more_queries_and_at_most_so_many(db: None) -> None:
    few, many = of_the_desk(FEW), of_the_desk(MANY)
    assert {path: number for path, number in many.items() if number > MOST_OF_THE_DESK} == {}
    assert {path: (few.get(path), many[path]) for path in many if many[path] > few.get(path, 0) + SLACK} == {}


def test_reads__with_few_rows_and_with_many__as_many_queries_and_at_most_twelve(db: None) -> None:
    few, many = counted(FEW), counted(MANY)
    assert {what: number for what, number in many.items() if number > MOST_QUERIES} == {}
    assert {what: (few[what], many[what]) for what in many if few[what] != many[what]} == {}
