"""Doorbells (assize/timetable.py): clock, service, word."""

import time

from celery import shared_task

from alerts.services import fanout, hooks, mails, reminders, sending
from oracle import clock

FAN_OUT_SECONDS = 10
"""No page is begun later: a worker has other bells to hear, and ends a task after a minute."""


@shared_task
def fan_out() -> str:
    """New events against all follows."""
    began, seen = time.monotonic(), 0
    while time.monotonic() - began < FAN_OUT_SECONDS:
        seen += (found := fanout.fan_out(now=clock.now()))
        if found < fanout.AT_ONCE:
            break
    return f"{seen} looked at" if seen else "nothing new"


@shared_task
def remind() -> str:
    """Voters whose vote is missing while a window of a ballot runs out."""
    return f"{told} told" if (told := reminders.remind(now=clock.now())) else "nobody to remind"


@shared_task
def send_hooks() -> str:
    """Webhooks that are due."""
    return f"{tried} tried" if (tried := hooks.send_due(now=clock.now())) else "no webhook due"


@shared_task
def send_mails() -> str:
    """Mails that are due."""
    return f"{tried} tried" if (tried := mails.send_due(now=clock.now())) else "no mail due"


@shared_task
def forget() -> str:
    """What was told a month ago."""
    return f"{gone} forgotten" if (gone := sending.forget_old(now=clock.now())) else "nothing is old"
