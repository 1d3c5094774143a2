"""What a node can say to a broadcast, in our words; errors.py knows theirs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Answer(StrEnum):
    """The node's answer to bytes that were sent. None of them says that a block will never have them.

    In the order of what they are worth: of several nodes' answers the first counts.
    """

    TAKEN = "TAKEN"
    ALREADY_KNOWN = "ALREADY_KNOWN"  # it has exactly these bytes
    NONCE_TOO_LOW = "NONCE_TOO_LOW"  # a block has used the nonce: by which attempt, or by somebody else?
    UNDERPRICED = "UNDERPRICED"  # it has another transaction of this nonce, which these do not outbid enough
    FEE_TOO_LOW = "FEE_TOO_LOW"  # the base fee, or its own least fee, is above what these pay
    NO_FUNDS = "NO_FUNDS"  # the sender's ether does not suffice
    REFUSED = "REFUSED"  # any other error
    NO_ANSWER = "NO_ANSWER"  # a timeout, or nonsense: they may have landed


@dataclass(frozen=True, slots=True)
class Sent:
    """What one node answered: its place in RPC_URLS, and its own words where it did not take it."""

    place: int
    answer: Answer
    words: str = ""


def together(said: Sequence[Sent]) -> tuple[Answer, str]:
    """One answer out of all nodes', and the words of those who did not take it: it is sent once one has it."""
    answer = min((each.answer for each in said), key=list(Answer).index, default=Answer.NO_ANSWER)
    if len(said) == 1:
        return answer, said[0].words
    rest = (each for each in said if each.answer != Answer.TAKEN)
    return answer, "; ".join(f"node {each.place}: {each.answer} {each.words}".strip() for each in rest)
