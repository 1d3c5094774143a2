"""/expiries/: filters, order and place of the page stand in the address; the same as CSV and JSON."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from ledger.fields import WholeField
from oracle import clock
from oracle.events import EventKind
from oracle.models import Expiry, Index
from oracle.selectors import RUNNING
from pages import files, life
from pages.actions import Action, primary
from protocol.stages import Stage
from protocol.terms import Terms

ROWS = 50
INDICES = 30
"""Links to at most so many indices: a search finds the others."""
OPEN = "OPEN"
PLACE = re.compile(r"(-?[0-9]{1,80})\.(0x[0-9a-f]{64})")
TEXT = re.compile(r"[-\w/ ]{1,100}", re.ASCII)
ID = re.compile(r"0x[0-9a-f]{64}")
NEVER = 10**18  # later than any time: what has no deadline comes last

ENTERED_BY: Mapping[str, EventKind] = {
    Stage.SCHEDULED: EventKind.LISTED,
    Stage.REPORTING: EventKind.OPENED,
    Stage.CHALLENGE: EventKind.STANDING,
    Stage.COMMIT: EventKind.BALLOT_OPENED,
    Stage.REVEAL: EventKind.REVEAL_OPENED,
    Stage.RULING: EventKind.RULING_OPENED,
    Stage.FINAL: EventKind.FINAL,
}
"""What happens when an expiry comes to a stage: what whoever looks at those in it can be told of."""

COLUMNS = (
    "slug", "id", "index", "stage", "expiry_at", "deadline", "round", "ballot", "standing", "price", "decided_by",
    "final_at", "value_secured", "reports", "report_stake",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Order:
    """What expiries are sorted by; `none` stands where an expiry has no such number, None: each has."""

    word: str
    field: str
    none: int | None
    falling: bool


ORDERS = {
    "newest": Order("newest instant", "expiry_at", None, falling=True),
    "oldest": Order("oldest instant", "expiry_at", None, falling=False),
    "deadline": Order("next deadline", "deadline", NEVER, falling=False),
    "value": Order("value secured", "value_secured", -1, falling=True),
    "final": Order("final last", "final_at", -1, falling=True),
}
FIRST = "newest"


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address says; None where it says nothing."""

    stage: str | None
    index: str | None
    text: str | None
    sort: str
    after: str | None

    def address(self, **changes: str | None) -> str:
        """The same with changes, from the first page on unless `after` is among them."""
        kept = {"stage": self.stage, "index": self.index, "q": self.text, "sort": self.sort, "after": None} | changes
        if kept["sort"] == FIRST:
            kept["sort"] = None
        return "?" + urlencode({name: value for name, value in kept.items() if value})

    def follow(self) -> str:
        """A new alert filled in with what of this an alert can keep: the index, and coming to the stage."""
        kept = {"index": self.index, "kind": ENTERED_BY.get(self.stage or "")}
        query = urlencode({name: value for name, value in kept.items() if value})
        return reverse("alert-new") + (f"?{query}" if query else "")


@require_safe
def expiries(request: HttpRequest) -> HttpResponse:
    """A page of them, or a file of as many as fit with a link to the next."""
    asked = read(request)
    form = request.GET.get("format")
    if form is not None:
        found, after = page(asked, files.ROWS)
        later = asked.address(format=form, after=after) if after else None
        return files.answer(
            request, form, [_document(row) for row in found], name="expiries", columns=COLUMNS, later=later
        )
    rows, place = page(asked, ROWS)
    slugs, more = indices(asked.index)
    context = {
        "rows": with_next(rows),
        "asked": asked,
        "stages": [(word.lower(), asked.address(stage=word), asked.stage == word) for word in (OPEN, *Stage)],
        "all_stages": (asked.address(stage=None), asked.stage is None),
        "orders": [(order.word, asked.address(sort=name), asked.sort == name) for name, order in ORDERS.items()],
        "indices": [(slug, asked.address(index=slug), asked.index == slug) for slug in slugs],
        "all_indices": (asked.address(index=None), asked.index is None),
        "more_indices": more,
        "next": place and asked.address(after=place),
        "follow": asked.follow(),
        "comes_to": asked.stage if asked.stage in ENTERED_BY else None,
        "csv": asked.address(format="csv"),
        "json": asked.address(format="json"),
        "now": clock.now(),
    }
    return render(request, "pages/expiries.html", context)


