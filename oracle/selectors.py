"""What is read of the book and of expiries, each in a fixed number of queries whatever the number of rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, F, Q, QuerySet, Subquery, Sum, When

import ledger.selectors
from ledger import names
from ledger.selectors import Balances
from oracle import signer, stakes
from oracle.models import Act, Beat, BookHead, Claim, Elector, Expiry
from oracle.receipts import receipt_of
from oracle.sealing import public_message
from protocol import signing, transcript
from protocol.messages import TRANSCRIPT_KINDS
from protocol.reward import reward_account
from protocol.stages import Stage

# ---------------------------------------------------------------- the book


@dataclass(frozen=True, slots=True)
class BookPage:
    """Entries and beats after what somebody has seen. The head is read last: it is never older than they are."""

    entries: Sequence[Act]
    beats: Sequence[Beat]
    head: BookHead
    more: bool


def book_page(*, after: int, beats_after: int, limit: int) -> BookPage:
    """At most `limit` entries with a seq above `after`, and as many beats later than unix second `beats_after`."""
    entries = list(_with_stage(Act.objects.filter(seq__gt=after)).order_by("seq")[: limit + 1])
    beats = list(Beat.objects.filter(at__gt=beats_after).order_by("at")[: limit + 1])
    more = len(entries) > limit or len(beats) > limit
    return BookPage(entries[:limit], beats[:limit], book_head(), more)


def _with_stage(acts: QuerySet[Act]) -> QuerySet[Act]:
    """Together with what sealing and pages ask of the expiry, in one query, and without the rest of it."""
    own = [field.name for field in Act._meta.concrete_fields]
    return acts.select_related("expiry").only(*own, "expiry__slug", "expiry__stage")


def book_head() -> BookHead:
    """The head of the book, also before its first entry."""
    return BookHead.objects.filter(id=1).first() or BookHead(id=1, book=signing.BOOK_0)


def last_beat_at() -> int:
    """Unix second of the latest beat, 0 before the first."""
    return Beat.objects.order_by("-at").values_list("at", flat=True).first() or 0


# ---------------------------------------------------------------- expiries


def find_expiry(name: str) -> Expiry | None:
    """An expiry by its id or its slug."""
    return _named(name).first()


def find_with_pause(name: str) -> tuple[Expiry, int | None] | None:
    """The same, with since when intake is paused (None while it is not), in one query."""
    since = Subquery(BookHead.objects.filter(id=1).values("paused_at"))
    row: Any = _named(name).annotate(paused_since=since).first()
    return None if row is None else (row, row.paused_since)


def _named(name: str) -> QuerySet[Expiry]:
    wanted = Q(id=name) if name.startswith("0x") else Q(slug=name)
    return Expiry.objects.select_related("index").filter(wanted)


def expiries(
    *, stage: str | None = None, index: str | None = None, after: tuple[int, str] | None = None
) -> QuerySet[Expiry]:
    """Expiries in the order of (expiry_at, id), from behind `after`; `index` is an index's id or slug."""
    rows = Expiry.objects.select_related("index").order_by("expiry_at", "id")
    if stage is not None:
        rows = rows.filter(stage=stage)
    if index is not None:
        rows = rows.filter(Q(index_id=index) | Q(index__slug=index))
    if after is not None:
        at, id_ = after
        rows = rows.filter(expiry_at__gte=at).exclude(expiry_at=at, id__lte=id_)
    return rows


def claims_of(expiry: Expiry, *, after: int = 0) -> QuerySet[Claim]:
    """The claims of an expiry in the order in which they were opened, from behind the id `after` on."""
    return Claim.objects.filter(expiry=expiry, id__gt=after).order_by("id")


def weightiest_claims(expiry: Expiry, *, limit: int) -> list[Claim]:
    """Those that took a round, then those that most is pledged on; at most so many, in the order of their opening."""
    filled = Case(When(status=Claim.Status.FILLED, then=0), default=1)
    return sorted(claims_of(expiry).order_by(filled, "-pledged", "id")[:limit], key=lambda claim: claim.pk)


def moment_of(name: str) -> tuple[Expiry, BookHead] | None:
    """An expiry by its id or slug with the book's head, both as of one moment; no lock is needed to see it.

    Both are read by one statement, and are written by one transaction: whatever was due by the head's clock stands in
    the row, and the entries up to its seq are those that made it. None where no such expiry is listed.
    """
    head = BookHead.objects.filter(id=1)
    both = {"head_seq": Subquery(head.values("seq")), "head_clock": Subquery(head.values("clock"))}
    row: Any = _named(name).annotate(**both).first()
    if row is None:
        return None
    return row, BookHead(seq=row.head_seq or 0, clock=row.head_clock or 0)


def transcript_of(expiry: Expiry, head: BookHead) -> dict[str, Any]:
    """The transcript document (protocol/transcript.py) of an expiry as of a `moment_of` it."""
    acts = Act.objects.filter(expiry=expiry, kind__in=TRANSCRIPT_KINDS, seq__lte=head.seq)
    log = list(_with_stage(acts).order_by("seq"))
    has_electorate = any(act.kind == "Electorate" for act in log)
    electors = Elector.objects.filter(expiry=expiry).values_list("account", "weight")
    return transcript.build(
        domain=signer.domain(),
        index=expiry.index.spec,
        expiry_at=expiry.expiry_at,
        terms=expiry.terms,
        acts=[transcript_entry(act) for act in log],
        electorate=dict(electors) if has_electorate else {},
        now=head.clock,
    )


