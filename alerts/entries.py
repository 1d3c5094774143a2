"""What calendars say of expiries: an entry for each instant, and for each window that runs or is planned."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce

from alerts import words
from oracle import clock
from oracle.models import Act, Event, Expiry
from protocol.show import LAST_SECOND, pair
from protocol.stages import Stage
from protocol.terms import Terms

MOST = 500
PAST_SECONDS = 7 * 86_400
WINDOWS = {
    Stage.REPORTING: "reports are taken",
    Stage.CHALLENGE: "the standing price can be disputed",
    Stage.COMMIT: "votes are committed",
    Stage.REVEAL: "votes must be revealed",
    Stage.RULING: "guardians rule",
}
LENGTHS = {
    stage: "report_window" if stage == Stage.REPORTING else f"{stage.lower()}_window" for stage in WINDOWS
}
COLUMNS = (
    "slug", "index__slug", "index__spec", "stage", "expiry_at", "opens_at", "opened_at", "deadline", "extensions",
    "round", "ballot",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """What a calendar says about one window or instant; times in unix seconds."""

    uid: str
    url: str
    summary: str
    start: int
    end: int
    changed: int
    sequence: int


def current(where: Q) -> Sequence[Expiry]:
    """Of `rows`, those that run or are to come, and those of the last days."""
    recent = Q(expiry_at__gte=clock.now() - PAST_SECONDS)
    return list(rows(where).filter(recent | ~Q(stage=Stage.FINAL)).order_by("expiry_at", "id")[:MOST])


def rows(where: Q) -> QuerySet[Expiry]:
    """Expiries with what entries say of them: the lengths of their windows, when they were listed, what moved them.

    In one query, and without their terms: for hundreds of expiries those take longer than everything else.
    """
    terms = Coalesce("raised", "terms")
    outages = Act.objects.filter(expiry=OuterRef("pk"), kind="Outage")
    said: dict[str, Any] = {f"its_{name}": KeyTextTransform(name, terms) for name in LENGTHS.values()}
    said["listed_at"] = Subquery(
        Event.objects.filter(expiry=OuterRef("pk"), kind="listed").order_by().values("at")[:1]
    )
    said["moved_at"] = Subquery(outages.order_by("-seq").values("at")[:1])
    said["outages"] = Subquery(outages.order_by().values("expiry").values_list(Count("seq")))
    return Expiry.objects.filter(where).select_related("index").only(*COLUMNS).annotate(**said)


def entries(row: Any) -> Iterable[Entry]:
    """Of a row of `rows`: its instant, then its windows. One that outages move is a newer version of the same entry."""
    name = f"{pair(row.index.spec, row.index.slug)} {row.slug}"
    if not 0 <= row.expiry_at <= LAST_SECOND:
        return
    listed, outages = max(row.moved_at or 0, row.listed_at or 0), row.outages or 0
    yield _entry(row, "instant", f"{name}: expires", row.expiry_at, row.expiry_at, listed, 0)
    if row.stage == Stage.SCHEDULED:
        ends, what = row.opens_at + _length(row, Stage.REPORTING), f"{name}: {WINDOWS[Stage.REPORTING]}"
        yield _entry(row, "REPORTING.0.0.0", what, row.opens_at, ends, listed, outages)
    elif row.deadline is not None:
        opened, stage, ends = max(listed, row.opened_at or 0), Stage(row.stage), row.deadline
        what, starts = f"{name}: {WINDOWS[stage]}", ends - _length(row, stage)
        yield _entry(row, _window(row, stage), what, starts, ends, opened, outages + 1)
        if (
            stage == Stage.COMMIT
        ):  # known before it opens: whoever commits can put both into their calendar at once
            what, later = f"{name}: {WINDOWS[Stage.REVEAL]}", ends + _length(row, Stage.REVEAL)
            yield _entry(row, _window(row, Stage.REVEAL), what, ends, later, opened, outages + 1)


def _length(row: Any, stage: Stage) -> int:
    """Of a window, in seconds; terms that were listed before it was one of them mean its default."""
    name = LENGTHS[stage]
    text = getattr(row, f"its_{name}")
    return int(getattr(Terms(), name) if text is None else text)


def _window(row: Any, stage: Stage) -> str:
    return f"{stage}.{row.extensions}.{row.round}.{row.ballot}"


def _entry(row: Any, what: str, summary: str, start: int, end: int, changed: int, sequence: int) -> Entry:
    uid, url = f"{row.id}.{what}@{words.host()}", f"{settings.PUBLIC_URL}/expiries/{row.slug}/"
    return Entry(uid, url, summary, start, end, changed, sequence)
