"""What evidence gives the compare strip."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from oracle.models import Expiry
from pages.compare import SOURCES, WINDOW, instant_of, lines_of, window_of


def test_lines__a_source_in_two_documents__is_drawn_as_the_first_has_it_and_the_rest_counted() -> None:
    heavy = [(1, "a", 10), (2, "a", 11)]
    light = [(1, "a", 99), (1, "b", 5), (2, "a", 11), (3, "a", 1), (4, "a", 1)]
    found = lines_of([heavy, light])
    assert [(line.name, line.points) for line in found.lines] == [("a", [(1, 10), (2, 11)]), ("b", [(1, 5)])]
    assert found.others == 3, "but not the one that is the same"
    assert found.denied == 1, "of which this one contradicts it"
    assert found.heaviest == 1, "the line of the first document"


def test_lines__one_document_contradicts_itself__the_first_counts() -> None:
    found = lines_of([[(1, "a", 10), (1, "a", 12)]])
    assert (found.lines[0].points, found.others, found.denied) == ([(1, 10)], 1, 1)


def test_lines__more_sources_than_styles__the_first_are_drawn_and_the_rest_counted() -> None:
    found = lines_of([[(1, f"source {n}", 10) for n in range(SOURCES + 3)]])
    assert [line.name for line in found.lines] == [f"source {n}" for n in range(SOURCES)]
    assert found.more == 3


def test_lines__a_document_without_an_observation__is_not_the_heaviest() -> None:
    assert lines_of([[], [(1, "a", 10), (1, "b", 10)], [(1, "c", 10)]]).heaviest == 2
    assert lines_of([]).heaviest == 0


@pytest.mark.parametrize(
    "spec, instant, window",
    [
        ({}, 77, WINDOW),
        ({"instant": "1670940000", "window": "600"}, 1_670_940_000, 600),
        ({"instant": "noon", "window": "-5"}, 77, WINDOW),
        ({"instant": ["1"], "window": "9" * 5000}, 77, WINDOW),
        ({"window": "0"}, 77, WINDOW),
    ],
)
def test_frame__as_the_index_says__else_the_expirys_instant(spec: Any, instant: int, window: int) -> None:
    row = cast(Expiry, SimpleNamespace(expiry_at=77, index=SimpleNamespace(spec=spec)))
    assert (instant_of(row), window_of(row)) == (instant, window)
