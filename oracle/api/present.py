"""How rows are spelled in the API: integers as decimal strings, what is sealed cut away. No queries."""

from __future__ import annotations

from typing import Any

from oracle import sealing
from oracle.models import Act, Beat, BookHead, Claim, Expiry
from oracle.receipts import receipt_of
from oracle.selectors import AccountView
from protocol.reward import reward_account

EXPIRY_NUMBERS = (
    "expiry_at",
    "deadline",
    "round",
    "ballot",
    "tentative",
    "standing",
    "reports",
    "report_stake",
    "reward",
    "value_secured",
    "opened_at",
    "price",
    "final_at",
    "acts",
    "electorate_weight",
)


def number(value: int | None) -> str | None:
    return None if value is None else str(value)


def entry(act: Act) -> dict[str, Any]:
    """One entry of the book as anybody may see it now; select `expiry` with it."""
    return {
        "seq": str(act.seq),
        "at": str(act.at),
        "kind": act.kind,
        "digest": act.digest,
        "account": act.account,
        "expiry": act.expiry_id,
        "message": sealing.public_message(act),
        "sealed": sealing.is_sealed(act),
        "signatures": act.signatures,
        "head": act.head,
        "book": act.book,
        "receipt": receipt_of(act).to_json(),
    }


def beat(row: Beat) -> dict[str, str]:
    return {"seq": str(row.seq), "book": row.book, "at": str(row.at), "signature": row.signature}


def head(row: BookHead) -> dict[str, str]:
    """The last entry of the book; `at` is its time."""
    return {"seq": str(row.seq), "book": row.book, "at": str(row.at)}


def expiry(row: Expiry) -> dict[str, Any]:
    """An expiry without its claims, and without what only the apps above know (its series and its publication)."""
    return {
        "id": row.id,
        "slug": row.slug,
        "index": {
            "id": row.index.id,
            "slug": row.index.slug,
            "version": str(row.index.version),
            "spec": row.index.spec,
        },
        "terms": row.terms,
        "raised": row.raised,
        "stage": row.stage,
        "decided_by": row.decided_by,
        "head": row.head,
        "reward_account": reward_account(row.id),
        **{name: number(getattr(row, name)) for name in EXPIRY_NUMBERS},
    }


def claim(row: Claim) -> dict[str, str]:
    return {
        "price": str(row.price),
        "pledged": str(row.pledged),
        "required": str(row.required),
        "status": row.status,
        "round": str(row.round + 1),  # as pledges and `claim_filled` number them
    }


def account(view: AccountView) -> dict[str, Any]:
    return {
        "address": view.address,
        **{name: str(amount) for name, amount in view.balances.items()},
        "locked_stake": str(view.locked_stake),
        "locks": [{"expiry": expiry_id, "amount": str(amount)} for expiry_id, amount in view.locks],
    }
