"""Celery: a doorbell, never a memory. PostgreSQL alone decides what is due; see RELIABILITY for the measurements."""

import os
from typing import Any

from celery import Celery
from celery.signals import beat_init, setup_logging, task_postrun, task_prerun, worker_init
from django.conf import settings
from structlog.contextvars import bind_contextvars, clear_contextvars

from assize.timetable import BOOK, CHAIN, PUBLISH, QUEUES, routes, schedule, timetable

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "assize.settings")

VISIBILITY_SECONDS = 120
HARD_LIMIT_SECONDS = 60

app = Celery("assize")


@app.on_configure.connect
def _configure(sender: Celery, **_: object) -> None:
    rings = timetable(settings.BEAT_SECONDS)
    sender.conf.update(
        broker_url=settings.REDIS_URL,
        broker_connection_retry_on_startup=True,
        # A hard limit below the visibility timeout: no task is delivered again while it still runs.
        broker_transport_options={"visibility_timeout": VISIBILITY_SECONDS, "unacked_restore_interval": 1},
        task_time_limit=HARD_LIMIT_SECONDS,
        task_soft_time_limit=HARD_LIMIT_SECONDS - 10,
        # Both, or the task of a killed pool child is lost.
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        worker_prefetch_multiplier=1,
        task_ignore_result=True,
        result_backend=None,
        # What a worker without -Q takes. The timetable says which ring waits where.
        task_queues={name: {} for name in QUEUES},
        task_default_queue=BOOK,
        task_routes=routes(rings),
        accept_content=["json"],
        task_serializer="json",
        timezone="UTC",
        beat_schedule=schedule(rings),
    )


@worker_init.connect
def _hold_the_right_keys(sender: Any, **_: object) -> None:
    """What its queues need and no more. Before the pool is forked: a keystore is decrypted once."""
    queues = set(sender.app.amqp.queues.consume_from)
    if queues & {BOOK, CHAIN}:
        settings.ENVIRONMENT.require("worker", "SERVICE_KEY")
    if PUBLISH in queues:
        _open_signer()
    else:
        settings.ENVIRONMENT.forbid(f"worker of {', '.join(sorted(queues))}", *settings.SIGNER_SETTINGS)


def _open_signer() -> None:
    """What is wrong with it stops the start."""
    settings.ENVIRONMENT.require_one("worker", *settings.SIGNERS)
    from settlement.signers.configured import configured  # it loads Django's models and web3
    from settlement.signers.signer import CannotSign

    try:
        configured()
    except CannotSign as error:
        raise SystemExit(f"settings: {error}") from None


@beat_init.connect
def _hold_no_key(**_: object) -> None:
    settings.ENVIRONMENT.forbid("beat", *settings.SIGNER_SETTINGS)


@setup_logging.connect
def _keep_our_logging(**_: object) -> None:
    """Celery replaces the root logger unless somebody listens here; Django has set it up already."""


@task_prerun.connect
def _name_the_task(sender: Any, task_id: str, **_: object) -> None:
    """In every line that is logged while it runs."""
    clear_contextvars()
    bind_contextvars(task=sender.name, task_id=task_id)


@task_postrun.connect
def _name_no_task(**_: object) -> None:
    clear_contextvars()


app.autodiscover_tasks()
