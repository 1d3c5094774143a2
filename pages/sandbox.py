"""/simulate/: payoffs and disputes played through. Everything stands in the address, so that it can be shared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from oracle import clock, selectors
from oracle.models import Expiry
from pages import charts, reading, series
from pages.charts import Chart, Level
from pages.expiry import factory_lines, units_of
from pages.series import Line
from protocol.payoff import AMOUNT_END, redeem_n, redeem_p
from protocol.terms import MAX_PRICE
from settlement.simulation import Ask, Simulated, simulate

UNIT = 10**18
OFFERED = 20


@dataclass(frozen=True, slots=True)
class Field:
    """`value` as it was typed; `number` is None where there is none, and then `error` says what is wrong with it."""

    name: str
    label: str
    help: str
    value: str
    number: int | None
    error: str


FIELDS = (
    ("price", "Counter-price", "instead of the price that stands", MAX_PRICE),
    ("final", "Becomes final", "in the end; the counter-price where left out", MAX_PRICE),
    ("amount", "You pledge, in ETH", "of the bond; all that is left where left out", AMOUNT_END),
    ("units", "Units out of each series", "what is counted on chain where left out", AMOUNT_END),
    ("strike", "Strike", "of the payoff that is drawn", MAX_PRICE),
)


@require_safe
def sandbox(request: HttpRequest) -> HttpResponse:
    """A payoff at any strike and price; with an expiry, a dispute of its price too."""
    fields = {each[0]: _field(request.GET, *each) for each in FIELDS}
    name = request.GET.get("expiry", "").strip()
    expiry = selectors.find_expiry(name) if name else None
    lines = series.of_expiry(expiry, clock.now()) if expiry else []
    context = {
        "now": clock.now(),
        "name": name,
        "expiry": expiry,
        "unknown": bool(name) and expiry is None,
        "offered": selectors.running(limit=OFFERED),
        "fields": list(fields.values()),
        "asked": bool(request.GET),
        "wrong": any(each.error for each in fields.values()),
        "played": _played(expiry, fields, lines),
        "payoff": _payoff(expiry, fields, lines),
        "pays": _pays(fields),
    }
    return render(request, "pages/simulate.html", context)


def _field(given: Mapping[str, str], name: str, label: str, text: str, end: int) -> Field:
    value = given.get(name, "").strip()
    if not value:
        return Field(name, label, text, value, None, "")
    try:
        number = reading.decimal(value)
    except ValueError as error:
        return Field(name, label, text, value, None, str(error))
    if not 0 < number < end:
        return Field(name, label, text, value, None, "This is outside of what can be.")
    return Field(name, label, text, value, number, "")


def _played(expiry: Expiry | None, fields: Mapping[str, Field], lines: Sequence[Line]) -> Simulated | None:
    price = fields["price"].number
    if expiry is None or price is None or any(each.error for each in fields.values()):
        return None
    ours = factory_lines(lines)
    units = None
    if (typed := fields["units"].number) is not None:
        units = {line.row.address: typed * 10**line.row.decimals // UNIT for line in ours}
    ask = Ask(price, fields["final"].number, fields["amount"].number, units)
    return simulate(expiry, ask, series=[line.row for line in ours], counted=units_of(ours))


def _payoff(expiry: Expiry | None, fields: Mapping[str, Field], lines: Sequence[Line]) -> Chart | None:
    """At the strike that was asked for, else at that of the expiry's series which is nearest to the price."""
    known = expiry.price or expiry.standing if expiry else None
    strike = fields["strike"].number
    if strike is None:
        strikes = [line.row.strike for line in lines if line.row.strike]
        price = known or fields["price"].number
        strike = min(strikes, key=lambda each: abs(each - price) if price else 0, default=None)
    if strike is None:
        return None
    levels = [Level("final" if expiry and expiry.price else "standing", known, "standing")] if known else []
    for name, kind in (("price", "counter"), ("final", "final")):
        number = fields[name].number
        if number is not None:
            levels.append(Level({"price": "counter", "final": "in the end"}[name], number, kind))
    return charts.payoff(strike, levels)


def _pays(fields: Mapping[str, Field]) -> list[dict[str, Any]]:
    """What one P and one N pay at the strike that was asked for, at each price that was."""
    strike = fields["strike"].number
    if strike is None:
        return []
    prices = [number for name in ("price", "final") if (number := fields[name].number) is not None]
    return [
        {"price": price, "p": redeem_p(UNIT, strike, price), "n": redeem_n(UNIT, strike, price)}
        for price in dict.fromkeys(prices)
    ]
