"""What is known of the disputes on an expiry; each function is a fixed number of queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.db.models import F, OuterRef, QuerySet, Subquery, Window
from django.db.models.functions import RowNumber

from disputes.models import Pledge, RulingSignature
from oracle.models import Act, Claim, Elector, Expiry
from oracle.projection import load_state
from oracle.record import DatabaseRecord
from protocol.acts import Refusal
from protocol.arithmetic import agree, lower_median
from protocol.dispute import Quote, quote
from protocol.merkle import Tree, leaf
from protocol.resolution import price_refusal
from protocol.stages import Stage
from protocol.terms import PPM, Terms


@dataclass(frozen=True, slots=True)
class ClaimView:
    """A claim with its pledges, in order. `left` is the wei it still needs, 0 unless it is open.

    What an open claim requires is worked out anew in each round; `stale` says that the next pledge will do so.
    """

    claim: Claim
    left: int
    stale: bool
    pledges: Sequence[Act]


@dataclass(frozen=True, slots=True)
class Ballot:
    """One ballot's figures in wei of stake. Votes are public as they are revealed.

    `median` is what it decides if quorum and agreement hold; None where nobody has revealed.
    """

    number: int
    committed: Sequence[str]
    revealed: Sequence[tuple[str, int, int]]
    weight: int
    committed_weight: int
    revealed_weight: int
    median: int | None
    agreeing_weight: int
    quorum: bool
    agreement: bool

    @property
    def heaviest(self) -> Sequence[tuple[str, int, int]]:
        """What was revealed, the most stake first."""
        return sorted(self.revealed, key=lambda vote: -vote[2])


@dataclass(frozen=True, slots=True)
class Placed:
    """The heaviest stakes on an expiry: some reports, and of each claim its heaviest pledges. `cut`: not all claims."""

    reports: Sequence[Act]
    claims: Sequence[ClaimView]
    cut: bool


UNSEEN = ("message", "signatures", "receipt_signature", "head", "book")
"""What no list of stakes shows, and each act has hundreds of bytes of."""


def placed(expiry: Expiry, *, reports: int, pledges: int, rows: int) -> Placed:
    """At most so many reports, pledges of each claim, and rows altogether, the heaviest first. One query for all."""
    heaviest = (F("claim_id").asc(nulls_last=True), F("amount").desc(), F("seq").asc())
    place = Window(RowNumber(), partition_by=F("claim_id"), order_by=heaviest[1:])
    stakes = Act.objects.filter(expiry=expiry, kind__in=("Report", "Pledge"))
    # Chosen by its index alone (oracle_act_stakes): an act's message and signature are hundreds of bytes.
    chosen = stakes.alias(place=place).filter(place__lte=max(reports, pledges)).order_by(*heaviest)
    shown = Act.objects.filter(seq__in=chosen.values("seq")[:rows]).select_related("claim").defer(*UNSEEN)
    found: list[Act] = []
    by_claim: dict[int, list[Act]] = {}
    for act in shown.order_by(*heaviest):
        act.expiry = expiry
        if act.claim is None:
            found.append(act)
        else:
            by_claim.setdefault(act.claim.pk, []).append(act)
    cut = len(found) + sum(map(len, by_claim.values())) >= rows
    views = [_claim(each[0].claim, expiry, each[:pledges]) for each in by_claim.values() if each[0].claim]
    return Placed(found[:reports], views, cut)


def claims(expiry: Expiry) -> list[ClaimView]:
    """All claims on an expiry in the order in which they were opened, with their pledges."""
    pledges: dict[int, list[Act]] = {}
    for pledge in Pledge.objects.filter(expiry=expiry).order_by("seq"):
        pledges.setdefault(pledge.claim_id or 0, []).append(pledge)
    return [
        _claim(row, expiry, pledges.get(row.pk, []))
        for row in Claim.objects.filter(expiry=expiry).order_by("id")
    ]


def _claim(row: Claim, expiry: Expiry, pledges: Sequence[Act]) -> ClaimView:
    is_open = row.status == Claim.Status.OPEN
    left = row.required - row.pledged if is_open else 0
    return ClaimView(row, left, is_open and row.round != expiry.round, pledges)


def ballots(expiry: Expiry) -> list[Ballot]:
    """Every ballot held or running, in order. One query."""
    weights: dict[str, int] = {}
    committed: dict[int, list[str]] = {}
    revealed: dict[int, list[tuple[str, int, int]]] = {}
    votes = Act.objects.filter(expiry=expiry, kind__in=("VoteCommit", "VoteReveal"))
    for kind, ballot, account, price, weight in _weighed(votes):
        weights[account] = weight
        if kind == "VoteCommit":
            committed.setdefault(ballot, []).append(account)
        else:
            revealed.setdefault(ballot, []).append((account, price, weight))
    return [
        _ballot(number, expiry, weights, committed.get(number, []), revealed.get(number, []))
        for number in range(1, expiry.ballot + 1)
    ]


def _weighed(votes: QuerySet[Act]) -> Any:
    """In order, with what each weighs. Columns are null for other kinds of acts only, which no type can say."""
    voter = Elector.objects.filter(expiry=OuterRef("expiry"), account=OuterRef("account"))
    rows = votes.annotate(weight=Subquery(voter.values("weight"))).order_by("ballot", "seq")
    return rows.values_list("kind", "ballot", "account", "price", "weight")


def _ballot(
    number: int,
    expiry: Expiry,
    weights: dict[str, int],
    committed: Sequence[str],
    revealed: Sequence[tuple[str, int, int]],
) -> Ballot:
    terms = Terms.from_json(expiry.raised or expiry.terms)
    total, cast = expiry.electorate_weight, sum(weight for _, _, weight in revealed)
    median = lower_median((price, weight) for _, price, weight in revealed) if revealed else None
    agreeing = sum(
        w for _, price, w in revealed if median is not None and agree(price, median, terms.tolerance_ppm)
    )
    return Ballot(
        number=number,
        committed=committed,
        revealed=revealed,
        weight=total,
        committed_weight=sum(weights[account] for account in committed),
        revealed_weight=cast,
        median=median,
        agreeing_weight=agreeing,
        quorum=bool(revealed) and cast * PPM >= terms.vote_quorum_ppm * total,
        agreement=bool(revealed) and agreeing * PPM >= terms.vote_agreement_ppm * cast,
    )


def electorate(expiry: Expiry) -> list[tuple[str, int]]:
    """Who may vote on an expiry, with their weight in wei, by address; empty before the first ballot."""
    return list(Elector.objects.filter(expiry=expiry).order_by("account").values_list("account", "weight"))


@dataclass(frozen=True, slots=True)
class OwnVote:
    """What one account did in one ballot; None where it did nothing yet. `price` has 18 decimals."""

    ballot: int
    commitment: str | None
    price: int | None


@dataclass(frozen=True, slots=True)
class Voter:
    """An account in an electorate: its weight in wei, with the proof that the published root counts it."""

    account: str
    weight: int
    root: str
    proof: Sequence[str]
    votes: Sequence[OwnVote]


def voter(expiry: Expiry, account: str) -> Voter | None:
    """One member of the electorate, with a vote for every ballot so far; None where the account is no member."""
    row = Elector.objects.filter(expiry=expiry, account=account).first()
    if row is None:
        return None
    root = Act.objects.get(expiry=expiry, kind="Electorate").message["root"]
    found: dict[tuple[str, int | None], Act] = {
        (act.kind, act.ballot): act
        for act in Act.objects.filter(expiry=expiry, account=account, kind__in=("VoteCommit", "VoteReveal"))
    }
    votes = []
    for ballot in range(1, expiry.ballot + 1):
        committed, revealed = found.get(("VoteCommit", ballot)), found.get(("VoteReveal", ballot))
        votes.append(
            OwnVote(ballot, committed.commitment if committed else None, revealed.price if revealed else None)
        )
    own = leaf(("address", "uint256"), (account, row.weight))
    return Voter(account, row.weight, root, _tree(expiry.id, root).proof(own), votes)


@lru_cache(maxsize=8)
def _tree(expiry_id: str, root: str) -> Tree:
    """The tree of a published root, kept: an electorate is taken once and never changes."""
    members = Elector.objects.filter(expiry=expiry_id).values_list("account", "weight")
    return Tree(leaf(("address", "uint256"), member) for member in members)


def ruling_signatures(expiry: Expiry) -> list[RulingSignature]:
    """Guardians' signatures so far, in the order of receipt."""
    return list(RulingSignature.objects.filter(expiry=expiry).order_by("id"))


def dispute_quote(
    expiry: Expiry, price: int, *, amount: int | None = None, record: DatabaseRecord | None = None
) -> Quote | Refusal:
    """The dry run of a claim at `price` (18 decimals), or why none could be bonded now.

    `amount` is the wei that one pledges of it; None for all that is left. `record` is one that knows something already.
    """
    state = load_state(expiry)
    if state.stage is not Stage.CHALLENGE:
        return Refusal.WRONG_STAGE
    if bad_price := price_refusal(state, price):
        return bad_price
    if state.standing is not None and agree(price, state.standing, state.terms.tolerance_ppm):
        return Refusal.AGREES_WITH_STANDING
    record = record or DatabaseRecord(expiry)
    claim = record.claim_at(price)
    bond = claim.required if claim is not None and claim.round == state.round else None
    pledged = claim.pledged if claim else 0
    return quote(state, record.piles(), price, pledged=pledged, bond=bond, amount=amount)
