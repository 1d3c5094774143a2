"""All metrics in Prometheus's text form. Nothing is counted in a process: every value is read when it is asked for.

So any number of web processes tell the same, and they go on telling when worker and beat are dead. Numbers become
floats here and nowhere else; nothing is decided by them (I-22).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.db import DatabaseError, connection, transaction
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from assize.metrics import readings
from assize.metrics.readings import Sample
from assize.metrics.table import TABLE

PATIENCE = "2s"
"""For one statement: a database that hardly lives is to be said, not waited for."""
_BEGIN = "SELECT set_config('statement_timeout', %s, true), extract(epoch FROM clock_timestamp())::bigint"


class Gauges(Collector):
    """Every gauge of the table that has a value at unix second `now`."""

    def __init__(self, now: int) -> None:
        self.now = now

    def collect(self) -> Iterable[GaugeMetricFamily]:
        values: dict[str, list[Sample]] = {}
        for sample in samples(now=self.now):
            values.setdefault(sample.name, []).append(sample)
        for metric in TABLE:
            if metric.name not in values:
                continue
            family = GaugeMetricFamily(metric.name, metric.help, labels=metric.labels)
            for sample in values.pop(metric.name):
                family.add_metric([] if sample.label is None else [sample.label], float(sample.value))
            yield family
        assert not values, f"not in the table: {sorted(values)}"


def page(*, now: int) -> bytes:
    """The text of GET /metrics."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Gauges(now))
    return generate_latest(registry)


def samples(*, now: int) -> list[Sample]:
    """All values at unix second `now`; where the database does not answer, that and what the settings say."""
    try:
        return [Sample("assize_up", 1), *readings.of_settings(), *_read(now)]
    except DatabaseError:
        return [Sample("assize_up", 0), *readings.of_settings()]


def _read(now: int) -> Iterator[Sample]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_BEGIN, [PATIENCE])
        _, database = cursor.fetchone()
        yield Sample("assize_clock_ahead_seconds", now - database)
        yield from readings.read(now)
