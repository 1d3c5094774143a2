"""/vote/: ballots that run, those that wait for whoever is logged in, and what became of the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import F, OuterRef, QuerySet, Subquery, Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

import disputes.selectors
from ledger.models import Transfer
from oracle import clock, selectors
from oracle.models import Act, Elector, Expiry
from pages import actions
from pages.sessions import account_of
from protocol.stages import Stage
from protocol.terms import Terms

ROWS = 50
VOTES = ("VoteCommit", "VoteReveal")


@dataclass(frozen=True, slots=True)
class Running:
    """A ballot that runs, in wei of stake. `own` is what to do about it, for whoever is logged in and may vote."""

    expiry: Expiry
    terms: Terms
    weight: int
    committed: int
    revealed: int
    own: str
    own_weight: int
    link: str

    @property
    def quorum_stake(self) -> int:
        """Wei that have to be revealed for the ballot to count (PROTOCOL 5: quorum holds at equality)."""
        return -(-self.weight * self.terms.vote_quorum_ppm // 10**6)


@dataclass(frozen=True, slots=True)
class Past:
    """An expiry on which an account could vote, once it is final. `change` is what that did to the stake, in wei."""

    expiry: Expiry
    weight: int
    prices: Sequence[tuple[int, str, int | None]]
    change: int


@require_safe
@never_cache
def index(request: HttpRequest) -> HttpResponse:
    """The ballots of everybody; whoever is logged in sees first those that wait for them."""
    account = account_of(request)
    rows = running(account)
    waiting = [row for row in rows if row.link]
    context = {
        "waiting": waiting,
        "others": [row for row in rows if not row.link],
        "past": past(account) if account else [],
        "now": clock.now(),
    }
    return render(request, "pages/vote.html", context)


@require_safe
@never_cache
def ballot(request: HttpRequest, name: str, number: int) -> HttpResponse:
    """One ballot for ever: figures while it runs and after, and one's own weight with its proof."""
    expiry = selectors.find_expiry(name)
    held = disputes.selectors.ballots(expiry) if expiry else []
    if expiry is None or not 1 <= number <= len(held):
        raise Http404("no such ballot")
    account, now = account_of(request), clock.now()
    voter = disputes.selectors.voter(expiry, account) if account else None
    runs = number == expiry.ballot and expiry.stage in (Stage.COMMIT, Stage.REVEAL)
    context = {
        "expiry": expiry,
        "terms": Terms.from_json(expiry.raised or expiry.terms),
        "ballots": [held[number - 1]],
        "number": number,
        "runs": runs,
        "actions": [actions.vote(expiry, now, account, held, member=voter is not None)] if runs else [],
        "voter": voter,
        "now": now,
    }
    return render(request, "pages/ballot.html", context)


@require_safe
def reveal(request: HttpRequest, name: str, number: int) -> HttpResponse:
    """The link by which a vote is revealed later; to the ballot itself where it does not run any more."""
    expiry = selectors.find_expiry(name)
    if expiry is None or not 1 <= number <= expiry.ballot:
        raise Http404("no such ballot")
    if number == expiry.ballot and expiry.stage in (Stage.COMMIT, Stage.REVEAL):
        return redirect("reveal", expiry.slug)
    return redirect("vote-ballot", expiry.slug, number)


def running(account: str | None) -> list[Running]:
    """Ballots that run, the next deadline first, in three queries whatever their number."""
    expiries = list(
        Expiry.objects.select_related("index")
        .filter(stage__in=(Stage.COMMIT, Stage.REVEAL))
        .order_by("deadline", "id")[:ROWS]
    )
    cast = _cast(expiries)
    mine = dict(Elector.objects.filter(expiry__in=expiries, account=account).values_list("expiry", "weight"))
    done = set(_votes(expiries).filter(account=account).values_list("expiry", "kind")) if mine else set()
    return [_running(each, cast, mine.get(each.id, 0), done) for each in expiries]


