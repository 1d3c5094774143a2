"""Celery as RELIABILITY wants it: a lost, late or doubled task must not matter, so none may hold anything."""

import pytest
from django.conf import settings
from structlog.contextvars import bind_contextvars, get_contextvars

from assize.celery import HARD_LIMIT_SECONDS, VISIBILITY_SECONDS, app
from assize.timetable import PUBLISH, QUEUES, Ring, schedule, timetable


def test_celery__a_killed_pool_child__its_task_comes_back() -> None:
    conf = app.conf
    assert (conf.task_acks_late, conf.task_reject_on_worker_lost, conf.worker_prefetch_multiplier) == (
        True,
        True,
        1,
    )


def test_celery__messages__are_json_and_no_result_is_kept() -> None:
    assert (app.conf.accept_content, app.conf.task_serializer) == (["json"], "json")
    assert app.conf.task_ignore_result is True
    assert app.conf.result_backend is None


def test_celery__hard_limit__ends_a_task_before_it_is_delivered_again() -> None:
    assert app.conf.task_time_limit == HARD_LIMIT_SECONDS < VISIBILITY_SECONDS
    assert app.conf.broker_transport_options["visibility_timeout"] == VISIBILITY_SECONDS


def test_timetable__every_ring__is_a_task_that_exists() -> None:
    app.loader.import_default_modules()
    assert {ring.task for ring in timetable(60)} <= set(app.tasks)


def test_timetable__no_ring__waits_longer_than_until_the_next() -> None:
    assert schedule((Ring("a.b", every=2),)) == {
        "a.b": {"task": "a.b", "schedule": 2.0, "options": {"expires": 2}}
    }


def test_timetable__the_book_s_beat__comes_as_often_as_the_settings_say() -> None:
    assert app.conf.beat_schedule["oracle.tasks.beat"]["schedule"] == settings.BEAT_SECONDS


def test_timetable__every_ring__waits_in_the_queue_that_the_table_names() -> None:
    waits = {ring.task: app.amqp.router.route({}, ring.task)["queue"].name for ring in timetable(60)}
    assert waits == {ring.task: ring.queue for ring in timetable(60)}
    assert set(waits.values()) == set(QUEUES) == set(app.amqp.queues)


def test_timetable__only_what_signs_transactions__waits_beside_the_key_that_pays() -> None:
    paying = {ring.task for ring in timetable(60) if ring.queue == PUBLISH}
    assert paying == {"settlement.tasks.publish", "settlement.tasks.post_roots", "desk.tasks.carry_out_signed"}


@app.task(name="tests.probe")
def probe(breaks: bool) -> dict[str, object]:
    """What is bound while a task runs."""
    bind_contextvars(act="0x12")
    if breaks:
        raise RuntimeError
    return get_contextvars()


@pytest.mark.parametrize("breaks", [False, True])
def test_task__while_it_runs__its_name_and_id_are_in_every_line_and_afterwards_nothing(breaks: bool) -> None:
    bind_contextvars(expiry="of the task before")
    done = probe.apply([breaks], task_id="a-task")
    assert done.failed() is breaks
    assert breaks or done.result == {"task": "tests.probe", "task_id": "a-task", "act": "0x12"}
    assert get_contextvars() == {}
