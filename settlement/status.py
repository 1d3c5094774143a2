"""How the service is, for anybody who asks: read from rows alone, whoever writes them may be dead. No chain is asked.

Each part says when it was last seen to be well. Who watches may be away too, so what can be judged by its age is judged
here, and not by alarms alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models import Count, Window

from oracle import selectors
from oracle.services import pausing
from settlement import reconcile
from settlement.alarms import KINDS, open_alarms
from settlement.models import (
    Alarm,
    AttestorSignature,
    ChainState,
    EscrowIndex,
    OracleRecord,
    Publication,
)
from settlement.services.watching import BEATS_MISSED, OVERDUE_SECONDS
from settlement.stages import PublicationStage

OUTAGE_SECONDS = 180
LOOKED_SECONDS = 60
"""Chain and escrow are looked at every few seconds."""
PATIENCE = "2s"
"""For one statement: a database that hardly lives is to be said, not waited for."""
MOST_ALARMS = 50
NEWEST_SIGNATURES = 200


_BEGIN = """
SELECT set_config('statement_timeout', %s, true), extract(epoch FROM clock_timestamp())::bigint,
       (SELECT paused_at FROM oracle_bookhead), root.epoch, root.final_at
FROM (VALUES (1)) AS always LEFT JOIN LATERAL (
    SELECT epoch, final_at FROM settlement_root WHERE stage = 'FINAL' ORDER BY epoch DESC LIMIT 1
) AS root ON true
"""
"""Patience for what follows, with the database's clock, the pause and the last final root: few queries are asked."""


class Word(StrEnum):
    OK = "ok"
    ATTENTION = "attention"  # somebody should look; nothing stands still
    STOPPED = "stopped"  # something waits until it is put right


@dataclass(frozen=True, slots=True)
class Part:
    """One part: how it is, in a sentence, and the unix second at which it was last seen well."""

    name: str
    word: Word
    words: str
    well_at: int | None = None


@dataclass(frozen=True, slots=True)
class Status:
    """All of it. `signed` are attestors with the unix second of their last signature under a publication.

    `paused_since`: the second at which operators paused intake; None while acts are taken.
    """

    at: int
    parts: Sequence[Part]
    alarms: Sequence[Alarm] = ()
    alarms_open: int = 0
    signed: Sequence[tuple[str, int]] = ()
    paused_since: int | None = None

    @property
    def is_down(self) -> bool:
        """The database does not answer, so nothing else is known."""
        return [part.name for part in self.parts] == ["database"]

    @property
    def word(self) -> Word:
        found = {part.word for part in self.parts}
        found |= {Word.STOPPED if stops(alarm) else Word.ATTENTION for alarm in self.alarms}
        return next((word for word in (Word.STOPPED, Word.ATTENTION) if word in found), Word.OK)


def status(*, now: int) -> Status:
    """How everything is at unix second `now`; where the database does not answer, that."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_BEGIN, [PATIENCE])
            _, clock, paused, *root = cursor.fetchone()
            return _read(now, ahead=now - clock, paused=paused, root=root)
    except DatabaseError:
        return Status(now, [Part("database", Word.STOPPED, "it does not answer")])


def stops(alarm: Alarm) -> str:
    """What stands still while this alarm is open; "" for nothing, and for a kind of an older version."""
    return next((about.stops for kind, about in KINDS.items() if kind == alarm.kind), "")


def _read(now: int, ahead: int, paused: int | None, root: Sequence[int | None]) -> Status:
    chain = ChainState.objects.filter(id=1).first() or ChainState(id=1)
    parts = [
        _database(now, ahead), *(_paused(paused) if paused else (_INTAKE, _beats(now), _deadlines(now))),
        _chain(chain, now), _nodes(chain, now), _prices(chain), _publications(now), _escrow(now), _roots(*root),
    ]  # fmt: skip
    counted: Any = open_alarms().annotate(open=Window(Count("pk")))
    alarms = list(counted[:MOST_ALARMS])
    return Status(now, parts, alarms, alarms[0].open if alarms else 0, _signed(), paused)


def _database(now: int, ahead: int) -> Part:
    if 0 < settings.CLOCK_TOLERANCE_SECONDS < abs(ahead):
        return Part("database", Word.ATTENTION, f"its clock and this host's are {abs(ahead)} s apart", now)
    return Part("database", Word.OK, "it answers", now)


def _paused(since: int) -> list[Part]:
    """Nothing is broken, and nothing moves. What a standstill of nobody's will would look like is not asked."""
    none = f"none while {pausing.words(since)}"
    return [
        Part("intake", Word.STOPPED, pausing.words(since), since),
        Part("beats", Word.OK, none, since),
        Part("deadlines", Word.OK, none, since),
    ]


