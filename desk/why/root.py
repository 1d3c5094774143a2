"""A root of what the escrow owes (settlement/root_stages.py)."""

from __future__ import annotations

from desk.why.chain_rows import ask_to_cancel, signed_life, transactions_table
from desk.why.page import Link, Table, Why, alarms_and_audit
from protocol.show import ether, utc
from settlement.models import Root
from settlement.root_stages import RootStage as S

_BECAUSE = {
    S.PLANNED: "What is owed is fixed; too few attestors have signed it yet.",
    S.SIGNED: "Enough attestors have signed; the publisher has not stored its transaction yet.",
    S.SENT: "Its transaction is stored and sent; the contract does not have it yet.",
    S.POSTED: "The contract has it; guardians can still cancel it, and a reorganisation can take it back.",
    S.FINAL: "Accounts can claim by it.",
    S.FAILED: "It has ended without.",
}
_NEXT = {
    S.PLANNED: "Attestors ask every few seconds what there is to sign; with the k-th signature it goes on",
    S.SIGNED: "The worker's next round sends its transaction, unless an alarm about the escrow is open",
    S.SENT: "A block that takes it; what holds it up stands on the transaction's page",
    S.POSTED: "A block deep enough, once its delay is over",
    S.FINAL: "Nothing: the next root takes its place",
    S.FAILED: "Nothing: another one is made for the next epoch",
}


def explain(row: Root, now: int) -> Why:
    """Why it waits, who has signed it, who refuses it."""
    stage, transaction = S(row.stage), row.transaction
    because = _BECAUSE[stage] + (f" It says: {row.reason}." if row.reason else "")
    refused = [(each.attestor, each.text, utc(each.at)) for each in row.refusals.order_by("attestor")]
    owed = [(str(row.accounts), ether(row.debt), str(row.block), f"#{row.seq}", row.root)]
    return Why(
        sentence=because,
        next=_NEXT[stage],
        timeline=signed_life(row, "Final"),
        tables=[
            Table("What it says", ("accounts", "ever deposited", "up to block", "up to entry", "root"), owed),
            Table("Who does not sign, and why", ("attestor", "words", "when"), refused, "nobody has refused"),
            transactions_table([transaction] if transaction else []),
            *alarms_and_audit(f"root:{row.pk}", f"root:{row.epoch}"),
        ],
        links=[Link("Reserves", "/reserves/"), Link("API", f"/api/v1/roots?stage={row.stage}")],
        act=ask_to_cancel(transaction),
    )
