"""What guardians have signed, and what one of them would run. Never made here: each signs with a key of their own."""

from __future__ import annotations

from collections.abc import Sequence

import disputes.selectors
from desk.why.page import Table
from disputes.models import RulingSignature
from oracle.models import Expiry
from oracle.projection import load_state
from oracle.record import DatabaseRecord
from protocol.resolution import candidates
from protocol.show import decimal, typed, utc
from protocol.stages import Stage
from protocol.terms import Terms


def of(row: Expiry, terms: Terms) -> tuple[list[Table], Sequence[tuple[str, str]]]:
    """Signatures so far by ruling and the prices that may be chosen; (what for, what to run) for a guardian.

    Only while one waits.
    """
    if row.stage != Stage.RULING:
        return [], ()
    signatures = disputes.selectors.ruling_signatures(row)
    prices = sorted(candidates(load_state(row), DatabaseRecord(row)))
    return [_collected(signatures, terms), _who(signatures, terms), _candidates(prices)], _commands(
        row, terms, prices
    )


def _commands(row: Expiry, terms: Terms, prices: Sequence[int]) -> Sequence[tuple[str, str]]:
    price = typed(prices[0]) if prices else "PRICE"
    sign = f'python -m reporter rule sign --expiry {row.slug} --price {price} --reason "WHY" --key-file FILE'
    return [
        ("Each guardian signs, with the same price and the same words", sign),
        (
            f"Whoever has {terms.guardian_threshold} of the files sends them",
            "python -m reporter rule send FILES",
        ),
    ]


def _collected(signatures: Sequence[RulingSignature], terms: Terms) -> Table:
    by_digest: dict[str, list[RulingSignature]] = {}
    for each in signatures:
        by_digest.setdefault(each.digest, []).append(each)
    found = [
        (
            decimal(rows[0].price),
            rows[0].reason,
            f"{len(rows)} of {terms.guardian_threshold}",
            str(max(terms.guardian_threshold - len(rows), 0)),
        )
        for rows in sorted(by_digest.values(), key=len, reverse=True)
    ]
    return Table(
        "Rulings so far", ("price", "reason", "signed", "missing"), found, "no guardian has signed any"
    )


def _who(signatures: Sequence[RulingSignature], terms: Terms) -> Table:
    signed: dict[str, list[str]] = {}
    for each in signatures:
        signed.setdefault(each.guardian, []).append(f"{decimal(each.price)} at {utc(each.at)}")
    found = [(guardian, "; ".join(signed.get(guardian, [])) or "nothing") for guardian in terms.guardians]
    return Table("Guardians", ("guardian", "has signed"), found, "it has none")


def _candidates(prices: Sequence[int]) -> Table:
    found = [(decimal(price),) for price in prices]
    return Table("Prices that may be chosen", ("price",), found, "any price within the bounds of its index")