def read(request: HttpRequest) -> Asked:
    """The address; 404 for what no link of ours says."""
    given = {name: request.GET.get(name, "").strip() or None for name in ("stage", "index", "q", "sort", "after")}
    sort = given["sort"] or FIRST
    known = given["stage"] is None or given["stage"] in (OPEN, *Stage)
    if not known or sort not in ORDERS or (given["after"] and not PLACE.fullmatch(given["after"])):
        raise Http404("no such page")
    if given["index"] and not TEXT.fullmatch(given["index"]):
        raise Http404("no such index")
    return Asked(given["stage"], given["index"], given["q"], sort, given["after"])


def indices(chosen: str | None) -> tuple[list[str], bool]:
    """Slugs of indices that have expiries, the chosen one among them, and whether there are more; 404 for no index."""
    listed = Index.objects.filter(Exists(Expiry.objects.filter(index=OuterRef("pk"))))
    slugs = listed.order_by("slug").values_list("slug", flat=True).distinct()
    found = list(slugs[: INDICES + 1])
    shown, more = found[:INDICES], len(found) > INDICES
    if chosen is None or chosen in shown:
        return shown, more
    if not slugs.filter(slug=chosen).exists():
        raise Http404("no such index")
    return [*shown, chosen], more


def page(asked: Asked, limit: int) -> tuple[list[Expiry], str | None]:
    """At most `limit` expiries, and the place behind them where there are more. One query."""
    order = ORDERS[asked.sort]
    rows = _found(asked).annotate(key=_key(order))
    if asked.after is not None and (place := PLACE.fullmatch(asked.after)):
        key, id_ = int(place[1]), place[2]
        if order.falling:
            rows = rows.filter(Q(key__lt=key) | Q(id__lt=id_), key__lte=key)
        else:
            rows = rows.filter(Q(key__gt=key) | Q(id__gt=id_), key__gte=key)
    sorting = ("-key", "-id") if order.falling else ("key", "id")
    # Sorted by narrow rows: an expiry's terms are kilobytes.
    ids = rows.order_by(*sorting).values("id")[: limit + 1]
    whole = Expiry.objects.select_related("index").annotate(key=_key(order)).filter(id__in=ids)
    found: list[Any] = list(whole.order_by(*sorting))
    if len(found) <= limit:
        return found, None
    last = found[limit - 1]
    return found[:limit], f"{last.key}.{last.id}"


def _key(order: Order) -> Any:
    if order.none is None:
        return F(order.field)  # as it is, so that its index counts
    return Coalesce(F(order.field), Value(order.none, output_field=WholeField()), output_field=WholeField())


def _found(asked: Asked) -> QuerySet[Expiry]:
    rows = Expiry.objects.all()
    if asked.stage is not None:
        rows = rows.filter(stage__in=RUNNING if asked.stage == OPEN else [asked.stage])
    if asked.index is not None:
        rows = rows.filter(index__slug=asked.index)
    if asked.text is not None:
        if not TEXT.fullmatch(asked.text):
            return rows.none()
        if ID.fullmatch(id_ := asked.text.lower()):
            return rows.filter(id=id_)
        rows = rows.filter(Q(slug__icontains=asked.text) | Q(index__slug__icontains=asked.text.replace("/", "-")))
    return rows


def _document(row: Expiry) -> dict[str, Any]:
    return {name: row.index.slug if name == "index" else getattr(row, name) for name in COLUMNS}


def with_next(rows: list[Expiry]) -> list[tuple[Expiry, life.Next, Action | None]]:
    """Each with what comes next, and the one act that there is to do."""
    now, found = clock.now(), []
    for row in rows:
        terms = Terms.from_json(row.raised or row.terms)
        found.append((row, life.what_next(row, terms, now), primary(row, now)))
    return found
