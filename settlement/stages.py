"""The life of a publication, a batch of final prices on its way to the chain. Tests hold the three together.

        +-----e-----+  +-----f-----+ +----g----+
        v           |  v           | v         |
    PROPOSED --a--> SIGNED --b--> SENT --c--> MINED --d--> FINAL
        |              |            |           |
        +------h-------+------i-----+-----j-----+--> FAILED

Not drawn: h from either of its stages, i also from MINED, and f from MINED where a crash took the round between.

Unknown is not failed: where the chain does not answer, nothing moves. The expiries of a failed publication, and those
whose price was cancelled, are proposed again.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class PublicationStage(StrEnum):
    PROPOSED = "PROPOSED"  # waits for attestors
    SIGNED = "SIGNED"  # k have signed; waits for the publisher
    SENT = "SENT"  # its transaction is stored, and sent until a block has it
    MINED = "MINED"  # a block has it; that may still change
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
    Edge("a", S.PROPOSED, S.SIGNED, "k attestors have signed exactly its items"),
    Edge("b", S.SIGNED, S.SENT, "its transaction is signed and stored"),
    Edge("c", S.SENT, S.MINED, "a block has it"),
    Edge(
        "d",
        S.MINED,
        S.FINAL,
        "that block is deep, the delay was over in a deep block, the oracle has our prices",
    ),
    Edge("e", S.SIGNED, S.PROPOSED, "the attestor set changed and too few of the signatures still count"),
    Edge("f", S.SENT, S.SIGNED, "another transaction took its nonce, in a deep block: it is signed anew"),
    Edge("f", S.MINED, S.SIGNED, "another transaction took its nonce, in a deep block: it is signed anew"),
    Edge("g", S.MINED, S.SENT, "a reorganisation took the block: the same bytes are sent again"),
    Edge("h", S.PROPOSED, S.FAILED, "an attempt has moved on: it can never be submitted"),
    Edge("h", S.SIGNED, S.FAILED, "an attempt has moved on: it can never be submitted"),
    Edge("i", S.SENT, S.FAILED, "it reverted, in a deep block"),
    Edge("i", S.MINED, S.FAILED, "it reverted, in a deep block"),
    Edge("j", S.MINED, S.FAILED, "the guardians cancelled every price in it"),
)


def may_follow(stage: PublicationStage) -> frozenset[PublicationStage]:
    """Where a publication can go from here; nowhere from FINAL and FAILED."""
    return frozenset(edge.target for edge in TRANSITIONS if edge.source is stage)


class TransactionState(StrEnum):
    """Where a transaction of ours is."""

    SENT = "SENT"  # stored; broadcast again until a block has it
    MINED = "MINED"  # in a block
    CONFIRMED = "CONFIRMED"  # in a block deep enough
    DROPPED = "DROPPED"  # another transaction took its nonce, in a block deep enough
