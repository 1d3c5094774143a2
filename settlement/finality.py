"""Is a price safe to settle by, and if not, why and until when? (EXPERIENCE 1.5 and 4). No chain is asked here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.db.models import Exists, Subquery, Value

from ledger.models import Account
from oracle.models import Act, Expiry
from oracle.projection import load_state
from protocol.horizon import Horizon, horizon
from protocol.resolution import State
from protocol.stages import Stage
from settlement import selectors
from settlement.alarms import AlarmKind
from settlement.models import Alarm, EscrowBlock, OracleRecord
from settlement.selectors import Payoff
from settlement.stages import PublicationStage


class Reason(StrEnum):
    """Why a price is safe to settle by, or is not; several may hold at once. Stable words of the API."""

    FINAL_ON_CHAIN = "final_on_chain"
    NOT_OPEN = "not_open"
    REPORTS_SEALED = "reports_sealed"
    MAY_BE_CHALLENGED = "may_be_challenged"
    VOTE_RUNS = "vote_runs"
    GUARDIANS_DECIDE = "guardians_decide"
    NO_DEADLINE = "no_deadline"
    DEADLINE_PASSED = "deadline_passed"
    NOT_PUBLISHED = "not_published"
    NOT_IN_A_BLOCK = "not_in_a_block"
    NOT_DEEP = "not_deep"
    CANCELLED = "cancelled"
    CHAIN_DIFFERS = "chain_differs"


MEANING = {
    Reason.FINAL_ON_CHAIN: "the oracle contract answers with this price, in a block deep enough: settle",
    Reason.NOT_OPEN: "the expiry instant, or the block that opens it, is still ahead",
    Reason.REPORTS_SEALED: "reports come in; no price stands yet",
    Reason.MAY_BE_CHALLENGED: "a price stands; a claim against it may still be filled",
    Reason.VOTE_RUNS: "a ballot runs; it may change the price that stands",
    Reason.GUARDIANS_DECIDE: "ballots failed; the guardians may choose another price",
    Reason.NO_DEADLINE: "nobody revealed a vote, so the guardians have no deadline",
    Reason.DEADLINE_PASSED: "a deadline has passed and is about to be processed; what is shown is from before",
    Reason.NOT_PUBLISHED: "final in the book, and waits for the attestors' signatures",
    Reason.NOT_IN_A_BLOCK: "final and signed, and its transaction waits for a block",
    Reason.NOT_DEEP: "in a block; the oracle's delay, in which guardians may cancel, or the depth is not over",
    Reason.CANCELLED: "guardians cancelled a price on chain; what is final in the book is signed and sent once more",
    Reason.CHAIN_DIFFERS: "an alarm: the oracle contract has another price than the book",
}

_OF_STAGE = {
    Stage.SCHEDULED: Reason.NOT_OPEN,
    Stage.REPORTING: Reason.REPORTS_SEALED,
    Stage.CHALLENGE: Reason.MAY_BE_CHALLENGED,
    Stage.COMMIT: Reason.VOTE_RUNS,
    Stage.REVEAL: Reason.VOTE_RUNS,
    Stage.RULING: Reason.GUARDIANS_DECIDE,
}


@dataclass(frozen=True, slots=True)
class OnChain:
    """Where the price is on the chain: its transaction's block, the newest block seen, and how deep that makes it.

    From unix second `pays_from` on series pay by it, unless guardians cancel before; None until a final block has it.
    """

    stage: str
    tx_hash: str | None
    pays_from: int | None
    final_at: int | None
    block: int | None
    head: int | None
    depth_wanted: int

    @property
    def depth(self) -> int | None:
        return None if self.block is None or self.head is None else max(self.head - self.block, 0)

    @property
    def awaited(self) -> int | None:
        """`pays_from`, as long as no deep block shows that it has come."""
        return self.pays_from if self.final_at is None else None


@dataclass(frozen=True, slots=True)
class Finality:
    """`price` is the final one, else the standing one, else None."""

    expiry: Expiry
    reasons: Sequence[Reason]
    horizon: Horizon
    price: int | None
    on_chain: OnChain | None

    @property
    def safe_to_settle(self) -> bool:
        return list(self.reasons) == [Reason.FINAL_ON_CHAIN]

    def payoffs(self) -> Sequence[Payoff]:
        """What one P and one N of each series pay at `price`; one query."""
        return [] if self.price is None else selectors.payoffs(self.expiry.id, self.price)


def finality(expiry: Expiry, *, now: int) -> Finality:
    """What is known at unix second `now`; `expiry.index` should have been selected with it. Two queries at most."""
    state, facts = load_state(expiry), _facts(expiry)
    found = _on_chain(expiry, facts) if state.stage is Stage.FINAL else None
    price = state.standing if state.price is None else state.price
    return Finality(
        expiry=expiry,
        reasons=_reasons(state, found, facts, now=now),
        horizon=horizon(state, now=now, voters=facts["voters"], revealed=facts["revealed"]),
        price=price,
        on_chain=found,
    )


def _facts(expiry: Expiry) -> dict[str, Any]:
    """What else counts, in one query: whether the chain was seen to differ; whether anybody may vote (as long as no
    ballot has opened, by the stakes there are now); whether anybody has revealed; the newest block that was seen; and
    what the oracle had in a final block: its record's state, when the delay of its price is over, and which block."""
    votes = Act.objects.filter(expiry=expiry, kind="VoteReveal", ballot=expiry.ballot)
    staked = Account.objects.filter(name__startswith="stake:", balance__gt=0)
    is_final, is_revealing = expiry.stage == Stage.FINAL, expiry.stage == Stage.REVEAL
    found = Expiry.objects.filter(id=expiry.id).values_list(
        Exists(Alarm.objects.filter(kind=AlarmKind.PRICE_DIFFERS, subject=expiry.id, cleared_at=None)),
        Value(expiry.electorate_weight > 0) if is_final or expiry.ballot else Exists(staked),
        Exists(votes) if is_revealing else Value(value=False),
        Subquery(EscrowBlock.objects.order_by("-number").values("number")[:1]),
        "oracle_record__state",
        "oracle_record__final_at",
        "oracle_record__block",
    )
    names = ("differs", "voters", "revealed", "head", "record", "delay_over", "seen_in")
    return dict(zip(names, found.get(), strict=True))


