"""Everything public that happens, in one list in the order of the book: what feeds, streams and alerts read.

An act is its own event, at place (seq, 0). What is no act (a deadline that passed, a claim that filled, what the chain
did) is a row of `Event` at (seq, 1), (seq, 2) ... behind the entry after which it happened. All places are given under
the book's lock: whoever has read up to a place will never find one below it. They must be read in one statement, or
an entry could be seen whose forerunners were committed a moment too late to be.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.db import connection


class EventKind(StrEnum):
    LISTED = "listed"
    SERIES_CREATED = "series_created"
    OPENED = "opened"
    REPORTED = "reported"
    REPORTING_EXTENDED = "reporting_extended"
    STANDING = "standing"
    PLEDGED = "pledged"
    CLAIM_FILLED = "claim_filled"
    ELECTORATE_TAKEN = "electorate_taken"
    BALLOT_OPENED = "ballot_opened"
    VOTE_COMMITTED = "vote_committed"
    REVEAL_OPENED = "reveal_opened"
    VOTE_REVEALED = "vote_revealed"
    RULING_OPENED = "ruling_opened"
    RULED = "ruled"
    OUTAGE = "outage"
    FINAL = "final"
    PUBLISHED = "published"
    FINAL_ON_CHAIN = "final_on_chain"


K = EventKind
MEANING = {
    K.LISTED: "an expiry was listed; its terms are frozen",
    K.SERIES_CREATED: "a series on it exists on chain",
    K.OPENED: "it takes reports",
    K.REPORTED: "an account reported; the price is sealed, and never part of this event",
    K.REPORTING_EXTENDED: "too few reports; the window opens once more",
    K.STANDING: "a price stands from now on, and becomes final unless somebody bonds against it; reports are public",
    K.PLEDGED: "an account pledged on a claim",
    K.CLAIM_FILLED: "a claim is filled; a new round begins, and its price stands",
    K.ELECTORATE_TAKEN: "who may vote is fixed",
    K.BALLOT_OPENED: "the electorate commits to sealed votes",
    K.VOTE_COMMITTED: "a voter committed",
    K.REVEAL_OPENED: "votes are revealed from now on",
    K.VOTE_REVEALED: "a voter revealed",
    K.RULING_OPENED: "ballots failed, or nobody may vote: the guardians decide",
    K.RULED: "k guardians ruled",
    K.OUTAGE: "nobody could act for a while; the running window is longer by it",
    K.FINAL: "the price is final in the book, and bonds are paid",
    K.PUBLISHED: "the price is in a block of the chain, where guardians may still cancel it",
    K.FINAL_ON_CHAIN: "series pay by this price: safe to settle",
}

CHOICES = [(kind.value, kind.value) for kind in EventKind]
"""For the API's document, where two fields share them."""

OF_ACTS = {
    "Opened": K.OPENED,
    "Report": K.REPORTED,
    "Pledge": K.PLEDGED,
    "Electorate": K.ELECTORATE_TAKEN,
    "VoteCommit": K.VOTE_COMMITTED,
    "VoteReveal": K.VOTE_REVEALED,
    "Ruling": K.RULED,
    "Outage": K.OUTAGE,
    "Final": K.FINAL,
}
_SHOWN = {
    "Opened": ("value_secured", "reward"),
    "Report": ("account", "bond"),
    "Pledge": ("account", "round", "price"),
    "Electorate": ("root",),
    "VoteCommit": ("account", "ballot"),
    "VoteReveal": ("account", "ballot", "price"),
    "Ruling": ("price",),
    "Outage": ("from", "to"),
    "Final": ("price", "payouts"),
}
"""Nothing of a report that is ever sealed: an event says the same for ever, and whoever keeps it may show it."""

Place = tuple[int, int]
START: Place = (0, 0)
END: Place = (2**62, 0)
_PLACE = re.compile(r"(0|[1-9][0-9]{0,17})\.(0|[1-9][0-9]{0,8})")


@dataclass(frozen=True, slots=True)
class PublicEvent:
    """`place` orders it and is its id; `data` is strings by name, `digest` the act's, where it is one."""

    place: Place
    kind: EventKind
    at: int
    expiry: str | None
    slug: str | None
    digest: str | None
    data: dict[str, str]

    @property
    def id(self) -> str:
        return f"{self.place[0]}.{self.place[1]}"


def parse_place(text: str) -> Place:
    """An event's id; ValueError for anything else."""
    found = _PLACE.fullmatch(text)
    if found is None:
        raise ValueError("the id of an event is two numbers with a dot between, as in 120.0")
    return int(found[1]), int(found[2])


def page(
    *, after: Place, limit: int, expiry: str | None = None, kinds: Collection[EventKind] = ()
) -> Sequence[PublicEvent]:
    """At most `limit` events behind `after`, in order: of one expiry (by id), of these kinds (none: all). One query."""
    wanted = set(kinds) or set(EventKind)
    acts = [act for act, kind in OF_ACTS.items() if kind in wanted]
    given = {
        "seq": after[0],
        "n": after[1],
        "limit": limit,
        "expiry": expiry,
        "acts": acts,
        "kinds": list(wanted),
    }
    mine = "" if expiry is None else "AND expiry_id = %(expiry)s"
    return _found(_PAGE.replace("<mine>", mine), given)


