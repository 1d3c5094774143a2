"""A publication: prices on their way to the chain (settlement/stages.py)."""

from __future__ import annotations

from desk import addresses
from desk.why.chain_rows import ask_to_cancel, signed_life, transactions_table
from desk.why.page import Link, Table, Why, alarms_and_audit
from protocol.show import decimal, utc
from settlement.models import Publication
from settlement.stages import PublicationStage as S

_BECAUSE = {
    S.PLANNED: "Which prices go together is fixed; too few attestors have signed them yet.",
    S.SIGNED: "Enough attestors have signed; the publisher has not stored its transaction yet.",
    S.SENT: "Its transaction is stored and sent; no block has it yet.",
    S.MINED: "The oracle has its prices; a reorganisation, or guardians in the oracle's delay, could take them back.",
    S.FINAL: "Every series can read its prices, for ever.",
    S.FAILED: "It has ended without; its expiries are planned again.",
}
_NEXT = {
    S.PLANNED: "Attestors ask every few seconds what there is to sign; with the k-th signature it goes on",
    S.SIGNED: "The worker's next round signs its transaction and sends it",
    S.SENT: "A block that takes it; what holds it up stands on the transaction's page",
    S.MINED: "A block deep enough, once the oracle's delay is over",
    S.FINAL: "Nothing: it is over",
    S.FAILED: "Nothing: its expiries are in another publication",
}


def explain(row: Publication, now: int) -> Why:
    """Why it waits, who has signed it, who refuses it."""
    stage = S(row.stage)
    because = _BECAUSE[stage] + (f" It says: {row.reason}." if row.reason else "")
    transaction = row.transaction
    return Why(
        sentence=because,
        next=_NEXT[stage],
        timeline=signed_life(row, "Final on chain"),
        tables=[
            _items(row),
            _refusals(row),
            transactions_table([transaction] if transaction else []),
            *alarms_and_audit(f"publication:{row.pk}"),
        ],
        links=[Link("API", f"/api/v1/publications?stage={row.stage}")],
        act=ask_to_cancel(transaction),
    )


def _items(row: Publication) -> Table:
    items = row.items.select_related("expiry").defer("expiry__terms", "expiry__raised").order_by("position")
    found = [
        (
            Link(each.expiry.slug, addresses.page(each.expiry)),
            decimal(each.price),
            str(each.attempt),
            "yes" if each.live else "no: planned again",
        )
        for each in items
    ]
    return Table("Prices in it", ("expiry", "price", "attempt", "live"), found)


def _refusals(row: Publication) -> Table:
    found = [(each.attestor, each.text, utc(each.at)) for each in row.refusals.order_by("attestor")]
    return Table("Who does not sign, and why", ("attestor", "words", "when"), found, "nobody has refused")
