"""The one place of this app that reads a clock. Only tasks, views and commands ask it; services are told `now`."""

import time


def now() -> int:
    """Whole unix seconds."""
    return int(time.time())
