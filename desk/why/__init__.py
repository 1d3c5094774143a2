"""Why a thing is in its state, what moves it next and when: one module for each sort of thing (EXPERIENCE 3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.db.models import Model

from alerts.models import Hook
from desk.why import (
    account,
    alarm,
    chain_state,
    chain_transaction,
    expiry,
    hook,
    intake,
    proposal,
    publication,
    root,
)
from desk.why.page import Why
from ledger.models import Account
from operators.models import Proposal
from oracle.models import BookHead, Expiry
from settlement.models import Alarm, ChainState, ChainTransaction, Publication, Root

EXPLAINED: Mapping[type[Model], Callable[[Any, int], Why]] = {
    Account: account.explain,
    Alarm: alarm.explain,
    BookHead: intake.explain,
    ChainState: chain_state.explain,
    ChainTransaction: chain_transaction.explain,
    Expiry: expiry.explain,
    Hook: hook.explain,
    Proposal: proposal.explain,
    Publication: publication.explain,
    Root: root.explain,
}
"""By model: a row and the unix second of now, to what its page says. A fixed number of queries each."""
