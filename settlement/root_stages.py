"""The life of a root of what the escrow owes, on its way to the chain. A test holds table and diagram together.

    PLANNED --a--> SIGNED --b--> SENT --c--> POSTED --d--> FINAL
       |             |            |            |
       +------h------+------h-----+-----h------+--> FAILED

Not drawn: e from SIGNED back to PLANNED, f from SENT back to SIGNED, g from POSTED back to SENT or SIGNED, and c from
SIGNED, where somebody else has posted it with our signatures. What counts is what the contract says; our transaction is
only one way to bring it about.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class RootStage(StrEnum):
    PLANNED = "PLANNED"  # what is owed is fixed; waits for attestors
    SIGNED = "SIGNED"  # k have signed; waits for the publisher
    SENT = "SENT"  # a transaction is stored, and sent until a block has it
    POSTED = "POSTED"  # the contract has it; guardians can still cancel, and a reorganisation can take it back
    FINAL = "FINAL"  # accounts can claim by it
    FAILED = "FAILED"  # its epoch is used up without it, or it was withdrawn before anybody signed; says why


@dataclass(frozen=True, slots=True)
class Edge:
    letter: str
    source: RootStage
    target: RootStage
    when: str


S = RootStage
TRANSITIONS: tuple[Edge, ...] = (
    Edge("a", S.PLANNED, S.SIGNED, "k attestors have signed it"),
    Edge("b", S.SIGNED, S.SENT, "its transaction is signed and stored"),
    Edge("c", S.SIGNED, S.POSTED, "the contract has it: somebody else has posted it"),
    Edge("c", S.SENT, S.POSTED, "the contract has it"),
    Edge("d", S.POSTED, S.FINAL, "its delay was over in a deep block"),
    Edge("e", S.SIGNED, S.PLANNED, "the attestor set changed and too few of the signatures still count"),
    Edge("f", S.SENT, S.SIGNED, "its transaction failed, or its nonce was taken or cancelled, in a deep block"),
    Edge("g", S.POSTED, S.SENT, "a reorganisation took the block: the same bytes are sent again"),
    Edge("g", S.POSTED, S.SIGNED, "a reorganisation took the block of somebody else's transaction"),
    Edge("h", S.PLANNED, S.FAILED, "its epoch is used up, or it waited too long and nobody has signed it"),
    Edge("h", S.SIGNED, S.FAILED, "its epoch is used up, in a deep block"),
    Edge("h", S.SENT, S.FAILED, "its epoch is used up, in a deep block"),
    Edge("h", S.POSTED, S.FAILED, "the guardians cancelled it, in a deep block"),
)

UNDER_WAY = (S.PLANNED, S.SIGNED, S.SENT, S.POSTED)


def may_follow(stage: RootStage) -> frozenset[RootStage]:
    """Where a root can go from here; nowhere from FINAL and FAILED."""
    return frozenset(edge.target for edge in TRANSITIONS if edge.source is stage)
