"""`report`: look at the sources, say what would be reported, and report it only when told to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from protocol.evidence import MAX_OBSERVATIONS, document, evidence_hash
from protocol.evidence_files import entry
from protocol.signing import Message
from protocol.terms import Index
from reporter.evidence import offer, read
from reporter.keys import Key
from reporter.quote import Quote, read_quote
from reporter.sending import random_word, send, store
from reporter.service import Service, running_terms
from reporter.sources import round_half_up
from reporter.stop import Stop
from reporter.units import PRICE_UNIT, show_ether, show_ppm, show_price, show_table, show_time

MAX_SPREAD_PPM = 5_000
"""Venues that lie further apart than this (0.5 %) want a person to look."""


@dataclass(frozen=True)
class Plan:
    """What would be reported: an exact price and a bond on an expiry, with what was seen."""

    expiry: Mapping[str, Any]
    account: str
    free: int
    bond: int
    price: int
    quote: Quote | None
    reason: str = ""
    links: Sequence[str] = ()
    files: Sequence[Path] = ()

    @property
    def evidence(self) -> dict[str, Any]:
        """What was seen and what is said of it, in the form of docs/evidence.md; the report carries its hash."""
        readings = self.quote.readings if self.quote else ()
        seen = [each for reading in readings for each in reading.observations]
        return document(
            expiry=self.expiry["id"], price=self.price, observations=seen[:MAX_OBSERVATIONS], words=self.reason,
            links=self.links, files=[entry(path.name, read(path)) for path in self.files],
        )  # fmt: skip


def report(
    service: Service,
    key: Key,
    *,
    expiry_id: str,
    bond: int,
    venues: Sequence[str],
    price: int | None,
    max_spread_ppm: int,
    recordings: Path,
    out: Path,
    now: int,
    sending: bool,
    attestors: Sequence[str] = (),
    reason: str = "",
    links: Sequence[str] = (),
    files: Sequence[Path] = (),
) -> None:
    """Print the preflight table; where nothing speaks against it and `sending` is set, sign and send the report."""
    expiry = service.expiry(expiry_id)
    quote = None if price is not None else read_quote(expiry["index"]["spec"], recordings, venues)
    free = int(service.account(key.address)["free"])
    chosen = price or (quote.price if quote else 0)
    plan = Plan(expiry, key.address, free, bond, chosen, quote, reason, links, files)
    print(show_table(preflight(plan)))
    if problem := first_problem(plan, max_spread_ppm, now):
        raise Stop(problem)
    try:
        evidence = plan.evidence
    except ValueError as error:
        raise Stop(f"the evidence is not in form: {error}") from None
    if not sending:
        print("dry run: nothing was sent; add --send to report this price")
        return
    message: Message = {
        "account": key.address, "expiry": expiry["id"], "price": plan.price, "bond": bond,
        "evidence": evidence_hash(evidence), "salt": random_word(),
    }
    kept = store(out, f"evidence-{message['evidence'][2:14]}", evidence)
    send(service, key, "Report", message, out, attestors)
    offer(service, kept, files)


def preflight(plan: Plan) -> list[tuple[str, str]]:
    """What a reporter wants to see before signing."""
    spec, expiry = plan.expiry["index"]["spec"], plan.expiry
    rows = [
        ("pair", f"{spec.get('base', '?')}/{spec.get('quote', '?')}, {spec.get('name', 'unnamed index')}"),
        ("observed", show_time(int(spec["instant"])) if "instant" in spec else show_time(int(expiry["expiry_at"]))),
        ("expiry", f"{expiry['id']}, {show_time(int(expiry['expiry_at']))}"),
    ]
    if plan.quote:
        rows += quote_rows(plan.quote)
    deadline = expiry["deadline"]
    return [
        *rows,
        ("price", show_price(plan.price) + ("" if plan.quote else " (given by hand)")),
        ("bond", show_ether(plan.bond)),
        ("free balance", f"{show_ether(plan.free)} of {plan.account}"),
        ("stage", expiry["stage"] + (f", until {show_time(int(deadline))}" if deadline else "")),
    ]


def quote_rows(quote: Quote) -> list[tuple[str, str]]:
    """One row for each venue, and how far they lie apart."""
    rows = [(f"source {r.venue}", show_price(round_half_up(r.price * PRICE_UNIT, 1))) for r in quote.readings]
    return [*rows, ("spread", show_ppm(quote.spread_ppm))]


def first_problem(plan: Plan, max_spread_ppm: int, now: int) -> str | None:
    """Why this must not be reported, in the order in which a person would want to know; None where nothing is wrong."""
    expiry = plan.expiry
    terms, index = running_terms(dict(expiry)), Index.from_json(expiry["index"]["spec"])
    if int(expiry["round"]) > 0:
        return f"the price is disputed already (round {expiry['round']}): look, and use `dispute` or `vote`"
    if expiry["stage"] != "REPORTING":
        return f"the expiry is in {expiry['stage']}; reports are taken in REPORTING only"
    if expiry["deadline"] and int(expiry["deadline"]) <= now:
        return f"the reporting window closed at {show_time(int(expiry['deadline']))}"
    if plan.quote and plan.quote.spread_ppm > max_spread_ppm:
        return f"the sources lie {show_ppm(plan.quote.spread_ppm)} apart, over {show_ppm(max_spread_ppm)}: look first"
    if not index.min_price <= plan.price <= index.max_price:
        bounds = f"{show_price(index.min_price)} to {show_price(index.max_price)}"
        return f"the price lies outside the index's bounds, {bounds}"
    if plan.price % index.tick:
        return f"the price is no multiple of the index's tick, {show_price(index.tick)}"
    if not terms.min_report_bond <= plan.bond <= terms.max_report_bond:
        return f"the bond must lie between {show_ether(terms.min_report_bond)} and {show_ether(terms.max_report_bond)}"
    if plan.free < plan.bond:
        return f"the free balance does not cover the bond: deposit {show_ether(plan.bond - plan.free)} more"
    return None
