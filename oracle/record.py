"""What the fold remembers of an expiry, kept in PostgreSQL (protocol/record.py says what each method means).

Every question is one indexed query on one row or on the rows that matter, so an act costs the same however many lie
behind it. The row of the act being judged is inserted by the service after the fold has taken it; what the fold
learned about it waits in `columns`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from django.db.models import Count, Q

from ledger import names
from ledger.selectors import balance
from oracle import stakes
from oracle.models import Act, Claim, Elector, Expiry
from protocol import acts
from protocol.arithmetic import Pile, Stake
from protocol.electorate import worst_cut
from protocol.record import Claim as FoldClaim
from protocol.record import Vote
from protocol.terms import Terms

STANDING = Q(kind="Report") | Q(kind="Pledge", claim__status=Claim.Status.FILLED)


class DatabaseRecord:
    """The Record of one expiry. Use under the book's lock, inside one transaction.

    `known` answers beforehand what the fold may ask about the author of the act being judged (oracle/lookup.py).
    """

    def __init__(self, expiry: Expiry, known: Mapping[str, Any] | None = None) -> None:
        self.expiry = expiry
        self.known = known or {}
        self.columns: dict[str, Any] = {}
        self._rows: dict[int, Claim] = {}

    def covers(self, account: str, amount: int) -> bool:
        free = self.known["free"] if "free" in self.known else balance(names.free(account))
        return int(free or 0) >= amount

    def has_reported(self, account: str) -> bool:
        if "has_reported" in self.known:
            return bool(self.known["has_reported"])
        return bool(self._acts(kind="Report", account=account).exists())

    def add_report(self, report: acts.Report) -> None:
        self.columns = {"price": report.price, "amount": report.bond}

    def stakes(self) -> Sequence[Stake]:
        rows = self._acts().filter(STANDING).order_by("seq").values_list("account", "price", "amount", "kind")
        return [Stake(account, price, amount, kind == "Pledge") for account, price, amount, kind in rows]

    def piles(self) -> Sequence[Pile]:
        """`stakes`, those that are alike together, for a dry run: the database counts faster than it tells them all."""
        alike: Any = self._acts().filter(STANDING).order_by().values("price", "amount", "kind")
        rows = alike.annotate(count=Count("seq")).values_list("price", "amount", "kind", "count")
        return [Pile(price, amount, kind == "Pledge", count) for price, amount, kind, count in rows]

    def claim_at(self, price: int) -> FoldClaim | None:
        row = Claim.objects.filter(expiry=self.expiry, price=price, status=Claim.Status.OPEN).first()
        return self._remember(row) if row else None

    def open_claims(self) -> Sequence[FoldClaim]:
        rows = Claim.objects.filter(expiry=self.expiry, status=Claim.Status.OPEN)
        return [self._remember(row) for row in rows]

    def add_pledge(self, pledge: acts.Pledge, taken: int, claim: FoldClaim) -> None:
        row = self._rows.get(claim.price) or Claim(expiry=self.expiry, price=claim.price)
        row.required, row.round, row.pledged = claim.required, claim.round, claim.pledged
        row.save()
        self._rows[claim.price] = row
        self.columns = {"price": pledge.price, "amount": taken, "claim_id": row.id}

    def fill(self, claim: FoldClaim) -> None:
        claim.filled = True
        self._set_status([claim], Claim.Status.FILLED)

    def release(self, claims: Sequence[FoldClaim]) -> Sequence[tuple[str, int]]:
        """Two statements for any number of claims: they cost their authors little, and everybody waits meanwhile."""
        ids = self._set_status(claims, Claim.Status.RELEASED)
        pledges: Any = self._acts(kind="Pledge", claim__in=ids).order_by("claim_id", "seq")
        return list(pledges.values_list("account", "amount"))

    def released(self) -> Sequence[tuple[str, int]]:
        rows = self._acts(kind="Pledge", claim__status=Claim.Status.RELEASED).order_by("seq")
        return list(rows.values_list("account", "amount"))

    def take_electorate(self, at: int) -> int:
        electorate = stakes.electorate(expiry_at=self.expiry.expiry_at)
        terms = Terms.from_json(self.expiry.raised or self.expiry.terms)
        Elector.objects.bulk_create(
            Elector(expiry=self.expiry, account=account, weight=weight, worst_cut=worst_cut(weight, terms))
            for account, weight in electorate.items()
        )
        return sum(electorate.values())

    def electorate(self) -> Mapping[str, int]:
        rows = Elector.objects.filter(expiry=self.expiry).order_by("id")
        return dict(rows.values_list("account", "weight"))

    def weight_of(self, account: str) -> int:
        if "weight" in self.known:
            return int(self.known["weight"] or 0)
        rows = Elector.objects.filter(expiry=self.expiry, account=account)
        return rows.values_list("weight", flat=True).first() or 0

    def commitment_of(self, ballot: int, account: str) -> str | None:
        if "commitment" in self.known:
            return cast("str | None", self.known["commitment"])
        rows = self._acts(kind="VoteCommit", account=account, ballot=ballot)
        return cast("str | None", rows.values_list("commitment", flat=True).first())

    def add_commit(self, commit: acts.Commit) -> None:
        self.columns = {"ballot": commit.ballot, "commitment": commit.commitment}

    def has_revealed(self, ballot: int, account: str) -> bool:
        if "has_revealed" in self.known:
            return bool(self.known["has_revealed"])
        return bool(self._acts(kind="VoteReveal", account=account, ballot=ballot).exists())

    def add_reveal(self, reveal: acts.Reveal) -> None:
        self.columns = {"ballot": reveal.ballot, "price": reveal.price}

    def committed(self, ballot: int) -> set[str]:
        return set(self._acts(kind="VoteCommit", ballot=ballot).values_list("account", flat=True))

    def votes(self, ballot: int) -> Sequence[Vote]:
        weights = self.electorate()
        rows = self._acts(kind="VoteReveal", ballot=ballot).order_by("seq").values_list("account", "price")
        return [Vote(account, price, weights[account]) for account, price in rows]

    def _acts(self, **conditions: Any) -> Any:
        return Act.objects.filter(expiry=self.expiry, **conditions)

    def _remember(self, row: Claim) -> FoldClaim:
        self._rows[row.price] = row
        return FoldClaim(row.price, row.required, row.round, row.pledged)

    def _set_status(self, claims: Sequence[FoldClaim], status: Claim.Status) -> list[int]:
        ids = [self._rows.pop(claim.price).pk for claim in claims]
        Claim.objects.filter(id__in=ids).update(status=status)
        return ids
