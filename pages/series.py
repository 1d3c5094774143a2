"""/series/ and /series/<address>/: where P and N are on their way to their holders' money."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from oracle import clock, selectors
from oracle.models import Expiry
from pages import drawn, files, life, paging
from protocol.payoff import redeem_n, redeem_p
from settlement.models import OracleRecord, Series
from settlement.selectors import series_in_order, series_logs, series_of
from settlement.series_states import SeriesState, StateOf, counted_to, in_state, states_of

ADDRESS = re.compile(r"0x[0-9a-f]{40}")
PLACE = re.compile(r"([0-9]{1,15})\.(0x[0-9a-f]{64})\.([0-9]{1,37})\.(0x[0-9a-f]{40})")
TEXT = re.compile(r"[-\w/. ]{1,100}", re.ASCII)
ROWS = 50
COLUMNS = (
    "address", "slug", "expiry", "expiry_at", "origin", "state", "strike", "collateral", "decimals", "p", "n",
    "p_symbol", "n_symbol", "feed", "p_pays", "n_pays", "units", "redeemed_p", "redeemed_n", "left",
)  # fmt: skip
COUNTED = ("units", "redeemed_p", "redeemed_n", "left")
STATES = {
    SeriesState.OPEN: "Collateral can be split into P and N until the expiry instant.",
    SeriesState.WAITING: "The instant has passed; there is no final price yet.",
    SeriesState.SETTLED: "The price is final in the book; the oracle on chain does not give it yet.",
    SeriesState.REDEEMABLE: "The oracle gives the final price: holders can redeem.",
    SeriesState.REDEEMED: "What is left of P and N pays nothing any more.",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One series as a table shows it; `p` and `n`: what a whole one pays, None where nothing can be said."""

    row: Series
    of: StateOf
    state: SeriesState
    p: int | None
    n: int | None

    @property
    def can_be_redeemed(self) -> bool:
        """Here: how a foreign one is redeemed is for its own code to say."""
        return self.state == SeriesState.REDEEMABLE and self.row.origin == Series.Origin.FACTORY


def lines_of(rows: list[Series], now: int) -> list[Line]:
    """Two queries for all of them."""
    states = states_of(rows)
    return [Line(row, states[row.address], states[row.address].state(row, now), *_pays(row)) for row in rows]


