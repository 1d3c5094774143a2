"""Another attestor set by two people, where the oracle's owner is the publisher's account.

Proposed on chain, it waits `set_delay` in the open; guardians may veto it until it is applied (docs/attestors.md).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from django.conf import settings

from operators.kinds import Change, Details, Kind, NotPossible, Plan
from operators.models import Proposal
from settlement.chain import oracle_sets, quorum
from settlement.chain.client import Connection, connect
from settlement.chain.errors import Reverted
from settlement.chain.oracle_sets import Fate
from settlement.models import ChainTransaction
from settlement.services import carrying, proposed, publishers
from settlement.services.proposed_calls import set_in
from settlement.transaction_models import ADDRESS_FORM

MAX_SIGNERS = 32
WORDS = {
    Fate.APPLIED: "applied: set {} of the oracle attests",
    Fate.VETOED: "vetoed: guardians dropped set {} of the oracle",
    Fate.SUPERSEDED: "superseded: the owner has proposed another set than {}",
}


def plan(details: Details, now: int) -> Plan:
    """Of `attestors` (addresses) and `threshold`. NotPossible where the contract would refuse it, or us."""
    members, threshold = set_in(details)
    _check(members, threshold)
    signers = quorum.oracle(connect().nodes).signers()
    if signers.owner != publishers.current():
        raise NotPossible(
            f"the oracle's owner is {signers.owner}, which is not the publisher: whoever has that key proposes the set,"
            " with python -m reporter set propose"
        )
    if (members, threshold) == (sorted(signers.running), signers.threshold) and signers.waiting is None:
        raise NotPossible("just these attest already")
    before = set(signers.running)
    changes = [Change("attestors", _words(signers.running, signers.threshold), _words(members, threshold))]
    if waiting := signers.waiting:
        words = f"set {waiting.nonce}: {_words(waiting.members, waiting.threshold)}"
        changes.append(Change("what waits on chain", words, "dropped"))
    return Plan(
        "attestors",
        f"Comes in: {_names(set(members) - before)}. Goes out: {_names(before - set(members))}."
        f" It is applied {signers.set_delay} s after a block has it, unless guardians veto it.",
        tuple(changes),
    )


@carrying.clears("set:{pk}", "apply:{pk}")
def carry_out(proposal: Proposal, now: int) -> str | None:
    """Propose it, wait for its delay, apply it; done when a deep block says what became of it."""
    client, purpose = connect(), f"set:{proposal.pk}"
    row = carrying.of(client, purpose)
    if row is None:
        try:
            carrying.start(client, proposal, purpose, now=now)
        except Reverted as error:
            raise NotPossible(f"the oracle would refuse it: {error}") from error
        return None
    return _follow(client, proposal, row, now) if carrying.is_done(row) else None


def _follow(client: Connection, proposal: Proposal, row: ChainTransaction, now: int) -> str | None:
    nodes, since = client.nodes, int(row.block_number or 0)
    waiting, newest = oracle_sets.proposed_by(nodes, row.hash, since), quorum.newest_block(nodes)
    deep = quorum.block(nodes, newest.number - settings.CONFIRMATION_DEPTH)
    found = oracle_sets.fate(nodes, waiting, since, deep)
    if found != Fate.WAITS:
        return WORDS[found].format(waiting.nonce)
    if newest.timestamp >= waiting.applies_from:
        _apply(client, proposal, now)
    return None


def _apply(client: Connection, proposal: Proposal, now: int) -> None:
    purpose = f"apply:{proposal.pk}"
    row = carrying.of(client, purpose)
    if row is not None:
        carrying.is_done(row)
        return
    try:
        carrying.start(client, proposal, purpose, now=now)
    except Reverted:
        return  # applied by somebody else, or vetoed: a deep block will say which


def _check(members: Sequence[str], threshold: int) -> None:
    if wrong := [each for each in members if not re.fullmatch(ADDRESS_FORM, each)]:
        raise NotPossible(f"{wrong[0]!r} is no address")
    if len(set(members)) != len(members):
        raise NotPossible("an attestor is named twice")
    if not 0 < threshold <= len(members) <= MAX_SIGNERS:
        raise NotPossible(f"the threshold lies between 1 and the number of attestors, of whom there are {len(members)}")


def _words(members: Sequence[str], threshold: int) -> str:
    return f"{threshold} of {', '.join(sorted(members))}"


def _names(members: set[str]) -> str:
    return ", ".join(sorted(members)) or "nobody"


CHANGE_ATTESTORS = Kind(
    proposed.CHANGE_ATTESTORS,
    "Change who attests",
    "Another attestor set is proposed on chain, waits, and is applied unless guardians veto it.",
    plan,
    carry_out,
    signs=True,
)
