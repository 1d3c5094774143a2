"""Between a row of `Expiry` and the state that the fold works on."""

from __future__ import annotations

from typing import Any

from django.db import connection

from oracle.models import Expiry
from protocol.resolution import State
from protocol.stages import DecidedBy, Stage
from protocol.terms import Index, Terms

SAME_NAME = (
    "deadline",
    "round",
    "ballot",
    "tentative",
    "standing",
    "reward",
    "reports",
    "report_stake",
    "extensions",
    "electorate_weight",
    "best_ballot_weight",
    "best_ballot_price",
    "judged_at",
    "price",
    "final_at",
)
COLUMNS = (*SAME_NAME, "stage", "decided_by")


def load_state(expiry: Expiry) -> State:
    """The fold's state of a row; `expiry.index` should have been selected with it."""
    return State(
        index=Index.from_json(expiry.index.spec),
        terms=Terms.from_json(expiry.raised or expiry.terms),
        expiry_at=expiry.expiry_at,
        stage=Stage(expiry.stage),
        decided_by=DecidedBy(expiry.decided_by) if expiry.decided_by else None,
        **{name: getattr(expiry, name) for name in SAME_NAME},
    )


def store_state(state: State, expiry: Expiry) -> None:
    """Write the fold's state into the row, and what has changed of it into the database."""
    changed: dict[str, Any] = {"head": expiry.head, "acts": expiry.acts}
    for name in COLUMNS:
        value = getattr(state, name)
        if getattr(expiry, name) != value:
            setattr(expiry, name, value)
            changed[name] = value
    # Written out: it runs with every act under the book's lock (oracle/lookup.py). The names are our own.
    update = f"UPDATE oracle_expiry SET {', '.join(f'{name} = %s' for name in changed)} WHERE id = %s"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(update, [*changed.values(), expiry.id])
