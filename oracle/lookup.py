"""All that judging one act needs from the database, asked in one round trip under the book's lock.

This and `oracle/services/book.py` are the hot path of every act. Measured: the ORM took longer to put these statements
together than PostgreSQL to run them, all while the one lock of the book is held; so here they stand written out.
"""

from __future__ import annotations

import json
from typing import Any

from oracle.models import Expiry, Index
from protocol import signing

_MINE = "expiry_id = %(expiry)s AND account = %(account)s"
_FREE = "(SELECT balance FROM ledger_account WHERE name = 'free:' || %(account)s)"
_WEIGHT = f"(SELECT weight FROM oracle_elector WHERE {_MINE})"  # noqa: S608  our own words
_VOTE = f"FROM oracle_act WHERE {_MINE} AND ballot = %(ballot)s"

ANSWERS: dict[str, dict[str, str]] = {
    "Report": {
        "free": _FREE,
        "has_reported": f"EXISTS (SELECT FROM oracle_act WHERE {_MINE} AND kind = 'Report')",
    },
    "Pledge": {"free": _FREE},
    "VoteCommit": {
        "weight": _WEIGHT,
        "commitment": f"(SELECT commitment {_VOTE} AND kind = 'VoteCommit')",
    },
    "VoteReveal": {
        "weight": _WEIGHT,
        "commitment": f"(SELECT commitment {_VOTE} AND kind = 'VoteCommit')",
        "has_revealed": f"EXISTS (SELECT {_VOTE} AND kind = 'VoteReveal')",
    },
}
"""What the fold may ask about an act's own author, by kind of act; each is answered from an index."""


def find(kind: str, message: signing.Message) -> tuple[Expiry, dict[str, Any]] | None:
    """The expiry that an act names, its row locked, and what its author has done there, by the names of ANSWERS.

    None where no such expiry is listed.
    """
    answers = ANSWERS.get(kind, {})
    asked = "".join(f", {sql} AS {name}" for name, sql in answers.items())
    params = {name: message.get(name) for name in ("expiry", "account", "ballot")}
    row: Any = next(iter(Expiry.objects.raw(_QUERY.format(asked=asked), params)), None)
    if row is None:
        return None
    row.index = Index(id=row.index_id, spec=json.loads(row.spec))
    return row, {name: getattr(row, name) for name in answers}


_QUERY = """
SELECT expiry.*, index.spec{asked}
FROM oracle_expiry AS expiry JOIN oracle_index AS index ON index.id = expiry.index_id
WHERE expiry.id = %(expiry)s FOR UPDATE OF expiry
"""
