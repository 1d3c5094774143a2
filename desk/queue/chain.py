"""Whether intake is paused, whether the nodes agree, and whether the signer can pay."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings

from desk import addresses
from desk.queue.rows import Act, Row, Section, Urgency
from operators.models import Proposal
from oracle import selectors
from oracle.models import BookHead
from oracle.services.proposed.intake import RESUME_INTAKE
from protocol.show import cut, ether
from settlement.alarms import AlarmKind
from settlement.models import ChainState
from settlement.status import LOOKED_SECONDS


def sections(now: int) -> Sequence[Section]:
    """Two queries; a third while intake is paused."""
    state = ChainState.objects.filter(id=1).first()
    return [_intake(), _providers(state, now), _signer(state)]


def _intake() -> Section:
    """While it is paused nothing moves: two people resume it."""
    head, full = selectors.book_head(), addresses.listing(BookHead)
    if head.paused_at is None:
        return Section("Intake", "it is not paused", full)
    asked = Proposal.objects.filter(kind=RESUME_INTAKE.name, ended_at=None).first()
    resume = Act("propose to resume", addresses.new_proposal(RESUME_INTAKE.name))
    if asked is not None:
        resume = Act(f"{asked.proposed_by} asks to resume", addresses.page(asked))
    words = "two operators have paused it: no act is taken, and no window runs, until two resume it"
    row = Row("intake is paused", words, addresses.page(head), Urgency.STOPPED, head.paused_at, "since", resume)
    return Section("Intake", "it is not paused", full, [row], 1)


def _signer(state: ChainState | None) -> Section:
    """What pays for transactions, as a quorum said it last."""
    full = addresses.listing(ChainState)
    if state is None or state.signer_wei is None:
        return Section("Signer balance", "nobody has read it yet", full)
    has = f"{state.signer} has {cut(state.signer_wei)} ETH"
    if state.signer_wei >= settings.PUBLISHER_LEAST_WEI:
        return Section("Signer balance", has, full)
    words = f"it has {ether(state.signer_wei)}, less than PUBLISHER_LEAST_WEI: send it ether"
    row = Row(state.signer, words, addresses.page(state), Urgency.NOW, state.signer_at, "at")
    return Section("Signer balance", has, full, [row], 1)


def _providers(state: ChainState | None, now: int) -> Section:
    found = _trouble(state, now)
    full = addresses.listing(ChainState)
    return Section(
        "Providers disagreeing", "all providers agree", full, [found] if found else [], int(bool(found))
    )


def _trouble(state: ChainState | None, now: int) -> Row | None:
    if state is None:
        link = addresses.runbook(AlarmKind.NO_BEAT)
        return Row("chain", "nobody has looked at it yet: is the worker up?", link, Urgency.SOON)
    link = addresses.page(state)
    if not state.looked_at:
        return Row("chain", "nobody has looked at it yet: is the worker up?", link, Urgency.SOON)
    if state.problem:
        return Row("nodes", f"too few agree: {state.problem}", link, Urgency.STOPPED, state.good_at)
    if now - state.looked_at > LOOKED_SECONDS:
        return Row(
            "nodes",
            "nobody has asked them for a while: is the worker up?",
            link,
            Urgency.NOW,
            state.looked_at,
        )
    if state.agreeing < state.nodes:
        words = f"{state.agreeing} of {state.nodes} agree, {settings.RPC_QUORUM} must"
        return Row("nodes", words, link, Urgency.NOW, state.looked_at, "at")
    return None
