"""The life of a publication: a batch of final prices on its way to the chain.

    PROPOSED --a--> SIGNED --b--> SENT --c--> MINED --d--> FINAL
       ^             | ^           | ^          |
       +------e------+ +-----f-----+ +----g-----+
    PROPOSED, SIGNED --h--> FAILED     SENT, MINED --i--> FAILED     MINED --j--> FAILED

a  k attestors have signed                  e  the set changed, too few of the signatures still count
b  the transaction is signed and stored     f  its nonce went to another transaction: it can never be mined
c  it is in a block                         g  a reorg took it out again; the same bytes are sent again
d  that block is deep, the oracle's delay   h  the attempt has moved on: what was signed can never be submitted
   is over, and it answers with our prices  i  it reverted in a deep block
                                            j  the guardians cancelled every price in it
Unknown is not failed: where the chain does not answer, nothing moves. The expiries of a failed publication, and those
whose price was cancelled, are proposed again.
"""

from enum import StrEnum


class PublicationStage(StrEnum):
    """Where a publication is."""

    PROPOSED = "PROPOSED"  # waits for attestors
    SIGNED = "SIGNED"  # k have signed; waits for the publisher
    SENT = "SENT"  # its transaction is stored, and sent until a block has it
    MINED = "MINED"  # a block has it; that may still change
    FINAL = "FINAL"  # every series can read the prices, for ever
    FAILED = "FAILED"  # will never be mined, and says why


_S = PublicationStage
TRANSITIONS: dict[PublicationStage, frozenset[PublicationStage]] = {
    _S.PROPOSED: frozenset({_S.SIGNED, _S.FAILED}),
    _S.SIGNED: frozenset({_S.PROPOSED, _S.SENT, _S.FAILED}),
    _S.SENT: frozenset({_S.SIGNED, _S.MINED, _S.FAILED}),
    _S.MINED: frozenset({_S.SENT, _S.SIGNED, _S.FINAL, _S.FAILED}),
    _S.FINAL: frozenset(),
    _S.FAILED: frozenset(),
}
"""What may follow what; nothing follows FINAL and FAILED."""


class TransactionState(StrEnum):
    """Where a transaction of ours is."""

    SENT = "SENT"  # stored; broadcast again until a block has it
    MINED = "MINED"  # in a block
    CONFIRMED = "CONFIRMED"  # in a block deep enough
    DROPPED = "DROPPED"  # another transaction took its nonce, in a block deep enough
