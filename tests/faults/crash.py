"""Dying in the middle, at every write, and what the database must look like afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any, TypeVar

from django.apps import apps
from django.db import connection

Result = TypeVar("Result")
APPS = ("ledger", "oracle", "disputes", "settlement")


class Killed(BaseException):
    """The process ends here. No Exception, so that no handler of errors can make anything good again."""


@contextmanager
def killed_after(write: int) -> Iterator[None]:
    """Die right after the write of this number, the connection torn as the kernel would tear it.

    Reads are no crash points of their own: dying after one leaves what dying after the write before it leaves.
    """
    left = write

    def execute(run: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal left
        result = run(sql, params, many, context)
        left -= not sql.lstrip().upper().startswith("SELECT")
        if left == 0:
            context["connection"].connection.close()
            raise Killed
        return result

    try:
        with connection.execute_wrapper(execute):
            yield
    except Killed:
        connection.close()  # whoever comes next is another process
        raise


def survive_every_crash(work: Callable[[], Result]) -> tuple[Result, int]:
    """Do it, killed after the 1st, the 2nd.. write, until it gets through; its result, and how often it was killed.

    For what is one transaction: whenever it dies, nothing at all must have happened.
    """
    before = snapshot()
    for write in count(1):
        try:
            with killed_after(write):
                return work(), write - 1
        except Killed:
            assert snapshot() == before, f"killed after write {write}: something was left behind"
    raise AssertionError("unreachable")


def snapshot() -> dict[str, str]:
    """Every table of ours as it is committed: how many rows, and a hash over all of them."""
    tables = [model._meta.db_table for name in APPS for model in apps.get_app_config(name).get_models()]
    rows = "string_agg(row::text, ',' ORDER BY row::text)"
    one = f"SELECT '{{0}}', count(*) || ' rows ' || coalesce(md5({rows}), '') FROM {{0}} AS row"
    with connection.cursor() as cursor:
        cursor.execute(" UNION ".join(one.format(table) for table in tables))
        return dict(cursor.fetchall())
