"""A transaction of ours: why no block takes it (docs/operating/stuck-transactions.md)."""

from __future__ import annotations

from collections.abc import Sequence

from desk import addresses
from desk.why.chain_rows import transactions_table
from desk.why.page import Ask, Link, Moment, Table, Why, alarms_and_audit
from protocol.show import ether, utc
from settlement.chain.answers import Answer
from settlement.chain.client import GWEI, connect
from settlement.chain.errors import ChainError
from settlement.models import Attempt, ChainTransaction, Publication, Root
from settlement.services.proposed import CANCEL
from settlement.stages import UNDER_WAY
from settlement.stages import TransactionState as S

_OVER = {
    S.MINED: ("A block has it; that may still change.", "A block deep enough"),
    S.CONFIRMED: ("A block deep enough has it.", "Nothing: it is over"),
    S.CANCELLED: (
        "An empty transfer that two operators wanted took its nonce.", "Nothing: what it was for is signed anew",
    ),
    S.DROPPED: (
        "Somebody else's transaction took its nonce: find out who uses the key.",
        "Nothing: what it was for is signed anew",
    ),
}  # fmt: skip
_SAID: dict[str, tuple[str, str]] = {
    Answer.NO_FUNDS: ("The publisher has not enough ether for the most that it may cost.", "Send it ether"),
    Answer.FEE_TOO_LOW: (
        "The base fee is above what it pays.",
        "The worker raises its fee in its next round",
    ),
    Answer.UNDERPRICED: ("A node has another transaction of this nonce.", "The worker outbids it after 15 s"),
    Answer.ALREADY_KNOWN: ("Nodes have it, and no block takes it.", "A block, or the next raise of its fee"),
    Answer.NONCE_TOO_LOW: (
        "A block has used its nonce, by none of our attempts.",
        "That block, once it is deep",
    ),
    Answer.NO_ANSWER: ("No node answers, or they answer nonsense.", "A node that answers"),
}


def explain(row: ChainTransaction, now: int) -> Why:
    """Fee beside the base fee, what lies before it, what nodes said. Asks the chain while it waits for a block."""
    attempts = list(row.attempts.select_related("proposal").order_by("number"))
    before = _before(row)
    sentence, coming = _sent(row, attempts, before) if row.state == S.SENT else _OVER[S(row.state)]
    act = []
    if row.state == S.SENT and not any(each.proposal_id for each in attempts):
        act = [Ask(CANCEL, "Propose to cancel it", {"transaction": row.pk})]
    return Why(
        sentence=sentence,
        next=coming,
        timeline=_timeline(row, attempts),
        tables=[
            _attempts(attempts),
            Table("Before it", _HEAD, transactions_table(before).rows, "no nonce below it waits"),
            *alarms_and_audit(row.purpose, str(row.pk)),
        ],
        links=_purpose(row),
        act=act,
    )


_HEAD = ("for", "state", "nonce", "hash", "block", "reason")


def _before(row: ChainTransaction) -> Sequence[ChainTransaction]:
    if row.state not in UNDER_WAY:
        return []
    mine = ChainTransaction.objects.filter(chain=row.chain, sender=row.sender, nonce__lt=row.nonce)
    return list(mine.filter(state=S.SENT).order_by("nonce")[:5])


def _sent(
    row: ChainTransaction, attempts: Sequence[Attempt], before: Sequence[ChainTransaction]
) -> tuple[str, str]:
    """Why it waits, and what ends that."""
    if before:
        first = before[0]
        return (
            f"It waits behind nonce {first.nonce} ({first.purpose}), which no block has: nonces are taken in order.",
            f"Whatever moves nonce {first.nonce}; this one cannot be mined before",
        )
    if row.overtaken_block is not None:
        return _SAID[Answer.NONCE_TOO_LOW]
    if not attempts:
        return ("It is stored and was never signed.", "The worker's next round")
    last = attempts[-1]
    said, coming = _SAID.get(last.answer, ("No block has it yet.", "A block that takes it"))
    reason = f" It says: {row.reason}." if row.reason else ""
    return (f"{said}{reason} {_fees(last)}", coming)


def _fees(last: Attempt) -> str:
    """What it pays beside what a block costs now, as one node says."""
    pays = f"It pays {_gwei(last.max_fee)} per gas at most, {_gwei(last.tip)} of that as tip"
    try:
        base = connect().fee_history().base_fee
    except ChainError:
        return f"{pays}; no node says what a block costs now."
    verdict = "too little for the next block" if base > last.max_fee else "enough for the next block"
    return f"{pays}; the base fee is {_gwei(base)} now: {verdict}."


def _gwei(wei: int) -> str:
    whole, rest = divmod(int(wei), GWEI)
    return f"{whole}.{rest:09d}".rstrip("0").rstrip(".") + " gwei"


def _timeline(row: ChainTransaction, attempts: Sequence[Attempt]) -> list[Moment]:
    found = [Moment(row.created_at, f"Stored under nonce {row.nonce} for {row.purpose}")]
    for each in attempts:
        what = "An empty transfer in its place was signed" if each.proposal_id else "Signed"
        found.append(
            Moment(each.signed_at, f"Attempt {each.number}: {what}, {_gwei(each.max_fee)} per gas at most")
        )
    return found


def _attempts(attempts: Sequence[Attempt]) -> Table:
    found = [
        (
            str(each.number),
            each.hash,
            _gwei(each.max_fee),
            _gwei(each.tip),
            ether(int(each.max_fee) * each.gas),
            utc(each.sent_at),
            f"{each.answer} {each.words}".strip() or "–",
            Link(f"proposal {each.proposal_id}", addresses.page(each.proposal)) if each.proposal else "–",
        )
        for each in attempts
    ]
    head = (
        "attempt",
        "hash",
        "most per gas",
        "tip",
        "most in all",
        "last sent",
        "the node said",
        "cancels by",
    )
    return Table("Attempts", head, found)


def _purpose(row: ChainTransaction) -> list[Link]:
    sort, _, number = row.purpose.partition(":")
    if sort == "publication" and number.isdecimal():
        return [Link(f"Publication {number}", addresses.page(Publication, number))]
    root = Root.objects.filter(transaction=row).first()
    return [Link(str(root), addresses.page(root))] if root else []
