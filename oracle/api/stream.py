"""One stream of server-sent events in a thread of the web process.

A stream holds its thread, so there are few (EVENT_STREAMS), and each ends by itself. It asks the database once a
second: one indexed query, and no connection that listens.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.conf import settings

from oracle.events import Place, PublicEvent

POLL_SECONDS = 1
HEARTBEAT_SECONDS = 15
LIFE_SECONDS = 300
RETRY_MS = 2000

_taken = 0
_lock = threading.Lock()


class Busy(Exception):
    """This process has as many streams as it may."""


class Stream:
    """Lines of a stream behind a place. A class, since `close` must give the place back even if nothing was read."""

    def __init__(
        self,
        after: Place,
        read: Callable[[Place], Sequence[PublicEvent]],
        show: Callable[[PublicEvent], dict[str, Any]],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        global _taken
        with _lock:
            if _taken >= settings.EVENT_STREAMS:
                raise Busy
            _taken += 1
        self._open = True
        self._lines = self._run(after, read, show, sleep)

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        return next(self._lines)

    def close(self) -> None:
        """Django calls it when the client has gone, or the stream has ended."""
        global _taken
        with _lock:
            _taken -= self._open
            self._open = False

    def _run(
        self,
        after: Place,
        read: Callable[[Place], Sequence[PublicEvent]],
        show: Callable[[PublicEvent], dict[str, Any]],
        sleep: Callable[[float], None],
    ) -> Iterator[bytes]:
        yield f"retry: {RETRY_MS}\n\n".encode()
        silent = 0
        for _ in range(LIFE_SECONDS // POLL_SECONDS):
            found = read(after)
            for event in found:
                after = event.place
                yield f"id: {event.id}\nevent: {event.kind}\ndata: {json.dumps(show(event))}\n\n".encode()
            silent = 0 if found else silent + POLL_SECONDS
            if silent >= HEARTBEAT_SECONDS:
                silent = 0
                yield b": still here\n\n"  # a client that has gone is noticed by writing to it
            sleep(POLL_SECONDS)
