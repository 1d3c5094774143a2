"""The page of one expiry: everything that is known of it, in at most twelve queries whatever its size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

import disputes.selectors
from disputes.models import RulingSignature
from disputes.selectors import ClaimView, Placed
from oracle import clock, sealing, selectors
from oracle.models import Act, Claim, Expiry
from pages import drawn, life, papers, series, terms_words, told
from pages.actions import actions, redeem
from pages.compare import compare
from pages.dispute_words import at_stake_on
from pages.reading import decimal
from pages.series import Line
from pages.sessions import account_of
from protocol import show, signing
from protocol.arithmetic import agree
from protocol.stages import DecidedBy, Stage
from protocol.terms import MAX_PRICE, PPM, Terms
from settlement.finality import MEANING, finality
from settlement.models import Series
from settlement.simulation import Ask, Played, Simulated, simulate

REPORTS = 100
PLEDGES = 20
STAKES = 400
SERIES = 50


@dataclass(frozen=True, slots=True)
class ReportRow:
    """`off` is how far it lies from the price that stands, in words; empty while that is sealed or unknown."""

    act: Act
    off: str
    agrees: bool


@require_safe
def expiry(request: HttpRequest, name: str) -> HttpResponse:
    """Everything that is known of one expiry."""
    known = selectors.find_with_pause(name)
    if known is None:
        raise Http404("no such expiry")
    row, paused_since = known
    if name != row.slug:
        return redirect("expiry", row.slug, permanent=True)
    now, terms = clock.now(), Terms.from_json(row.raised or row.terms)
    if row.stage == Stage.SCHEDULED:
        selectors.with_rewards([row])
    placed = disputes.selectors.placed(row, reports=REPORTS, pledges=PLEDGES, rows=STAKES)
    ballots = disputes.selectors.ballots(row) if row.ballot else []
    lines = series.of_expiry(row, now)
    found = finality(row, now=now)
    played = _played(row, terms, placed, lines, request.GET.get("price"))
    counter = played.ask.price if played else None
    evidence = papers.of_expiry(row, terms)
    context = {
        "expiry": row,
        "terms": terms,
        "now": now,
        "intake_paused_since": paused_since,  # in the place of what base.html would ask for
        "next": life.what_next(row, terms, now),
        "strip": life.strip(row),
        "finality": found,
        "pays": life.pays(found.on_chain.awaited if found.on_chain else None, now),
        "reasons": [MEANING[reason] for reason in found.reasons],
        "actions": actions(row, now, account_of(request), ballots) or redeem(lines),
        "timeline": told.timeline(row, found),
        "reports": report_rows(row, placed.reports, terms),
        "evidence": evidence,
        "compare": compare(row, evidence.told, terms, placed.reports),
        "bonds": drawn.of_bonds(row, placed, ballots, terms),
        "claims": placed.claims,
        "nearest": nearest_claim(row, terms, placed, now),
        "more_claims": placed.cut,
        "played": played,
        "refused": request.GET.get("price") if played is None else None,
        "at_stake": at_stake_on(row, [line.row for line in factory_lines(lines)]),
        "ballots": ballots,
        "ruling_signatures": _rulings(row),
        "lines": lines[:SERIES],
        "more_series": len(lines) - SERIES,
        "payoff": drawn.of_payoff(row, [line.row for line in lines], counter),
        "terms_rows": terms_words.rows(row.terms, row.raised),
        "chain": {"id": settings.CHAIN_ID, "oracle": settings.ORACLE_ADDRESS},
    }
    return render(request, "pages/expiry.html", context)


def existing(name: str) -> Expiry:
    """The expiry of this id or slug, or a 404."""
    found = selectors.find_expiry(name)
    if found is None:
        raise Http404("no such expiry")
    return found


def report_rows(row: Expiry, reports: Sequence[Act], terms: Terms) -> list[ReportRow]:
    """Reports with how far each is off the final, else the standing price."""
    centre = row.price or row.standing
    found = []
    for act in reports:
        price = sealing.public_price(act)
        if price is None or centre is None:
            found.append(ReportRow(act, "", False))
        else:
            found.append(ReportRow(act, show.off(price, centre), agree(price, centre, terms.tolerance_ppm)))
    return found


def _rulings(row: Expiry) -> Sequence[RulingSignature]:
    """Guardians' signatures so far; once they have ruled, those under the act, which may have come all together."""
    if row.decided_by == DecidedBy.RULING:
        act = Act.objects.get(expiry=row, kind="Ruling")
        guardians = [signing.recover(act.digest, signature) for signature in act.signatures]
        said = {"digest": act.digest, "price": int(act.message["price"]), "reason": act.message["reason"], "at": act.at}
        return [RulingSignature(guardian=guardian, **said) for guardian in guardians]
    return disputes.selectors.ruling_signatures(row) if row.stage == Stage.RULING else []


def _played(
    row: Expiry, terms: Terms, placed: Placed, lines: Sequence[Line], asked: str | None
) -> Simulated | None:
    """What a dispute would mean at the price that was asked for, else at one that suggests itself."""
    if row.standing is None or row.stage == Stage.FINAL:
        return None
    price = readable_price(asked) if asked else counter_price(row, terms, placed)
    if price is None:
        return None
    ours = factory_lines(lines)
    record = Played(row, None if placed.cut else {claim.price: claim for claim in open_claims(placed)})
    return simulate(row, Ask(price), series=[line.row for line in ours], counted=units_of(ours), record=record)


def open_claims(placed: Placed) -> list[Claim]:
    """Those that still take pledges."""
    return [each.claim for each in placed.claims if each.claim.status == Claim.Status.OPEN]


def nearest_claim(row: Expiry, terms: Terms, placed: Placed, now: int) -> ClaimView | None:
    """Of those against the standing price the one that lacks least; first those worked out in this round."""
    if row.stage != Stage.CHALLENGE or row.standing is None or row.deadline is None or row.deadline <= now:
        return None
    against = [
        each for each in placed.claims if each.left and not agree(each.claim.price, row.standing, terms.tolerance_ppm)
    ]
    return min(against, key=lambda each: (each.stale, each.left), default=None)


def factory_lines(lines: Sequence[Line]) -> list[Line]:
    """Those of series that our factory made: what another contract pays nobody here knows."""
    return [line for line in lines if line.row.origin == Series.Origin.FACTORY]


def units_of(lines: Sequence[Line]) -> dict[str, int]:
    """What is out of each series that has been counted, in base units."""
    return {line.row.address: line.of.numbers.units for line in lines if line.of.numbers is not None}


def readable_price(text: str) -> int | None:
    """A price as people type it; None for anything that is none."""
    try:
        price = decimal(text)
    except ValueError:
        return None
    return price if 0 < price < MAX_PRICE else None


def counter_price(row: Expiry, terms: Terms, placed: Placed) -> int:
    """The heaviest open claim, else the heaviest report that disagrees, else a price just outside of the tolerance."""
    assert row.standing is not None
    claims = [(each.pledged, each.price) for each in open_claims(placed)]
    reports = [(act.amount or 0, act.price) for act in placed.reports if act.price is not None]
    for stakes in (claims, reports):
        against = [each for each in stakes if not agree(each[1], row.standing, terms.tolerance_ppm)]
        if against:
            return max(against)[1]
    price = row.standing * (PPM - 2 * terms.tolerance_ppm) // PPM
    return max(price - price % int(row.index.spec.get("tick", 1)), 1)
