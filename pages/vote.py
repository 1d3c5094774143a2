"""/vote/: ballots that run, those that wait for whoever is logged in, and what became of the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

import disputes.selectors
from ledger.models import Transfer
from oracle import clock, selectors
from oracle.models import Act, Elector, Expiry
from pages import actions, paging
from pages.sessions import account_of
from protocol.stages import Stage
from protocol.terms import Terms

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
class Ballots:
    """What runs, the next deadline first: what waits for an account, and the rest; each with whether there is more."""

    waiting: Sequence[Running]
    more_waiting: bool
    others: Sequence[Running]
    more_others: bool


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
    account, before = account_of(request), paging.number(request, "before")
    rows, last = past(account, before) if account else ([], None)
    context = {
        "ballots": running(account),
        "past": rows,
        "before": before,
        "older": last,
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
    revealed = any(vote.ballot == number and vote.price is not None for vote in voter.votes) if voter else False
    context = {
        "expiry": expiry,
        "terms": Terms.from_json(expiry.raised or expiry.terms),
        "ballots": [held[number - 1]],
        "number": number,
        "runs": runs,
        "revealed": revealed,
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


def running(account: str | None) -> Ballots:
    """In five queries. The database tells the two apart: however much runs, what waits is shown."""
    rows = Expiry.objects.filter(stage__in=(Stage.COMMIT, Stage.REVEAL)).order_by("deadline", "id")
    waiting: list[Expiry] = []
    more_waiting: Expiry | None = None
    if account is not None:
        waits = _waits_for(account)
        waiting, more_waiting = paging.first(rows.filter(waits))
        rows = rows.filter(~waits)
    others, more_others = paging.first(rows)
    shown, at = waiting + others, len(waiting)
    cast = _cast(shown)
    mine = dict(Elector.objects.filter(expiry__in=shown, account=account).values_list("expiry", "weight"))
    done = set(_votes(shown).filter(account=account).values_list("expiry", "kind")) if mine else set()
    found = [_running(each, cast, mine.get(each.id, 0), done) for each in shown]
    return Ballots(found[:at], bool(more_waiting), found[at:], bool(more_others))


def _waits_for(account: str) -> Q:
    """Of a ballot that runs: whether it waits for the account's commit or reveal, as `_own` says it."""
    votes = Act.objects.filter(expiry=OuterRef("pk"), account=account, ballot=OuterRef("ballot")).order_by()
    committed, revealed = Exists(votes.filter(kind="VoteCommit")), Exists(votes.filter(kind="VoteReveal"))
    member = Exists(Elector.objects.filter(expiry=OuterRef("pk"), account=account))
    return Q(member) & (
        Q(~committed, stage=Stage.COMMIT) | Q(committed, ~revealed, stage=Stage.REVEAL)
    )


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
    weight = Elector.objects.filter(expiry=OuterRef("expiry"), account=OuterRef("account")).values("weight").order_by()
    rows = (
        _votes(expiries)
        .annotate(weight=Subquery(weight))
        .values("expiry", "kind")
        .annotate(cast=Sum("weight"))
    )
    return {(row["expiry"], row["kind"]): int(row["cast"]) for row in rows}


def past(account: str, before: int | None) -> tuple[list[Past], int | None]:
    """Final expiries in whose electorate an account was, the newest first, and the place behind them if there are more.

    The electorate, not the final, says what is newest: that is the order of the index.
    """
    own = Elector.objects.filter(account=account, expiry__stage=Stage.FINAL).select_related("expiry")
    own = own.only("weight", "expiry__slug", "expiry__ballot", "expiry__price")
    if before is not None:
        own = own.filter(id__lt=before)
    rows, last = paging.first(own.order_by("-id"))
    acts: dict[str, dict[int, tuple[str, int | None]]] = {}
    votes = Act.objects.filter(account=account, kind__in=VOTES, expiry__in=[row.expiry_id for row in rows])
    for id_, ballot, kind, price in votes.order_by("seq").values_list("expiry", "ballot", "kind", "price"):
        acts.setdefault(id_, {})[ballot or 0] = (kind, price)
    changes = _changes(account, [row.expiry_id for row in rows])
    found = [_past(row, acts.get(row.expiry_id, {}), changes.get(row.expiry_id, 0)) for row in rows]
    return found, last.pk if last else None


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
