"""What became of one proposal of an attestor set, as the oracle's logs and state tell by a quorum of nodes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from django.conf import settings

from protocol.hashing import to_hex, uint256_word
from settlement.chain import events, views
from settlement.chain.contracts import topic
from settlement.chain.errors import NotDeployed
from settlement.chain.providers import Providers
from settlement.chain.readings import Header
from settlement.chain.views import View


class Fate(StrEnum):
    WAITS = "waits"  # guardians may veto it
    APPLIED = "applied"
    VETOED = "vetoed"
    SUPERSEDED = "superseded"  # the owner has proposed another one


@dataclass(frozen=True, slots=True)
class ProposedSet:
    """Its number in the contract, and the unix second from which it can be applied."""

    nonce: int
    applies_from: int


def proposed_by(nodes: Providers, tx: str, block: int) -> ProposedSet:
    """The set that a mined transaction has proposed, by its log in that block."""
    topics = [topic("PriceOracle", "SetProposed")]
    for log in nodes.logs_between([settings.ORACLE_ADDRESS], topics, block, block):
        if log.tx == tx:
            told = events.read(log, "PriceOracle")[1]
            return ProposedSet(told["nonce"], told["applies_from"])
    raise NotDeployed(f"{tx} proposed no set in block {block}: is ORACLE_ADDRESS right?")


def fate(nodes: Providers, proposed: ProposedSet, since: int, block: Header) -> Fate:
    """What had become of it by `block`; `since` is the number of the block that proposed it."""
    asked = [View("PriceOracle", settings.ORACLE_ADDRESS, name) for name in ("attestor_set", "get_proposal")]
    running, (last, _, _, applies_from) = views.read(nodes, block, asked)
    if running == proposed.nonce:
        return Fate.APPLIED
    if last == proposed.nonce:
        return Fate.WAITS if applies_from else Fate.VETOED
    # Another one is in its place by now: only the logs still tell what came before that.
    topics = [topic("PriceOracle", "SetApplied"), to_hex(uint256_word(proposed.nonce))]
    was = nodes.logs_between([settings.ORACLE_ADDRESS], topics, since, block.number)
    return Fate.APPLIED if was else Fate.SUPERSEDED
