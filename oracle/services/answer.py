"""What whoever sent an act gets back."""

from __future__ import annotations

from dataclasses import dataclass

from oracle.models import BookHead, Expiry
from oracle.receipts import Receipt
from oracle.services import book
from oracle.services.book import SignedAct
from protocol.acts import Refusal


@dataclass(frozen=True, slots=True)
class Answer:
    """`refusal` is None when the act was taken; `repeated` when it had been taken before.

    `detail` says in a sentence what was wrong and what to do. There is no receipt for what could not be parsed.
    """

    receipt: Receipt | None
    refusal: Refusal | None = None
    detail: str = ""
    repeated: bool = False


def refused(
    head: BookHead, act: SignedAct, expiry: Expiry | None, refusal: Refusal, detail: str = ""
) -> Answer:
    """A signed refusal. Nothing but the clock has moved for it."""
    return Answer(book.refuse(head, act.digest, expiry, refusal), refusal, detail or REASONS[refusal])


REASONS: dict[Refusal, str] = {
    Refusal.OUT_OF_ORDER: "A later act was judged already; send it again.",
    Refusal.WRONG_STAGE: "The expiry does not take this act in the stage it is in now.",
    Refusal.ALREADY_REPORTED: "This account has reported on this expiry; the first report stands.",
    Refusal.PRICE_OUT_OF_BOUNDS: "The price lies outside the index's bounds; report the bound itself.",
    Refusal.PRICE_OFF_TICK: "The price is no multiple of the index's tick; round it to the tick.",
    Refusal.BOND_OUT_OF_BOUNDS: "The bond must lie between min_report_bond and max_report_bond of the raised terms.",
    Refusal.WRONG_ROUND: "A claim was filled meanwhile; look at the new standing price and pledge in its round.",
    Refusal.EXPIRED: "It arrived after its own `until`; sign a new one if you still mean it.",
    Refusal.AGREES_WITH_STANDING: "This price agrees with the standing price; there is nothing to dispute.",
    Refusal.PLEDGE_TOO_SMALL: "Pledge at least min_pledge, or all that is left to fill.",
    Refusal.WRONG_BALLOT: "It was meant for another ballot; vote in the running one.",
    Refusal.NOT_A_VOTER: "This account held no seasoned stake when the first ballot opened.",
    Refusal.ALREADY_COMMITTED: "This account has committed in this ballot; the first commitment stands.",
    Refusal.NO_COMMITMENT: "This account has not committed in this ballot.",
    Refusal.ALREADY_REVEALED: "This account has revealed in this ballot.",
    Refusal.COMMITMENT_MISMATCH: "Price and salt do not open the commitment; use those it was made from.",
    Refusal.NOT_A_CANDIDATE: "A ruling chooses among the prices reported, claimed or voted.",
    Refusal.BAD_OUTAGE: "The span is empty, begins before the last act, or the expiry is final.",
    Refusal.MALFORMED: "The amount must be above 0.",
    Refusal.TOO_LARGE: "Send one act, well below 16 KiB.",
    Refusal.UNKNOWN_EXPIRY: "No expiry with this id is listed here.",
    Refusal.BAD_SIGNATURE: "The signature is not the account's; check key, chain and contract.",
    Refusal.INSUFFICIENT_BALANCE: "The free balance does not cover it; deposit first, or stake less.",
    Refusal.INSUFFICIENT_STAKE: "More than is staked.",
    Refusal.STAKE_LOCKED: "An unfinished expiry counts on this stake; it is free once that is final.",
}
