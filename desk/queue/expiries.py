"""Expiries that need somebody: rulings that wait, deadlines that passed, windows without reports, and what comes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Case, Count, F, OuterRef, Q, Subquery, TextField, Value, When, Window
from django.db.models.functions import RowNumber

from desk import addresses
from desk.queue.rows import SHOWN, Act, Row, Section, Urgency
from disputes.models import RulingSignature
from oracle.models import Expiry
from oracle.selectors import RUNNING
from protocol.show import cut, decimal, ether
from protocol.stages import Stage
from protocol.terms import Terms
from settlement.services.watching import OVERDUE_SECONDS

DAY = 86_400
GRACE_SECONDS = 1_800
"""After an expiry's instant, and after its window has opened, before it is odd that nothing has come of it."""

OVERDUE, NOT_OPENED, UNREPORTED, OPEN, SOON = "overdue", "not_opened", "unreported", "open", "soon"


def sections(now: int) -> Sequence[Section]:
    """Two queries."""
    return [_rulings(), *_others(now)]


def _rulings() -> Section:
    """Only guardians end them; what is signed is counted by the ruling that most have signed."""
    signed = RulingSignature.objects.filter(expiry=OuterRef("pk")).order_by().values("digest")
    best = Subquery(signed.annotate(number=Count("pk")).order_by("-number").values("number")[:1])
    rows: Any = Expiry.objects.filter(stage=Stage.RULING).annotate(signed=best, total=Window(Count("pk")))
    found = list(rows.order_by(F("deadline").asc(nulls_first=True), "id")[:SHOWN])
    return Section(
        "Rulings that wait for guardians",
        "no ruling waits",
        addresses.listing(Expiry, stage__exact=Stage.RULING),
        [_ruling(row) for row in found],
        found[0].total if found else 0,
    )


def _ruling(row: Any) -> Row:
    terms = Terms.from_json(row.raised or row.terms)
    have = f"{row.signed or 0} of {terms.guardian_threshold} signatures collected"
    if row.deadline is None:
        return Row(row.slug, f"{have}; without them it waits for ever", addresses.page(row), Urgency.STOPPED)
    price = decimal(row.best_ballot_price)
    return Row(
        row.slug,
        f"{have}; else {price} becomes final",
        addresses.page(row),
        Urgency.NOW,
        row.deadline,
        "until",
    )


def _others(now: int) -> Sequence[Section]:
    """One query: the first few of each group, with how many it has."""
    group = Case(
        When(deadline__lte=now - OVERDUE_SECONDS, then=Value(OVERDUE)),
        When(stage=Stage.SCHEDULED, opens_at__lte=now - GRACE_SECONDS, then=Value(NOT_OPENED)),
        When(_unreported(now), then=Value(UNREPORTED)),
        When(stage=Stage.SCHEDULED, then=Value(SOON)),
        default=Value(OPEN),
        output_field=TextField(),
    )
    order = (F("value_secured").desc(nulls_last=True), F("deadline").asc(nulls_last=True), "expiry_at", "id")
    stages = [stage for stage in RUNNING if stage != Stage.RULING]
    late_ruling = Q(stage=Stage.RULING, deadline__lte=now - OVERDUE_SECONDS)
    wanted = Q(stage__in=stages) | Q(stage=Stage.SCHEDULED, expiry_at__lte=now + DAY) | late_ruling
    rows: Any = Expiry.objects.filter(wanted).defer("terms", "raised").annotate(group=group)
    rows = rows.annotate(
        place=Window(RowNumber(), partition_by="group", order_by=order),
        total=Window(Count("pk"), partition_by="group"),
    )
    found: dict[str, list[Any]] = {}
    for row in rows.filter(place__lte=SHOWN).order_by("group", "place"):
        found.setdefault(row.group, []).append(row)
    return [_section(name, found.get(name, []), now) for name in _SECTIONS]


def _unreported(now: int) -> Q:
    """No report long after the window has opened, or the window opened once more because there were too few."""
    reporting = Q(stage=Stage.REPORTING)
    return reporting & (Q(reports=0, opened_at__lte=now - GRACE_SECONDS) | Q(extensions__gt=0))


_SECTIONS = {
    OVERDUE: ("Deadlines overdue", "no deadline is overdue", {"o": "5"}),
    NOT_OPENED: (
        "Not opened though their time has come",
        "all that was due has opened",
        {"stage__exact": "SCHEDULED"},
    ),
    UNREPORTED: ("Unreported past grace", "every open window has reports", {"stage__exact": "REPORTING"}),
    OPEN: ("Open windows by value at stake", "no window is open", {}),
    SOON: ("Expiries in the next 24 hours", "no expiry in the next 24 hours", {"stage__exact": "SCHEDULED"}),
}


def _section(name: str, rows: Sequence[Any], now: int) -> Section:
    title, quiet, filters = _SECTIONS[name]
    total = rows[0].total if rows else 0
    return Section(
        title, quiet, addresses.listing(Expiry, **filters), [_row(name, row, now) for row in rows], total
    )


def _row(name: str, row: Expiry, now: int) -> Row:
    link = addresses.page(row)
    if name == OVERDUE:
        words = "its deadline has passed and nobody has processed it: is the worker up?"
        return Row(row.slug, words, link, Urgency.STOPPED, row.deadline)
    if name == NOT_OPENED:
        words = "waits for the first final block of the chain behind its instant"
        return Row(row.slug, words, link, Urgency.NOW, row.opens_at)
    if name == UNREPORTED:
        words = f"{row.reports} reports so far; with too few in the end no price stands"
        return Row(row.slug, words, link, Urgency.NOW, row.deadline, "until")
    if name == SOON:
        grid = Act("list a grid", addresses.new_proposal("list_grid", expiry=row.slug))
        return Row(row.slug, "its instant is near", link, Urgency.SOON, row.expiry_at, "at", grid)
    return Row(row.slug, _runs(row), link, Urgency.CALM, row.deadline, "until")


def _runs(row: Expiry) -> str:
    stake = (
        f"{cut(row.value_secured)} ETH at stake" if row.value_secured is not None else "nothing counted yet"
    )
    doing = {
        Stage.REPORTING: f"takes sealed reports, {row.reports} and {ether(row.report_stake)} so far",
        Stage.CHALLENGE: f"{decimal(row.standing)} stands; a claim against it may be filled",
        Stage.COMMIT: f"ballot {row.ballot}: votes are committed",
        Stage.REVEAL: f"ballot {row.ballot}: votes are revealed",
    }
    return f"{stake}; {doing.get(Stage(row.stage), row.stage)}"
