"""What stops a report before it is signed, so that a person looks first (docs/reporting.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reporter import api
from reporter.quote import Quote
from reporter.service import Service
from reporter.stop import Stop
from reporter.units import show_ether, show_ppm

MAX_SPREAD_PPM = 5_000
"""Venues that lie further apart than this (0.5 %) want a person to look."""
MAX_AGE = 60  # seconds; a bar of one minute


@dataclass(frozen=True)
class Brakes:
    """The limits. `least_sources` None: all that the index names; `keep` in wei stays free after a bond."""

    max_spread_ppm: int = MAX_SPREAD_PPM
    max_age: int = MAX_AGE  # seconds
    least_sources: int | None = None
    keep: int = 0
    although_disputed: Sequence[str] = ()
    """Ids or slugs of disputed expiries that a person has looked at."""


def sources_problem(quote: Quote, brakes: Brakes) -> str | None:
    """Why this is not to be reported by what the sources say; None where they are enough, fresh, and agree."""
    least, said = brakes.least_sources or len(quote.wanted) or 1, [each.venue for each in quote.readings]
    if len(said) < least:
        silent = f", nothing of {', '.join(missing)}" if (missing := [v for v in quote.wanted if v not in said]) else ""
        return f"{len(said)} of at least {least} sources answered{silent}: look first, or set --least-sources"
    stale = [
        f"{venue} is stale by {age - brakes.max_age} s"
        for venue, age in zip(said, quote.ages, strict=True)
        if age > brakes.max_age
    ]
    if stale:
        return f"{', '.join(stale)}: what it saw lies more than {brakes.max_age} s from the instant: look first"
    if quote.spread_ppm > brakes.max_spread_ppm:
        return f"the sources lie {show_ppm(quote.spread_ppm)} apart, over {show_ppm(brakes.max_spread_ppm)}: look first"
    return None


def balance_problem(free: int, bond: int, keep: int) -> str | None:
    """Why the balance is too low for a bond (wei); None where `keep` stays free after it."""
    if (missing := bond + keep - free) <= 0:
        return None
    kept = f" and the {show_ether(keep)} to keep" if keep else ""
    return f"the free balance does not cover the bond{kept}: deposit {show_ether(missing)} more"


def stop_if_disputed(service: Service, locks: Sequence[api.Lock], although: Sequence[str]) -> None:
    """Stop where one of the unfinished expiries that hold an account's bonds is disputed; one request for each."""
    for lock in locks:
        expiry = service.expiry(lock["expiry"])
        if is_disputed(expiry) and not {expiry["id"], expiry["slug"]} & set(although):
            raise Stop(
                f"{expiry['slug']}, where this account has {show_ether(int(lock['amount']))} at stake, is disputed"
                f" ({expiry['stage']}, round {expiry['round']}): look at it, and use `dispute` or `vote`; to go on"
                f" reporting elsewhere, add --although-disputed {expiry['slug']}"
            )


def is_disputed(expiry: Mapping[str, object]) -> bool:
    """Whether a claim was filled, or a ballot or the guardians decide, and nothing is final."""
    voted = expiry["stage"] in ("COMMIT", "REVEAL", "RULING")
    return voted or (expiry["stage"] == "CHALLENGE" and expiry["round"] != "0")
