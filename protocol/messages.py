"""From a signed message (PROTOCOL 7) to what the fold takes (PROTOCOL 5)."""

from __future__ import annotations

from typing import Any

from protocol.acts import Act, Commit, Opened, Outage, Pledge, Report, Reveal, Ruling
from protocol.signing import commitment

ACCOUNT_ACTS = ("Report", "Pledge", "VoteCommit", "VoteReveal", "Stake", "Unstake", "Withdrawal")
"""Signed by the account that they name."""

GUARDIAN_ACTS = ("Ruling",)
"""Signed by k of the expiry's n guardians."""

SERVICE_ACTS = ("Opened", "Electorate", "Outage", "Deposit", "Final")
"""Signed by the service itself; nobody can send them in."""

BOOK_KINDS = ACCOUNT_ACTS + GUARDIAN_ACTS + SERVICE_ACTS
"""Everything that can be an entry of the book."""

FOLDED_KINDS = ("Opened", "Report", "Pledge", "VoteCommit", "VoteReveal", "Ruling", "Outage")
"""What the fold of an expiry judges."""

TRANSCRIPT_KINDS = (*FOLDED_KINDS, "Electorate")
"""What an expiry's head chains and its transcript holds: all entries that name it, but for `Final`, their result."""

SEALED_FIELDS = {"Report": ("price", "evidence", "salt")}
"""What is not public until the reporting window, with its extensions, has closed."""


def sealed(kind: str, message: dict[str, Any]) -> dict[str, Any]:
    """The public part of a message while its expiry is still taking reports."""
    return {name: value for name, value in message.items() if name not in SEALED_FIELDS.get(kind, ())}


def to_act(kind: str, message: dict[str, Any], at: int) -> Act:
    """The act that the fold judges. A Report without its sealed fields becomes one whose price is None.

    Raises ValueError for a kind that is no act on an expiry.
    """
    match kind:
        case "Opened":
            return Opened(at, message["value_secured"], message["reward"])
        case "Report":
            return Report(at, message["account"], message.get("price"), message["bond"])
        case "Pledge":
            round_, price = message["round"], message["price"]
            return Pledge(at, message["account"], round_, price, message["amount"], message["until"])
        case "VoteCommit":
            return Commit(at, message["account"], message["ballot"], message["commitment"])
        case "VoteReveal":
            account, ballot, price = message["account"], message["ballot"], message["price"]
            opened = commitment(message["expiry"], ballot, account, price, message["salt"])
            return Reveal(at, account, ballot, price, opened)
        case "Ruling":
            return Ruling(at, message["price"])
        case "Outage":
            return Outage(message["from"], message["to"])
    raise ValueError(f"{kind} is no act on an expiry")