_INTAKE = Part("intake", Word.OK, "acts are taken")


def _beats(now: int) -> Part:
    last = selectors.last_beat_at()
    if not last:
        return Part("beats", Word.ATTENTION, "the book has had none yet")
    age = now - last
    late = Word.STOPPED if age > OUTAGE_SECONDS else Word.ATTENTION
    word = late if age > BEATS_MISSED * settings.BEAT_SECONDS else Word.OK
    return Part("beats", word, f"the last one {max(age, 0)} s ago", last)


def _deadlines(now: int) -> Part:
    row = selectors.oldest_due(now=now)
    if row is None:
        return Part("deadlines", Word.OK, "none is overdue", now)
    slug, deadline = row
    word = Word.STOPPED if now - deadline > OVERDUE_SECONDS else Word.OK
    return Part(
        "deadlines",
        word,
        f"one of {slug} passed {now - deadline} s ago",
        now if word is Word.OK else deadline,
    )


def _chain(chain: ChainState, now: int) -> Part:
    if chain.head < 0:
        return Part("chain", Word.ATTENTION, "nobody has looked at it yet: is the worker up?")
    final = f"block {chain.final}, {now - chain.final_at} s old" if chain.final >= 0 else "none yet"
    words = f"newest block {chain.head}, {max(now - chain.head_at, 0)} s old; final {final}"
    old = 0 < settings.CHAIN_CLOCK_SECONDS < abs(now - chain.head_at)
    stalls = chain.final >= 0 and 0 < settings.FINALITY_STALL_SECONDS < now - chain.final_at
    word = Word.STOPPED if old else Word.ATTENTION if stalls else Word.OK
    return Part("chain", word, words, chain.head_at)


def _nodes(chain: ChainState, now: int) -> Part:
    if chain.problem:
        return Part(
            "nodes",
            Word.STOPPED,
            "fewer agree than must: nothing is opened, planned or called final",
            chain.good_at,
        )
    if now - chain.looked_at > LOOKED_SECONDS:
        return Part(
            "nodes",
            Word.ATTENTION,
            "nobody has asked them for a while: is the worker up?",
            chain.good_at or None,
        )
    word = Word.OK if chain.agreeing == chain.nodes else Word.ATTENTION
    return Part(
        "nodes", word, f"{chain.agreeing} of {chain.nodes} agree, {settings.RPC_QUORUM} must", chain.good_at
    )


def _prices(chain: ChainState) -> Part:
    found = reconcile.counts()
    wrong = sum(found.get(state, 0) for state in OracleRecord.WRONG)
    words = ", ".join(f"{number} {state}" for state, number in sorted(found.items())) or "none is final yet"
    return Part("prices on chain", Word.STOPPED if wrong else Word.OK, words, chain.good_at or None)


def _publications(now: int) -> Part:
    ended = (PublicationStage.FINAL, PublicationStage.FAILED)
    rows = list(
        Publication.objects.exclude(stage__in=ended)
        .order_by("created_at")
        .values_list("created_at", "stage")[:100]
    )
    if not rows:
        return Part("publications", Word.OK, "none waits", now)
    oldest, stage = rows[0]
    some = "100 or more" if len(rows) == 100 else len(rows)
    late = now - oldest > settings.PRICE_OVERDUE_SECONDS
    words = f"{some} on the way, the oldest {stage} for {now - oldest} s since it was made"
    return Part("publications", Word.ATTENTION if late else Word.OK, words, oldest)


def _escrow(now: int) -> Part:
    index = EscrowIndex.objects.filter(id=1).first()
    if not settings.ESCROW_ADDRESS:
        return Part("escrow", Word.OK, "there is none here")
    if index is None:
        return Part("escrow", Word.ATTENTION, "nobody has looked at it yet: is the worker up?")
    well_at = index.looked_at or None
    if problem := index.stopped or index.problem:
        return Part("escrow", Word.STOPPED, f"roots wait: {problem}", well_at)
    if index.stale or now - index.looked_at > LOOKED_SECONDS:
        return Part("escrow", Word.ATTENTION, "deposits wait: it could not be read lately", well_at)
    return Part("escrow", Word.OK, f"adds up to the wei, up to block {index.credited_to}", well_at)


def _roots(epoch: int | None, final_at: int | None) -> Part:
    if epoch is None:
        return Part("roots", Word.OK, "none is final yet")
    return Part("roots", Word.OK, f"the last final one is of epoch {epoch}", final_at)


def _signed() -> list[tuple[str, int]]:
    found: dict[str, int] = {}
    newest = AttestorSignature.objects.order_by("-pk").values_list("attestor", "at")[:NEWEST_SIGNATURES]
    for attestor, at in newest:
        found[attestor] = max(at, found.get(attestor, 0))
    return sorted(found.items())
