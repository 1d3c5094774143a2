"""What an oracle's record is beside the book's price, and why roots must wait (I-16, I-3). Nothing here writes."""

from __future__ import annotations

from django.db.models import Count

from settlement.chain.contracts import Record
from settlement.models import EscrowIndex
from settlement.reconcile_models import OracleRecord

S = OracleRecord.State


def judge(price: int | None, record: Record, *, must_be_there: bool) -> OracleRecord.State | None:
    """What an oracle's record is beside the book's final price; None where neither has one.

    `must_be_there`: in this block the oracle should have a price, because it had a final one before.
    """
    if record.price == 0:
        if must_be_there:
            return S.DIFFERENT
        if price is None:
            return None
        return S.CANCELLED if record.attempt else S.WAITING
    if price is None:
        return S.EARLY
    if record.price != price:
        return S.DIFFERENT
    return S.EQUAL if record.is_final else S.DELAY


def counts() -> dict[str, int]:
    """How many expiries are in each state, without those that nobody has looked at yet."""
    rows = OracleRecord.objects.order_by("state").values("state").annotate(number=Count("pk"))
    return {row["state"]: row["number"] for row in rows}


def escrow_problem() -> str | None:
    """Why no root may be built: the index has stopped, or what it read does not add up. None where all is well."""
    index = EscrowIndex.objects.filter(id=1).first()
    return (index.no_roots or None) if index else None
