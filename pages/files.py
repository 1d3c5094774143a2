"""A list as a file: CSV or JSON, integers as decimal strings as in the API, with a link to what follows."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse

ROWS = 500
"""The most that one file has."""


def texts(values: Mapping[str, Any]) -> dict[str, str | None]:
    """One row, as both kinds of file have it."""
    return {name: None if value is None else str(value) for name, value in values.items()}


def answer(
    request: HttpRequest, form: str, rows: Sequence[Mapping[str, Any]], *,
    name: str, columns: Sequence[str], later: str | None,
) -> HttpResponse:  # fmt: skip
    """`rows`, with `columns`, as a file called `name`. `later` is the address of the next file, None behind the last.

    404 where `form` is neither csv nor json.
    """
    documents = [texts(row) for row in rows]
    next_ = request.build_absolute_uri(later) if later else None
    response: HttpResponse
    if form == "json":
        response = JsonResponse({"results": documents, "next": next_})
    elif form == "csv":
        text = io.StringIO()
        writer = csv.DictWriter(text, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(documents)
        response = HttpResponse(text.getvalue(), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    else:
        raise Http404("no such format")
    if next_:
        response["Link"] = f'<{next_}>; rel="next"'
    return response