def _running(
    expiry: Expiry, cast: dict[tuple[str, str], int], own_weight: int, done: set[tuple[str, str]]
) -> Running:
    own, link = _own(expiry, bool(own_weight), done)
    return Running(
        expiry=expiry,
        terms=Terms.from_json(expiry.raised or expiry.terms),
        weight=expiry.electorate_weight,
        committed=cast.get((expiry.id, "VoteCommit"), 0),
        revealed=cast.get((expiry.id, "VoteReveal"), 0),
        own=own,
        own_weight=own_weight,
        link=link,
    )


def _own(expiry: Expiry, member: bool, done: set[tuple[str, str]]) -> tuple[str, str]:
    """What an account has to do in a running ballot, and where; no link where nothing waits for it."""
    committed, revealed = (expiry.id, "VoteCommit") in done, (expiry.id, "VoteReveal") in done
    if not member:
        return "You are not in its electorate.", ""
    if expiry.stage == Stage.COMMIT:
        return (
            ("Committed; reveal later.", "") if committed else ("Vote", reverse("commit", args=[expiry.slug]))
        )
    if revealed:
        return "Revealed.", ""
    return ("Reveal", reverse("reveal", args=[expiry.slug])) if committed else ("You did not commit.", "")


def _votes(expiries: Sequence[Expiry]) -> QuerySet[Act]:
    """Of the ballots that run."""
    return Act.objects.filter(expiry__in=expiries, kind__in=VOTES, ballot=F("expiry__ballot")).order_by()


def _cast(expiries: Sequence[Expiry]) -> dict[tuple[str, str], int]:
    """Wei of stake that committed and revealed, by (expiry, kind of act)."""
    weight = Elector.objects.filter(expiry=OuterRef("expiry"), account=OuterRef("account")).values("weight")
    rows = (
        _votes(expiries)
        .annotate(weight=Subquery(weight))
        .values("expiry", "kind")
        .annotate(cast=Sum("weight"))
    )
    return {(row["expiry"], row["kind"]): int(row["cast"]) for row in rows}


def past(account: str) -> list[Past]:
    """Final expiries in whose electorate an account was, the newest first."""
    rows = list(
        Elector.objects.select_related("expiry__index")
        .filter(account=account, expiry__stage=Stage.FINAL)
        .order_by("-id")[:ROWS]
    )
    acts: dict[str, dict[int, tuple[str, int | None]]] = {}
    votes = Act.objects.filter(account=account, kind__in=VOTES, expiry__in=[row.expiry_id for row in rows])
    for act in votes.order_by("seq"):
        acts.setdefault(str(act.expiry_id), {})[int(act.ballot or 0)] = (act.kind, act.price)
    changes = _changes(account, [row.expiry_id for row in rows])
    return [_past(row, acts.get(row.expiry_id, {}), changes.get(row.expiry_id, 0)) for row in rows]


def _past(row: Elector, own: dict[int, tuple[str, int | None]], change: int) -> Past:
    prices = []
    for number in range(1, row.expiry.ballot + 1):
        kind, price = own.get(number, ("", None))
        prices.append(
            (number, {"VoteReveal": "", "VoteCommit": "not revealed", "": "did not vote"}[kind], price)
        )
    return Past(row.expiry, row.weight, prices, change)


def _changes(account: str, expiries: Sequence[str]) -> dict[str, int]:
    """What ballots did to an account's stake, by expiry. The keys are those under which the ledger moved it."""
    keys = {
        f"{id_}:{what}:{account}": (id_, sign)
        for id_ in expiries
        for what, sign in (("slash", -1), ("voter", 1))
    }
    moved = Transfer.objects.filter(key__in=list(keys)).values_list("key", "amount")
    found: dict[str, int] = {}
    for key, amount in moved:
        id_, sign = keys[key]
        found[id_] = found.get(id_, 0) + sign * amount
    return found
