"""What a node can say to a broadcast, in our words; errors.py knows theirs."""

from __future__ import annotations

from enum import StrEnum


class Answer(StrEnum):
    """The node's answer to bytes that were sent. None of them says that a block will never have them."""

    TAKEN = "TAKEN"
    ALREADY_KNOWN = "ALREADY_KNOWN"  # it has exactly these bytes
    NONCE_TOO_LOW = "NONCE_TOO_LOW"  # a block has used the nonce: by which attempt, or by somebody else?
    UNDERPRICED = "UNDERPRICED"  # it has another transaction of this nonce, which these do not outbid enough
    FEE_TOO_LOW = "FEE_TOO_LOW"  # the base fee, or its own least fee, is above what these pay
    NO_FUNDS = "NO_FUNDS"  # the sender's ether does not suffice
    REFUSED = "REFUSED"  # any other error
    NO_ANSWER = "NO_ANSWER"  # a timeout, or nonsense: they may have landed