def transcript_entry(act: Act) -> dict[str, Any]:
    """One act of a transcript, as anybody may see it now."""
    return {
        "kind": act.kind,
        "message": public_message(act),
        "signatures": act.signatures,
        "at": str(act.at),
        "digest": act.digest,
        "seq": str(act.seq),
        "receipt": receipt_of(act).to_json(),
    }


def with_rewards(expiries: Iterable[Expiry]) -> list[Expiry]:
    """The same rows; one that has not opened shows as `reward` what its account has until now. Never save them."""
    rows = list(expiries)
    accounts = {row.id: names.free(reward_account(row.id)) for row in rows}
    funded = ledger.selectors.balances_of(accounts.values())
    for row in rows:
        if row.stage == Stage.SCHEDULED:
            row.reward = funded.get(accounts[row.id], 0)
    return rows


# ---------------------------------------------------------------- accounts

BONDED = Q(kind="Report") | (Q(kind="Pledge") & ~Q(claim__status=Claim.Status.RELEASED))


@dataclass(frozen=True, slots=True)
class AccountView:
    """What an address has, in wei. `locks` are (expiry id, wei) of its bonds on unfinished expiries."""

    address: str
    balances: Balances
    locked_stake: int
    locks: Sequence[tuple[str, int]]

    def heaviest(self, limit: int) -> Sequence[tuple[str, int]]:
        """At most so many of the locks, the largest first."""
        return sorted(self.locks, key=lambda lock: -lock[1])[:limit]


def account(address: str) -> AccountView:
    """An address's money; all zero for one that was never seen."""
    # By the stages that can hold bonds: those expiries are few, and each is looked up by (account, expiry).
    mine = Act.objects.filter(account=address, kind__in=("Report", "Pledge"), expiry__stage__in=RUNNING)
    bonds = mine.filter(BONDED)
    sums = bonds.order_by().values("expiry").annotate(total=Sum("amount")).order_by("expiry")
    locks = [(row["expiry"], int(row["total"])) for row in sums]
    return AccountView(address, ledger.selectors.balances(address), stakes.locked_stake(address), locks)


def acts_of(address: str, *, limit: int, before: int | None = None) -> list[Act]:
    """At most so many of an account's acts, the newest first, from below the seq `before` on."""
    acts = Act.objects.filter(account=address)
    acts = acts if before is None else acts.filter(seq__lt=before)
    return list(_with_stage(acts).order_by("-seq")[:limit])


def act_of(digest: str) -> Act | None:
    """The entry of the book with this digest, with what pages show of its expiry."""
    acts = Act.objects.select_related("expiry__index").defer("expiry__terms", "expiry__raised")
    return acts.filter(digest=digest).first()


# ---------------------------------------------------------------- pages

RUNNING = [stage for stage in Stage if stage not in (Stage.SCHEDULED, Stage.FINAL)]


def running(*, limit: int) -> list[Expiry]:
    """Open expiries, the one that secures most first, then the next deadline."""
    rows = Expiry.objects.select_related("index").filter(stage__in=RUNNING)
    order = (F("value_secured").desc(nulls_last=True), F("deadline").asc(nulls_first=True), "id")
    return list(rows.order_by(*order)[:limit])


def latest_finals(*, limit: int) -> list[Expiry]:
    """The expiries that became final last, newest first."""
    return list(
        Expiry.objects.select_related("index").filter(stage=Stage.FINAL).order_by("-final_at", "-id")[:limit]
    )


def acts_after(expiry: Expiry, *, seq: int, limit: int) -> list[Act]:
    """The acts of an expiry's transcript behind an entry of the book, in order."""
    acts = _with_stage(Act.objects.filter(expiry=expiry, kind__in=TRANSCRIPT_KINDS, seq__gt=seq))
    return list(acts.order_by("seq")[:limit])


def overdue(*, since: int) -> str | None:
    """The slug of an expiry whose deadline passed at unix second `since` or before, and is not processed yet."""
    due = Expiry.objects.filter(deadline__lte=since).order_by("deadline", "id")
    return due.values_list("slug", flat=True).first()


def oldest_due(*, now: int) -> tuple[str, int] | None:
    """Slug and deadline of the expiry whose deadline passed longest ago, None where none has by unix second `now`."""
    due = Expiry.objects.filter(deadline__lte=now).order_by("deadline", "id").first()
    return (due.slug, due.deadline) if due and due.deadline is not None else None


def rulings_without_deadline() -> list[str]:
    """Slugs of expiries that wait for their guardians for ever, because nobody ever revealed a vote (PROTOCOL 2)."""
    waiting = Expiry.objects.filter(stage=Stage.RULING, deadline=None).order_by("expiry_at", "id")
    return list(waiting.values_list("slug", flat=True))