def of_expiry(expiry: Expiry, now: int) -> list[Line]:
    """The series of one expiry by collateral and strike, foreign ones last."""
    return lines_of(series_of(expiry.id, foreign=True), now)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address says; None where it says nothing."""

    state: SeriesState | None
    origin: str | None
    expiry: Expiry | None
    text: str | None
    after: tuple[int, str, int, str] | None

    def address(self, **changes: str | None) -> str:
        """The same with changes, from the first page on unless `after` is among them."""
        kept = {"state": self.state, "origin": self.origin, "expiry": self.expiry and self.expiry.slug, "q": self.text}
        return "?" + urlencode({name: value for name, value in (kept | changes).items() if value})


@require_safe
def series_list(request: HttpRequest) -> HttpResponse:
    """A page of them, the newest instant first, or a file of as many as fit with a link to the next."""
    now, asked = clock.now(), read(request)
    form = request.GET.get("format")
    if form is not None:
        lines, place = page(asked, files.ROWS, now)
        later = asked.address(format=form, after=place) if place else None
        return files.answer(request, form, [_row(line) for line in lines], name="series", columns=COLUMNS, later=later)
    lines, place = page(asked, ROWS, now)
    context = {
        "lines": lines,
        "asked": asked,
        "filters": _filters(asked),
        "means": STATES[asked.state] if asked.state else None,
        "all_expiries": asked.address(expiry=None),
        "next": place and asked.address(after=place),
        "csv": asked.address(format="csv"),
        "json": asked.address(format="json"),
        "index": counted_to(),
        "now": now,
    }
    return render(request, "pages/series_list.html", context)


def read(request: HttpRequest) -> Asked:
    """The address; 404 for what no link of ours says."""
    given = {name: request.GET.get(name, "").strip() or None for name in ("state", "origin", "expiry", "q", "after")}
    state, origin, after = given["state"], given["origin"], given["after"]
    place = PLACE.fullmatch(after) if after else None
    if state not in (None, *SeriesState) or origin not in (None, *Series.Origin.values) or (after and not place):
        raise Http404("no such page")
    expiry = _expiry(given["expiry"]) if given["expiry"] else None
    behind = (int(place[1]), place[2], int(place[3]), place[4]) if place else None
    return Asked(SeriesState(state) if state else None, origin, expiry, given["q"], behind)


def page(asked: Asked, limit: int, now: int) -> tuple[list[Line], str | None]:
    """At most `limit` series, and the place behind them where there are more. Three queries."""
    found = series_in_order(
        expiry_id=asked.expiry.id if asked.expiry else None, origin=asked.origin, text=asked.text, after=asked.after
    )
    if asked.text and not TEXT.fullmatch(asked.text):
        found = found.none()
    if asked.state:
        found = in_state(found, asked.state, now=now)
    rows, last = paging.cut(found[: limit + 1], limit)
    return lines_of(rows, now), _place(last) if last else None


@require_safe
def series_page(request: HttpRequest, address: str) -> HttpResponse:
    """One series: what it pays, what was split and redeemed, its newest logs."""
    if not ADDRESS.fullmatch(address.lower()):
        raise Http404("no such series")
    if address != address.lower():
        return redirect("series-page", address.lower(), permanent=True)
    known = Series.objects.select_related("expiry__index", "expiry__oracle_record")
    row = known.filter(address=address).first()
    if row is None:
        raise Http404("no such series")
    now = clock.now()
    (line,) = lines_of([row], now)
    strip = list(SeriesState)
    at = strip.index(line.state)
    context = {
        "line": line,
        "row": row,
        "numbers": line.of.numbers,
        "means": STATES[line.state],
        "payoff": drawn.of_payoff(row.expiry, [row]),
        "pays": life.pays(_awaited(line), now),
        "strip": [
            (each, "done" if n < at else "now" if n == at else "ahead") for n, each in enumerate(strip)
        ],
        "logs": series_logs(address, limit=ROWS),
        "index": counted_to(),
        "now": now,
    }
    return render(request, "pages/series.html", context)


def _awaited(line: Line) -> int | None:
    """From when a settled series pays, where the oracle was seen to have the price; its expiry's record is selected."""
    record: OracleRecord | None = getattr(line.row.expiry, "oracle_record", None)
    return record.pays_from if record and line.state == SeriesState.SETTLED else None


def _pays(row: Series) -> tuple[int | None, int | None]:
    """One P and one N at the final, else the standing price (PROTOCOL 8)."""
    price = row.expiry.price or row.expiry.standing
    if price is None or row.origin == Series.Origin.FOREIGN:
        return None, None
    unit = 10**row.decimals
    return redeem_p(unit, row.strike, price), redeem_n(unit, row.strike, price)


def _expiry(name: str) -> Expiry:
    found = selectors.find_expiry(name) if TEXT.fullmatch(name) else None
    if found is None:
        raise Http404("no such expiry")
    return found


def _filters(asked: Asked) -> list[tuple[str, list[tuple[str, str, bool]]]]:
    """(name, [(word, address, chosen)]) of each filter; the others stay as they are."""
    choices = (("state", list(SeriesState), asked.state), ("origin", list(Series.Origin.values), asked.origin))
    found = []
    for name, words, chosen in choices:
        links = [("all", asked.address(**{name: None}), chosen is None)]
        links += [(word.lower(), asked.address(**{name: word}), chosen == word) for word in words]
        found.append((name, links))
    return found


def _row(line: Line) -> dict[str, Any]:
    """Of a file: what is on the page and on the series' own; amounts in base units, None where nothing is counted."""
    row, numbers = line.row, line.of.numbers
    own = ("address", "origin", "collateral", "decimals", "p", "n", "p_symbol", "n_symbol", "feed")
    return {
        **{name: getattr(row, name) for name in own},
        **{name: getattr(numbers, name) if numbers else None for name in COUNTED},
        "slug": row.expiry.slug,
        "expiry": row.expiry_id,
        "expiry_at": row.expiry.expiry_at,
        "state": line.state,
        "strike": row.strike or None,
        "p_pays": line.p,
        "n_pays": line.n,
    }


def _place(row: Series) -> str:
    return f"{row.expiry.expiry_at}.{row.expiry_id}.{row.strike}.{row.address}"
