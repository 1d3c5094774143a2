"""A database as it is after years: the stories of bench/stories.py, each copied as often as it happens.

Copies are rows of the tables, made by the database itself: what they say of one another is as the services write it
(places in the book, claims, electorates, transfers, events). Their digests, heads and signatures are words of the right
form that nobody has signed, so only the stories themselves can be verified.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import connection

from bench import fill_around
from bench.stories import Told, tell

SHARE = {  # of 1,000 expiries
    "scheduled": 30, "reporting": 10, "standing": 30, "disputed": 10, "commit": 5, "reveal": 5, "ruling": 3,
    "voted": 50, "ruled": 7, "silent": 850,
}  # fmt: skip
HOUR = 3_600
FINAL = ("silent", "voted", "ruled")


@dataclass(frozen=True)
class Size:
    """How much there is of what one page shows; `acts` on expiries altogether, the stories' and their copies'."""

    expiries: int
    reports: int  # on the expiry that has most
    claims: int  # on the one that is argued about most, and `voters` in its electorate
    voters: int
    own: int  # of everything that belongs to the account that is logged in


def fill(size: Size, *, start: int) -> dict[str, Any]:
    """Fill the database, with the book's time from unix second `start` on; words for bench/addresses.py."""
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit TO off")  # nothing here has to survive a crash
    told = tell(start=start, reports=size.reports, claims=size.claims, voters=size.voters)
    for story, share in SHARE.items():
        _copy(told, story, max(1, size.expiries * share // 1_000))
    return fill_around.fill(told, size)


def _copy(told: Told, story: str, times: int) -> None:
    """So many more of one story, an hour apart: finals before it, what runs or is to come after it."""
    given = {
        "old": told.ids[story], "times": times, "story": story, "hour": -HOUR if story in FINAL else HOUR,
    }  # fmt: skip
    with connection.cursor() as cursor:
        for statement in _statements():
            cursor.execute(statement, given)


def _word(what: str) -> str:
    """32 bytes that follow from `what`, a text in SQL, and the copy's number."""
    return f"'0x' || encode(sha256(convert_to({what} || '.' || i, 'UTF8')), 'hex')"


def _columns(model: Any, **other: str) -> tuple[str, str]:
    """A table's columns, and what a copy has in them: the same, but for `other`."""
    names = [str(field.column) for field in model._meta.concrete_fields if not field.generated]
    unknown = set(other) - set(names)
    assert not unknown, unknown
    quoted = ", ".join(f'"{name}"' for name in names)
    return quoted, ", ".join(other.get(name, f't."{name}"') for name in names)


def _statements() -> list[str]:
    """In this order. `seqs` maps an entry of the story to its place among the story's own, from 1; `t` is the row."""
    from ledger.models import Transfer
    from oracle.models import Act, Claim, Elector, Event, Expiry

    new = _word("%(old)s")
    later = "i * %(hour)s"
    copies = "CROSS JOIN generate_series(1, %(times)s) AS i"
    own = """WITH seqs AS (
        SELECT seq, row_number() OVER (ORDER BY seq) AS place, count(*) OVER () AS all_of
        FROM oracle_act WHERE expiry_id = %(old)s
    ), head AS (SELECT seq AS last FROM oracle_bookhead)"""
    place = "head.last + (i - 1) * seqs.all_of + seqs.place"
    claims = "SELECT id, row_number() OVER (ORDER BY id), count(*) OVER () FROM oracle_claim WHERE expiry_id = %(old)s"

    def times(*names: str) -> dict[str, str]:
        return {name: f't."{name}" + {later}' for name in names}

    expiry = _columns(
        Expiry, id=new, head=_word("t.head"), slug="'bench-' || %(story)s || '-' || left(encode(sha256("
        "convert_to(%(old)s, 'UTF8')), 'hex'), 6) || '-' || i",
        **times("expiry_at", "opens_at", "deadline", "judged_at", "opened_at", "final_at"),
    )  # fmt: skip
    claim = _columns(Claim, id="top.id + (i - 1) * mine.all_of + mine.place", expiry_id=new)
    act = _columns(
        Act, seq=place, at=f"t.at + {later}", digest=_word("t.digest"), expiry_id=new, head=_word("t.head"),
        book=_word("t.book"), message=f"t.message || jsonb_build_object('expiry', {new})",
        claim_id="CASE WHEN t.claim_id IS NULL THEN NULL ELSE top.id + (i - 1 - %(times)s) * mine.all_of"
        " + mine.place END",
    )  # fmt: skip
    elector = _columns(Elector, id="nextval(pg_get_serial_sequence('oracle_elector', 'id'))", expiry_id=new)
    event = _columns(
        Event, id="nextval(pg_get_serial_sequence('oracle_event', 'id'))", expiry_id=new, seq=place,
        n="row_number() OVER (PARTITION BY i, seqs.seq ORDER BY t.seq, t.n)", key=_word("t.key"), at=f"t.at + {later}",
    )  # fmt: skip
    transfer = _columns(
        Transfer, id="nextval(pg_get_serial_sequence('ledger_transfer', 'id'))", entry=place, at=f"t.at + {later}",
        debit=f"replace(t.debit, %(old)s, {new})", credit=f"replace(t.credit, %(old)s, {new})",
        key=f"replace(t.key, %(old)s, {new})",
    )  # fmt: skip
    return [
        f"""INSERT INTO oracle_expiry ({expiry[0]}) SELECT {expiry[1]} FROM oracle_expiry t {copies}
        WHERE t.id = %(old)s""",
        f"""WITH mine (id, place, all_of) AS ({claims}), top AS (SELECT coalesce(max(id), 0) AS id FROM oracle_claim)
        INSERT INTO oracle_claim ({claim[0]}) SELECT {claim[1]}
        FROM oracle_claim t JOIN mine ON mine.id = t.id CROSS JOIN top {copies}""",
        f"""{own}, mine (id, place, all_of) AS ({claims}), top AS (SELECT coalesce(max(id), 0) AS id FROM oracle_claim)
        INSERT INTO oracle_act ({act[0]}) SELECT {act[1]}
        FROM oracle_act t JOIN seqs ON seqs.seq = t.seq LEFT JOIN mine ON mine.id = t.claim_id
        CROSS JOIN head CROSS JOIN top {copies}""",
        f"""INSERT INTO oracle_elector ({elector[0]}) SELECT {elector[1]} FROM oracle_elector t {copies}
        WHERE t.expiry_id = %(old)s""",
        f"""{own} INSERT INTO oracle_event ({event[0]}) SELECT {event[1]}
        FROM oracle_event t JOIN seqs ON seqs.seq = (SELECT max(seq) FROM seqs WHERE seqs.seq <= t.seq)
        CROSS JOIN head {copies} WHERE t.expiry_id = %(old)s AND t.kind <> 'listed'""",
        f"""{own} INSERT INTO ledger_transfer ({transfer[0]}) SELECT {transfer[1]}
        FROM ledger_transfer t JOIN seqs ON seqs.seq = (SELECT max(seq) FROM seqs WHERE seqs.seq <= t.entry)
        CROSS JOIN head {copies} WHERE 'expiry:' || %(old)s IN (t.debit, t.credit)""",
        "UPDATE oracle_bookhead SET seq = (SELECT coalesce(max(seq), 0) FROM oracle_act)",
        "SELECT count(nextval(pg_get_serial_sequence('oracle_claim', 'id'))) FROM oracle_claim",
    ]

