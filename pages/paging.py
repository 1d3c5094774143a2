"""The place of a page in its address, and whether there is more behind it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest

T = TypeVar("T")
M = TypeVar("M", bound=Model)
MOST_DIGITS = 18  # what a bigint surely holds
ROWS = 25
"""Of each list, on a page that has several."""


def number(request: HttpRequest, name: str) -> int | None:
    """A whole number out of the address, None where it is not there; 404 for what no link of ours says."""
    text = request.GET.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS):
        raise Http404("no such page")
    return int(text)


def first(rows: QuerySet[M]) -> tuple[list[M], M | None]:
    """At most `ROWS` of what a query finds, and the last of them where there are more."""
    return cut(rows[: ROWS + 1], ROWS)


def cut(rows: Iterable[T], limit: int) -> tuple[list[T], T | None]:
    """At most `limit` of rows of which one more was asked for; and the last of them where there are more."""
    found = list(rows)
    return found[:limit], found[limit - 1] if len(found) > limit else None
