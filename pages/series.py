"""/series/ and /series/<address>/: where P and N are on their way to their holders' money."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from oracle import clock, selectors
from oracle.models import Expiry
from protocol.payoff import redeem_n, redeem_p
from settlement.models import Series
from settlement.selectors import series_in_order, series_logs, series_of
from settlement.series_states import SeriesState, StateOf, counted_to, in_state, states_of

ADDRESS = re.compile(r"0x[0-9a-f]{40}")
PLACE = re.compile(r"([0-9]{1,15})\.(0x[0-9a-f]{64})\.([0-9]{1,37})\.(0x[0-9a-f]{40})")
ROWS = 50
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


def lines_of(rows: list[Series], now: int) -> list[Line]:
    """Two queries for all of them."""
    states = states_of(rows)
    return [Line(row, states[row.address], states[row.address].state(row, now), *_pays(row)) for row in rows]


def of_expiry(expiry: Expiry, now: int) -> list[Line]:
    """The series of one expiry by collateral and strike, foreign ones last."""
    return lines_of(series_of(expiry.id, foreign=True), now)


@require_safe
def series_list(request: HttpRequest) -> HttpResponse:
    """All series by instant, then strike; filters and the place of the page are in the address."""
    now, state = clock.now(), request.GET.get("state") or None
    if state is not None and state not in list(SeriesState):
        raise Http404("no such state")
    origin = request.GET.get("origin") or None
    if origin is not None and origin not in Series.Origin.values:
        raise Http404("no such origin")
    expiry = _expiry(request.GET.get("expiry", "").strip())
    place = PLACE.fullmatch(request.GET.get("after", ""))
    after = (int(place[1]), place[2], int(place[3]), place[4]) if place else None
    found = series_in_order(expiry_id=expiry.id if expiry else None, origin=origin, after=after)
    rows = list((in_state(found, SeriesState(state), now=now) if state else found)[: ROWS + 1])
    kept = {"state": state, "origin": origin, "expiry": expiry.slug if expiry else None}
    last = rows[ROWS - 1] if len(rows) > ROWS else None
    context = {
        "lines": lines_of(rows[:ROWS], now),
        "filters": _filters(kept),
        "expiry": expiry,
        "state": state,
        "means": STATES.get(SeriesState(state)) if state else None,
        "next": last and _address({**kept, "after": _place(last)}),
        "index": counted_to(),
        "now": now,
    }
    return render(request, "pages/series_list.html", context)


@require_safe
def series_page(request: HttpRequest, address: str) -> HttpResponse:
    """One series: what it pays, what was split and redeemed, its newest logs."""
    if not ADDRESS.fullmatch(address.lower()):
        raise Http404("no such series")
    if address != address.lower():
        return redirect("series-page", address.lower(), permanent=True)
    row = Series.objects.select_related("expiry__index").filter(address=address).first()
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
        "strip": [
            (each, "done" if n < at else "now" if n == at else "ahead") for n, each in enumerate(strip)
        ],
        "logs": series_logs(address, limit=ROWS),
        "index": counted_to(),
        "now": now,
    }
    return render(request, "pages/series.html", context)


def _pays(row: Series) -> tuple[int | None, int | None]:
    """One P and one N at the final, else the standing price (PROTOCOL 8)."""
    price = row.expiry.price or row.expiry.standing
    if price is None or row.origin == Series.Origin.FOREIGN:
        return None, None
    unit = 10**row.decimals
    return redeem_p(unit, row.strike, price), redeem_n(unit, row.strike, price)


def _expiry(name: str) -> Expiry | None:
    if not name:
        return None
    found = selectors.find_expiry(name)
    if found is None:
        raise Http404("no such expiry")
    return found


def _filters(kept: dict[str, str | None]) -> list[tuple[str, list[tuple[str, str, bool]]]]:
    """(name, [(word, address, chosen)]) of each filter; the others stay as they are."""
    choices: dict[str, list[str]] = {"state": list(SeriesState), "origin": list(Series.Origin.values)}
    found = []
    for name, words in choices.items():
        links = [("all", _address({**kept, name: None}), kept[name] is None)]
        links += [(word.lower(), _address({**kept, name: word}), kept[name] == word) for word in words]
        found.append((name, links))
    return found


def _address(query: dict[str, str | None]) -> str:
    return "?" + urlencode({name: value for name, value in query.items() if value})


def _place(row: Series) -> str:
    return f"{row.expiry.expiry_at}.{row.expiry_id}.{row.strike}.{row.address}"
