"""The life of an expiry on one screen (PROTOCOL 2): the diagram, the enum, the table. Tests hold them together.

    SCHEDULED --a--> REPORTING --b--> CHALLENGE --d--> FINAL
                      ^  |  |          ^   |  |          ^
                      +c-+  |          +-e-+  f          |
                            |                 v          |
                            +------g------> COMMIT --h--> REVEAL --i--+
                                              ^              |  |     |
                                              +------j-------+  k     |
                                                                v     |
                                                              RULING --l

Not drawn: where a ballot would open (f, g) and the electorate is empty, the expiry goes to RULING at once (m).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Stage(StrEnum):
    SCHEDULED = "SCHEDULED"  # listed, not open yet
    REPORTING = "REPORTING"  # takes sealed, bonded reports
    CHALLENGE = "CHALLENGE"  # a price stands; anybody may bond against it
    COMMIT = "COMMIT"  # the electorate commits to sealed votes
    REVEAL = "REVEAL"  # and reveals them
    RULING = "RULING"  # ballots failed; the guardians decide
    FINAL = "FINAL"  # one price, for ever


class DecidedBy(StrEnum):
    SILENCE = "silence"  # nobody filled a claim against the standing price
    VOTE = "vote"  # a ballot reached quorum and agreement
    RULING = "ruling"  # k of n guardians signed
    DEFAULT = "default"  # the guardians did not; the ballot with the most revealed stake


class Trigger(StrEnum):
    ACT = "act"  # an act of PROTOCOL 5 moves it
    DEADLINE = "deadline"  # time moves it


@dataclass(frozen=True, slots=True)
class Edge:
    letter: str
    source: Stage
    target: Stage
    trigger: Trigger
    when: str


S = Stage
TRANSITIONS: tuple[Edge, ...] = (
    Edge("a", S.SCHEDULED, S.REPORTING, Trigger.ACT, "`Opened`"),
    Edge("b", S.REPORTING, S.CHALLENGE, Trigger.DEADLINE, "closes with enough reports and stake"),
    Edge("c", S.REPORTING, S.REPORTING, Trigger.DEADLINE, "closes with less, an extension is left"),
    Edge("g", S.REPORTING, S.COMMIT, Trigger.DEADLINE, "closes with less, none left"),
    Edge("e", S.CHALLENGE, S.CHALLENGE, Trigger.ACT, "a claim is filled"),
    Edge("f", S.CHALLENGE, S.COMMIT, Trigger.ACT, "a claim is filled at arbitration_bond"),
    Edge("d", S.CHALLENGE, S.FINAL, Trigger.DEADLINE, "closes and no claim was filled: silence"),
    Edge("h", S.COMMIT, S.REVEAL, Trigger.DEADLINE, "closes"),
    Edge("i", S.REVEAL, S.FINAL, Trigger.DEADLINE, "closes with quorum and agreement: vote"),
    Edge("j", S.REVEAL, S.COMMIT, Trigger.DEADLINE, "closes without, a ballot is left"),
    Edge("k", S.REVEAL, S.RULING, Trigger.DEADLINE, "closes without, none left"),
    Edge("l", S.RULING, S.FINAL, Trigger.ACT, "k of n guardians sign: ruling"),
    Edge("l", S.RULING, S.FINAL, Trigger.DEADLINE, "closes after a vote was revealed: default"),
    Edge("m", S.CHALLENGE, S.RULING, Trigger.ACT, "a ballot would open and the electorate is empty"),
    Edge("m", S.REPORTING, S.RULING, Trigger.DEADLINE, "a ballot would open and the electorate is empty"),
)
