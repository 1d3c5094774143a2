"""The Celery app with a clock that a test drives: whole unix seconds, out of a file.

    celery -A tests.faults.driven worker

Everything else is the product's. With the same acts at the same seconds, every run has to give the same to the bit.
No test imports this: its own clock would be driven too.
"""

import os
from pathlib import Path

from assize.celery import app
from oracle import clock
from tests.faults.processes import CLOCK_FILE

clock.now = lambda: int(Path(os.environ[CLOCK_FILE]).read_text())

__all__ = ["app"]
