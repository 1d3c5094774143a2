"""The one place of this app that reads a clock. Only tasks, views and commands ask it; services are told `now`."""

import time
from datetime import UTC, datetime


def now() -> int:
    """Whole unix seconds."""
    return int(time.time())


def utc(second: int) -> str:
    """A unix second in words: `2026-12-25 08:00:00 UTC`."""
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
