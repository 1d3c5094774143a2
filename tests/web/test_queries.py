"""Every page and every read of the API: at most twelve queries, and as many with 500 rows as with 5."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.db import transaction

from bench import pages
from bench.addresses import READS, addresses
from bench.fill import Size, fill
from oracle import clock
from tests.web.conftest import queries

MOST_QUERIES = 12
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


def test_reads__with_few_rows_and_with_many__as_many_queries_and_at_most_twelve(db: None) -> None:
    few, many = counted(FEW), counted(MANY)
    assert {what: number for what, number in many.items() if number > MOST_QUERIES} == {}
    assert {what: (few[what], many[what]) for what in many if few[what] != many[what]} == {}
