"""What an attestor measures of itself, in Prometheus's text form; each row is explained in docs/attestors.md."""

from __future__ import annotations

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Summary,
    disable_created_metrics,
    generate_latest,
)

disable_created_metrics()  # type: ignore[no-untyped-call]

PREFIX = "assize_attestor_"
PRICES, ROOTS = "prices", "roots"


class Metrics:
    """All of them, in a registry of their own. Times are unix seconds."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._entry_at = self._beat_at = 0
        self.ok = self._gauge("ok", "1 while GET /healthz says 200, else 0")
        self.last_round = self._gauge("last_round_timestamp_seconds", "when the last round ended")
        self.round = Summary(PREFIX + "round_seconds", "what a round takes", registry=self.registry)
        self.entry = self._gauge("last_entry", "number of the book's last entry")
        self.entry_at = self._gauge("last_entry_timestamp_seconds", "its time")
        self.entry_age = self._gauge("last_entry_age_seconds", "how old it is, 0 before the first")
        self.beat_at = self._gauge("last_beat_timestamp_seconds", "time of the last beat")
        self.beat_age = self._gauge("last_beat_age_seconds", "how old it is, 0 before the first")
        self.folded = self._counter("entries_folded", "entries folded since the start, those on disk not counted")
        self.signed = self._counter("proposals_signed", "proposals signed since the start", "what")
        self.refused = self._counter("proposals_refused", "refusals told since the start", "what", "code")
        self.held = self._gauge("held", "prices that wait for a person")
        self.receipts_waiting = self._gauge("receipts_waiting", "receipts that the book has not come to yet")
        self.receipts_honoured = self._counter("receipts_honoured", "receipts that the book bore out since the start")
        self.contradictions = self._gauge("contradictions", "proofs on disk; while there is one nothing is signed")
        self.alarms = self._counter("alarms", "alarms raised since the start")
        self.alarms_raised = self._gauge("alarms_raised", "alarms that stand")
        self.providers = self._gauge("providers", "nodes that are asked")
        self.providers_agreeing = self._gauge("providers_agreeing", "nodes that answer alike, on the right chain")
        self.in_set = self._gauge("in_running_set", "1 while the oracle counts our signature, else 0")
        self.set_waiting = self._gauge("set_waiting", "1 while another attestor set waits, else 0")
        self.set_applies = self._gauge("set_applies_timestamp_seconds", "from when it can be applied, 0: none waits")

    def page(self, now: float) -> bytes:
        """The text of GET /metrics at unix second `now`."""
        for at, age in ((self._entry_at, self.entry_age), (self._beat_at, self.beat_age)):
            age.set(max(0, int(now) - at) if at else 0)
        return generate_latest(self.registry)

    def follow(self, entry: int, entry_at: int, beat_at: int) -> None:
        """How far the book is followed."""
        self._entry_at, self._beat_at = entry_at, beat_at
        self.entry.set(entry)
        self.entry_at.set(entry_at)
        self.beat_at.set(beat_at)

    def _gauge(self, name: str, words: str) -> Gauge:
        return Gauge(PREFIX + name, words, registry=self.registry)

    def _counter(self, name: str, words: str, *labels: str) -> Counter:
        return Counter(PREFIX + name, words, labels, registry=self.registry)