def _on_chain(expiry: Expiry, facts: dict[str, Any]) -> OnChain | None:
    published = selectors.publication_of(expiry.id)
    if published is None:
        return None
    has_ours = facts["record"] in OracleRecord.OURS and not _is_later(published.block, facts)
    return OnChain(
        stage=published.stage,
        tx_hash=published.tx_hash,
        pays_from=facts["delay_over"] if has_ours and published.block is not None else None,
        final_at=published.final_on_chain_at,
        block=published.block,
        head=facts["head"],
        depth_wanted=settings.CONFIRMATION_DEPTH,
    )


def _reasons(state: State, found: OnChain | None, facts: dict[str, Any], *, now: int) -> list[Reason]:
    reasons = [_of_final(found) if state.stage is Stage.FINAL else _OF_STAGE[state.stage]]
    if state.stage is Stage.RULING and state.deadline is None:
        reasons.append(Reason.NO_DEADLINE)
    if state.deadline is not None and state.deadline <= now:
        reasons.append(Reason.DEADLINE_PASSED)
    block = found.block if found else None
    if facts["record"] == OracleRecord.State.CANCELLED and not _is_later(block, facts):
        reasons.append(Reason.CANCELLED)
    if facts["differs"]:
        reasons.append(Reason.CHAIN_DIFFERS)
    return reasons


def _is_later(block: int | None, facts: dict[str, Any]) -> bool:
    """Whether a price's block is later than the one in which the record was read: it says nothing of this price."""
    return block is not None and block > facts["seen_in"]


def _of_final(found: OnChain | None) -> Reason:
    match found.stage if found else None:
        case PublicationStage.FINAL:
            return Reason.FINAL_ON_CHAIN
        case PublicationStage.MINED:
            return Reason.NOT_DEEP
        case PublicationStage.SIGNED | PublicationStage.SENT:
            return Reason.NOT_IN_A_BLOCK
    return Reason.NOT_PUBLISHED
