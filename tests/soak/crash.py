"""Dying before and after every commit and every external call of settlement: the crash points, found as they are met.

A point is named by the function of settlement that is at work, and by what it does: `publishing._send commit`, or
`publishing._follow -> Client.block`. `Killed` is no Exception, so that no handler of errors can make
anything good again.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any
from unittest.mock import patch

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

from settlement.chain.providers import Providers
from settlement.chain.transport import CheckedProvider

ROOT = Path(__file__).resolve().parents[2]
SETTLEMENT, CHAIN = str(ROOT / "settlement") + "/", str(ROOT / "settlement" / "chain") + "/"
PHASES = ("before", "after")
READS = ("SELECT", "SAVEPOINT", "RELEASE", "ROLLBACK", "SET", "SHOW")


class Killed(BaseException):
    """The process ends here."""


Policy = Callable[[str, str], bool]
"""Whether to die at this point, in this phase."""


@dataclass
class Crashes:
    """What was met and what was died at, by (point, phase)."""

    policy: Policy = lambda point, phase: False
    met: Counter[tuple[str, str]] = field(default_factory=Counter)
    died: Counter[tuple[str, str]] = field(default_factory=Counter)

    def at(self, point: str, phase: str) -> bool:
        """Whether to die here and now."""
        self.met[point, phase] += 1
        if not self.policy(point, phase):
            return False
        self.died[point, phase] += 1
        return True

    def left(self) -> set[tuple[str, str]]:
        """Points that were met and never died at."""
        return set(self.met) - set(self.died)


@contextmanager
def crashing(crashes: Crashes) -> Iterator[None]:
    """Inside, the policy decides at every point. Whoever catches Killed goes on as another process: `restart()`."""

    def around(point: str | None, work: Callable[[], Any], undo: Callable[[], Any] = lambda: None) -> Any:
        if point is not None and crashes.at(point, "before"):
            undo()
            raise Killed(point)
        answer = work()
        if point is not None and crashes.at(point, "after"):
            raise Killed(point)
        return answer

    def call(real: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *args, **kwargs: around(_external_call(), lambda: real(*args, **kwargs))

    def commit(self: Any) -> None:
        around(_commit(), lambda: _COMMIT(self), self.connection.rollback)

    def execute(run: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        """A write outside of any transaction is a commit of its own."""
        alone = not context["connection"].in_atomic_block and not sql.lstrip("( \n").upper().startswith(READS)
        return around(_commit() if alone else None, lambda: run(sql, params, many, context))

    with (
        patch.object(CheckedProvider, "make_request", call(CheckedProvider.make_request)),
        patch.object(CheckedProvider, "make_batch_request", call(CheckedProvider.make_batch_request)),
        patch.object(Providers, "_each", call(Providers._each)),
        patch.object(BaseDatabaseWrapper, "_commit", commit),
        connection.execute_wrapper(execute),
    ):
        yield


_COMMIT = BaseDatabaseWrapper._commit


def restart() -> None:
    """Another process comes up: nothing of the old one's connection is left."""
    connection.in_atomic_block, connection.savepoint_ids, connection.needs_rollback = False, [], False
    connection.run_on_commit.clear()
    connection.close()


def _external_call() -> str | None:
    """`module.function -> Class.method` of who asks the chain for what; None where it is not settlement that asks."""
    asked = "?"
    for frame in _frames():
        name = frame.f_code.co_filename
        if name.startswith(CHAIN):
            asked = frame.f_code.co_qualname
        elif name.startswith(SETTLEMENT):
            return f"{_function(frame)} -> {asked.split('.<locals>')[0]}"
    return None


def _commit() -> str | None:
    for frame in _frames():
        if frame.f_code.co_filename.startswith(SETTLEMENT):
            return f"{_function(frame)} commit"
    return None


def at_work() -> str | None:
    """`module.function` of settlement, its chain aside, that is at work; None where somebody else is."""
    for frame in _frames():
        name = frame.f_code.co_filename
        if name.startswith(SETTLEMENT) and not name.startswith(CHAIN):
            return _function(frame)
    return None


def _function(frame: FrameType) -> str:
    return f"{Path(frame.f_code.co_filename).stem}.{frame.f_code.co_qualname.split('.<locals>')[0]}"


def _frames() -> Iterator[FrameType]:
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        yield frame
        frame = frame.f_back
