"""What an expiry's charts are drawn from."""

from __future__ import annotations

from collections.abc import Sequence

from disputes.selectors import Ballot, Placed
from oracle import sealing
from oracle.models import Act, Claim, Expiry
from pages.charts import Chart, Dot, Level, bonds, payoff
from protocol.terms import Terms
from settlement.models import Series

MOST_VOTES = 200


def levels(expiry: Expiry, counter: int | None = None) -> list[Level]:
    """The prices that have a name, those that are the same under one."""
    stands = expiry.price or expiry.standing
    if not stands:
        return []
    kind = "final" if expiry.price else "standing"
    found = [Level(kind, stands, kind)]
    if expiry.tentative == stands:
        found = [Level(f"{kind} = median", stands, kind)]
    elif expiry.tentative:
        found.append(Level("median", expiry.tentative, "tentative"))
    if counter is not None:
        found.append(Level("counter", counter, "counter"))
    return found


def of_bonds(expiry: Expiry, placed: Placed, ballots: Sequence[Ballot], terms: Terms) -> Chart | None:
    """Reports, claims and votes on the prices that they name; None while that is sealed, or nobody has staked."""
    dots = of_reports(placed.reports)
    dots += [
        Dot("claims", each.claim.price, each.claim.pledged)
        for each in placed.claims
        if each.claim.status != Claim.Status.RELEASED
    ]
    for ballot in ballots:
        row = "votes" if len(ballots) == 1 else f"votes, ballot {ballot.number}"
        dots += [Dot(row, price, weight) for _, price, weight in ballot.heaviest[:MOST_VOTES]]
    named = levels(expiry)
    return bonds(dots, named, terms.tolerance_ppm) if dots and named else None


def of_payoff(expiry: Expiry, rows: Sequence[Series], counter: int | None = None) -> tuple[Series, Chart] | None:
    """Of our series the payoff at the strike nearest to the price, since most hangs on that one."""
    named = levels(expiry, counter)
    ours = [row for row in rows if row.origin == Series.Origin.FACTORY]
    if not ours:
        return None
    nearest = min(ours, key=lambda row: abs(row.strike - named[0].price)) if named else ours[0]
    return nearest, payoff(nearest.strike, named)


def of_reports(reports: Sequence[Act]) -> list[Dot]:
    """Those that are no longer sealed."""
    return [
        Dot("reports", act.price, act.amount or 0)
        for act in reports
        if act.price is not None and not sealing.is_sealed(act)
    ]
