"""The life of a publication, a batch of final prices on its way to the chain. Tests hold the three together.

       +-----e----+  +-----f-----+ +----g----+
       v          |  v           | v         |
    PLANNED --a--> SIGNED --b--> SENT --c--> MINED --d--> FINAL
       |             |            |           |
       +------h------+------i-----+-----j-----+--> FAILED

Not drawn: h from either of its stages, c also from PLANNED and SIGNED and g back to SIGNED, where the transaction was
somebody else's, and j from SENT, where a crash took the round between.

Unknown is not failed: where the chain does not answer, nothing moves. What counts is what the oracle says; our
transaction is only one way to bring it about. The expiries of a failed publication, and those whose price was
cancelled, are planned again.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class PublicationStage(StrEnum):
    PLANNED = "PLANNED"  # which prices go together is fixed; waits for attestors
    SIGNED = "SIGNED"  # k have signed; waits for the publisher
    SENT = "SENT"  # its transaction is stored, and sent until a block has it
    MINED = "MINED"  # the oracle has its prices; that may still change
    FINAL = "FINAL"  # every series can read the prices, for ever
    FAILED = "FAILED"  # ended without, and says why


@dataclass(frozen=True, slots=True)
class Edge:
    letter: str
    source: PublicationStage
    target: PublicationStage
    when: str


S = PublicationStage
TRANSITIONS: tuple[Edge, ...] = (
    Edge("a", S.PLANNED, S.SIGNED, "k attestors have signed exactly its items"),
    Edge("b", S.SIGNED, S.SENT, "its transaction is signed and stored"),
    Edge("c", S.SENT, S.MINED, "the oracle has its prices, by our transaction or by somebody else's"),
    Edge("c", S.PLANNED, S.MINED, "the oracle has its prices by somebody else's transaction"),
    Edge("c", S.SIGNED, S.MINED, "the oracle has its prices by somebody else's transaction"),
    Edge("d", S.MINED, S.FINAL, "that block is deep, the delay was over in a deep block, the oracle has our prices"),
    Edge("e", S.SIGNED, S.PLANNED, "the attestor set changed and too few of the signatures still count"),
    Edge("f", S.SENT, S.SIGNED, "another transaction took its nonce, or it was cancelled, in a deep block"),
    Edge("g", S.MINED, S.SENT, "a reorganisation took the block: the same bytes are sent again"),
    Edge("g", S.MINED, S.SIGNED, "a reorganisation took the block of somebody else's transaction"),
    Edge("h", S.PLANNED, S.FAILED, "an attempt has moved on: it can never be submitted"),
    Edge("h", S.SIGNED, S.FAILED, "an attempt has moved on: it can never be submitted"),
    Edge("i", S.SENT, S.FAILED, "its transaction reverted, in a deep block"),
    Edge("j", S.SENT, S.FAILED, "the guardians cancelled every price in it"),
    Edge("j", S.MINED, S.FAILED, "the guardians cancelled every price in it"),
)


def may_follow(stage: PublicationStage) -> frozenset[PublicationStage]:
    """Where a publication can go from here; nowhere from FINAL and FAILED."""
    return frozenset(edge.target for edge in TRANSITIONS if edge.source is stage)


class TransactionState(StrEnum):
    """Where a transaction of ours is: what its nonce was used for, not by which of its attempts."""

    SENT = "SENT"  # stored; broadcast again until a block has an attempt
    MINED = "MINED"  # in a block
    CONFIRMED = "CONFIRMED"  # in a block deep enough
    CANCELLED = "CANCELLED"  # an operators' empty transfer took its nonce, in a block deep enough
    DROPPED = "DROPPED"  # somebody else's transaction took its nonce, in a block deep enough


UNDER_WAY = (TransactionState.SENT, TransactionState.MINED)
ENDED = (TransactionState.CONFIRMED, TransactionState.CANCELLED, TransactionState.DROPPED)
