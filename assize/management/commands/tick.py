"""manage.py tick"""

import time
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string
from structlog.contextvars import bound_contextvars

from assize.timetable import timetable
from operators.management.explained import OperatorCommand
from oracle import selectors

BEAT = "oracle.tasks.beat"


class Command(OperatorCommand):
    """One round of the timetable, without Celery (C-12). What fails does not keep the rest from ringing."""

    help = (
        "Ring every task of the timetable once, here and now; the beat of the book only when one is due."
        " What fails does not keep the rest from ringing. It needs SERVICE_KEY and a signer."
    )
    when = "every few seconds while Celery or Redis is away"
    changes = "what the tasks do: deadlines, openings, deposits, transactions"
    exits = "0 all rang, 1 one failed (its line is on standard error)"
    example = "while sleep 2; do manage.py tick; done"

    def handle(self, *args: Any, **options: Any) -> None:
        failed = False
        for ring in timetable(settings.BEAT_SECONDS):
            if ring.task == BEAT and time.time() < selectors.last_beat_at() + ring.every:
                self.stdout.write(f"{ring.task}: not due")
                continue
            try:
                with bound_contextvars(task=ring.task):
                    self.stdout.write(f"{ring.task}: {import_string(ring.task)()}")
            except Exception as error:
                failed = True
                self.stderr.write(f"{ring.task}: failed: {type(error).__name__}: {error}")
        if failed:
            raise SystemExit(1)
