"""manage.py tick"""

import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils.module_loading import import_string
from structlog.contextvars import bound_contextvars

from assize.timetable import timetable
from oracle import selectors

BEAT = "oracle.tasks.beat"


class Command(BaseCommand):
    """One round of the timetable, without Celery (C-12). What fails does not keep the rest from ringing."""

    help = "Ring every task of the timetable once, here and now; the beat of the book only when one is due."

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