def latest(
    *,
    limit: int,
    before: Place | None = None,
    expiries: Collection[str] | None = None,
    kinds: Collection[EventKind] = (),
) -> Sequence[PublicEvent]:
    """The newest `limit` events before a place, newest first: of these expiries (by id), of these kinds (none: all).
    One query."""
    wanted = set(kinds) or set(EventKind)
    seq, n = before or END
    given = {
        "seq": seq,
        "n": n,
        "acts_before": seq + (n > 0),  # an act is at n = 0 of its seq
        "limit": limit,
        "expiries": list(expiries or ()),
        "acts": [act for act, kind in OF_ACTS.items() if kind in wanted],
        "kinds": list(wanted),
    }
    return _found(_LATEST if expiries is None else _LATEST_OF, given)


def at_places(places: Sequence[Place]) -> Sequence[PublicEvent]:
    """The events at these places, newest first. One query."""
    given = {"seqs": [seq for seq, _ in places], "ns": [n for _, n in places], "acts": list(OF_ACTS)}
    return _found(_AT, given)


def _found(query: str, given: dict[str, Any]) -> Sequence[PublicEvent]:
    with connection.cursor() as cursor:
        cursor.execute(query, given)
        return [_event(*row) for row in cursor.fetchall()]


def newest() -> Place:
    """The place of the last event that there is."""
    with connection.cursor() as cursor:
        cursor.execute(_NEWEST)
        found = cursor.fetchone()
    return (found[0], found[1]) if found else START


def _query(told: str, order: str) -> str:
    """What `told` finds in acts and events, as it is shown."""
    acts = "SELECT seq, 0 AS n, kind, at, expiry_id, digest, message AS data, amount FROM oracle_act"
    others = "SELECT seq, n, kind, at, expiry_id, NULL, data, NULL FROM oracle_event"
    told = told.replace("<acts>", acts).replace("<events>", others)
    return _SHOWN_OF.replace("<told>", told).replace("<order>", order)


_SHOWN_OF = """
SELECT told.seq, told.n, told.kind, told.at, told.expiry_id, expiry.slug, told.digest, told.data, told.amount,
       CASE told.kind WHEN 'Final' THEN expiry.decided_by END
FROM (<told>) AS told
LEFT JOIN oracle_expiry AS expiry ON expiry.id = told.expiry_id
ORDER BY <order>
"""
_PAGE = _query(
    """
    (<acts> WHERE seq > %(seq)s AND kind = ANY(%(acts)s) <mine> ORDER BY seq LIMIT %(limit)s)
    UNION ALL
    (<events> WHERE (seq, n) > (%(seq)s, %(n)s) AND kind = ANY(%(kinds)s) <mine> ORDER BY seq, n LIMIT %(limit)s)
    """,
    "told.seq, told.n LIMIT %(limit)s",
)
_NEWEST_FIRST = """
    (<acts> WHERE seq < %(acts_before)s AND kind = ANY(%(acts)s) <mine> ORDER BY seq DESC LIMIT %(limit)s)
    UNION ALL
    (<events> WHERE (seq, n) < (%(seq)s, %(n)s) AND kind = ANY(%(kinds)s) <mine>
     ORDER BY seq DESC, n DESC LIMIT %(limit)s)
    """
_LATEST = _query(_NEWEST_FIRST.replace("<mine>", ""), "told.seq DESC, told.n DESC LIMIT %(limit)s")
# One expiry after the other, by its own index: else the whole book may be read backwards for them.
_LATEST_OF = _query(
    "SELECT found.* FROM unnest(%(expiries)s::text[]) AS of (id) CROSS JOIN LATERAL (<of it>) AS found".replace(
        "<of it>", _NEWEST_FIRST.replace("<mine>", "AND expiry_id = of.id")
    ),
    "told.seq DESC, told.n DESC LIMIT %(limit)s",
)
_AT = _query(
    """
    SELECT found.* FROM unnest(%(seqs)s::bigint[], %(ns)s::int[]) AS place (seq, n)
    JOIN LATERAL (
        (<acts> WHERE place.n = 0 AND oracle_act.seq = place.seq AND kind = ANY(%(acts)s))
        UNION ALL
        (<events> WHERE oracle_event.seq = place.seq AND oracle_event.n = place.n)
    ) AS found ON true
    """,
    "told.seq DESC, told.n DESC",
)
_NEWEST = """
SELECT seq, n FROM (
    (SELECT seq, 0 AS n FROM oracle_act ORDER BY seq DESC LIMIT 1)
    UNION ALL
    (SELECT seq, n FROM oracle_event WHERE seq IS NOT NULL ORDER BY seq DESC, n DESC LIMIT 1)
) AS told ORDER BY seq DESC, n DESC LIMIT 1
"""


def _event(
    seq: int, n: int, kind: str, at: int, expiry: str | None, slug: str | None, digest: str | None,
    data: str, amount: Any, decided_by: str | None,
) -> PublicEvent:  # fmt: skip
    document: dict[str, Any] = json.loads(data) if isinstance(data, str) else data
    if n:
        return PublicEvent((seq, n), EventKind(kind), at, expiry, slug, None, document)
    shown = {name: document[name] for name in _SHOWN[kind]}
    if kind == "Pledge":
        shown["amount"] = str(amount)  # what was taken of it
    if decided_by is not None:
        shown["decided_by"] = decided_by
    return PublicEvent((seq, 0), OF_ACTS[kind], at, expiry, slug, digest, shown)
