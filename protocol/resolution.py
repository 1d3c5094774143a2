"""The fold (PROTOCOL 2 and 5): `outcome = fold(opening, acts, now)`.

Contract of this machine:
- `pass_time` processes every deadline <= now, each from the deadline that passed, so that it does not matter when
  or how often it is called. `judge` does the same up to the act's time before it looks at the act.
- A refused act changes nothing but `judged_at`; the reason is a value, not an exception.
- Both return events: what happened, in order, for whoever keeps the money (oracle/services.py) to carry out.
- No clock, no randomness, no I/O of its own: the past is asked of a `Record`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from protocol.acts import Act, Commit, Opened, Outage, Pledge, Refusal, Report, Reveal, Ruling
from protocol.arithmetic import agree, lower_median, required
from protocol.record import Claim, Record
from protocol.stages import DecidedBy, Stage
from protocol.terms import PPM, Index, Terms


@dataclass(slots=True)
class State:
    """The small, fixed-size part of an expiry. Prices with 18 decimals, money in wei, times in unix seconds."""

    index: Index
    terms: Terms
    expiry_at: int
    stage: Stage = Stage.SCHEDULED
    deadline: int | None = None
    round: int = 0
    ballot: int = 0
    tentative: int | None = None
    standing: int | None = None
    reward: int = 0
    reports: int = 0
    report_stake: int = 0
    extensions: int = 0
    electorate_weight: int = 0
    best_ballot_weight: int = 0
    best_ballot_price: int | None = None
    judged_at: int = 0
    price: int | None = None
    decided_by: DecidedBy | None = None
    final_at: int | None = None

    @property
    def opens_at(self) -> int:
        """The earliest time at which `Opened` is taken."""
        return self.expiry_at + self.terms.report_delay


@dataclass(frozen=True, slots=True)
class Moved:
    """The expiry took the edge of this letter (protocol/stages.py) at this time."""

    edge: str
    at: int


@dataclass(frozen=True, slots=True)
class Staked:
    """The account's `amount` wei is locked from now on."""

    account: str
    amount: int


@dataclass(frozen=True, slots=True)
class Released:
    """An open pledge went back, whole."""

    account: str
    amount: int


Event = Moved | Staked | Released


@dataclass(slots=True)
class Judgement:
    """`refusal` is None when the act was taken. `events` holds what passing deadlines and the act brought about."""

    refusal: Refusal | None = None
    events: list[Event] = field(default_factory=list)

    @property
    def staked(self) -> int:
        """Wei that the act itself locked: for a pledge, no more than what was left to fill."""
        return sum(event.amount for event in self.events if isinstance(event, Staked))


def pass_time(state: State, record: Record, now: int) -> list[Event]:
    """Process every deadline <= now, in order (PROTOCOL 2, Deadlines)."""
    events: list[Event] = []
    while state.deadline is not None and state.deadline <= now:
        _CLOSE[state.stage](state, record, state.deadline, events)
    return events


def judge(state: State, record: Record, act: Act) -> Judgement:
    """Take or refuse one act, in the order of PROTOCOL 5's last column."""
    if act.at < state.judged_at:
        return Judgement(Refusal.OUT_OF_ORDER)
    if isinstance(act, Outage):
        return _judge_outage(state, record, act)
    verdict = Judgement(events=pass_time(state, record, act.at))
    state.judged_at = act.at
    verdict.refusal = _JUDGE[type(act)](state, record, act, verdict.events)
    return verdict


# ---------------------------------------------------------------- acts


def _judge_opened(state: State, record: Record, act: Opened, events: list[Event]) -> Refusal | None:
    if state.stage is not Stage.SCHEDULED or act.at < state.opens_at:
        return Refusal.WRONG_STAGE
    state.terms = state.terms.raised(act.value_secured)
    state.reward = act.reward
    _enter(state, Stage.REPORTING, "a", act.at, state.terms.report_window, events)
    return None


def _judge_report(state: State, record: Record, act: Report, events: list[Event]) -> Refusal | None:
    if state.stage is not Stage.REPORTING:
        return Refusal.WRONG_STAGE
    if record.has_reported(act.account):
        return Refusal.ALREADY_REPORTED
    if act.price is not None and (bad_price := price_refusal(state, act.price)):
        return bad_price
    if not state.terms.min_report_bond <= act.bond <= state.terms.max_report_bond:
        return Refusal.BOND_OUT_OF_BOUNDS
    if not record.covers(act.account, act.bond):
        return Refusal.INSUFFICIENT_BALANCE
    record.add_report(act)
    state.reports += 1
    state.report_stake += act.bond
    events.append(Staked(act.account, act.bond))
    return None


def _judge_pledge(state: State, record: Record, act: Pledge, events: list[Event]) -> Refusal | None:
    if state.stage is not Stage.CHALLENGE:
        return Refusal.WRONG_STAGE
    if act.round != state.round + 1:
        return Refusal.WRONG_ROUND
    if act.until is not None and act.at > act.until:
        return Refusal.EXPIRED
    if bad_price := price_refusal(state, act.price):
        return bad_price
    if state.standing is not None and agree(act.price, state.standing, state.terms.tolerance_ppm):
        return Refusal.AGREES_WITH_STANDING
    claim = record.claim_at(act.price)
    bond = bond_now(state, record, act.price, claim)
    left = bond - (claim.pledged if claim else 0)
    if act.amount < min(state.terms.min_pledge, left):
        return Refusal.PLEDGE_TOO_SMALL
    taken = min(act.amount, left)
    if not record.covers(act.account, taken):
        return Refusal.INSUFFICIENT_BALANCE
    claim = claim or Claim(act.price, bond, state.round)
    claim.required, claim.round = bond, state.round
    claim.pledged += taken
    record.add_pledge(act, taken, claim)
    events.append(Staked(act.account, taken))
    if claim.pledged == claim.required:
        _fill(state, record, claim, act.at, events)
    return None


def _judge_commit(state: State, record: Record, act: Commit, events: list[Event]) -> Refusal | None:
    if state.stage is not Stage.COMMIT:
        return Refusal.WRONG_STAGE
    if act.ballot != state.ballot:
        return Refusal.WRONG_BALLOT
    if record.weight_of(act.account) == 0:
        return Refusal.NOT_A_VOTER
    if record.commitment_of(act.ballot, act.account) is not None:
        return Refusal.ALREADY_COMMITTED
    record.add_commit(act)
    return None


def _judge_reveal(state: State, record: Record, act: Reveal, events: list[Event]) -> Refusal | None:
    if state.stage is not Stage.REVEAL:
        return Refusal.WRONG_STAGE
    if act.ballot != state.ballot:
        return Refusal.WRONG_BALLOT
    commitment = record.commitment_of(act.ballot, act.account)
    if commitment is None:
        return Refusal.NO_COMMITMENT
    if record.has_revealed(act.ballot, act.account):
        return Refusal.ALREADY_REVEALED
    if commitment != act.commitment:
        return Refusal.COMMITMENT_MISMATCH
    if bad_price := price_refusal(state, act.price):
        return bad_price
    record.add_reveal(act)
    return None


def _judge_ruling(state: State, record: Record, act: Ruling, events: list[Event]) -> Refusal | None:
    if state.stage is not Stage.RULING:
        return Refusal.WRONG_STAGE
    if bad_price := price_refusal(state, act.price):
        return bad_price
    allowed = candidates(state, record)
    if allowed and act.price not in allowed:
        return Refusal.NOT_A_CANDIDATE
    _finish(state, act.price, DecidedBy.RULING, "l", act.at, events)
    return None


def _judge_outage(state: State, record: Record, act: Outage) -> Judgement:
    """An outage processes only deadlines <= its start: nobody could act on a later one (PROTOCOL 2)."""
    verdict = Judgement()
    if act.to <= act.from_ or act.from_ < state.judged_at:
        verdict.refusal = Refusal.BAD_OUTAGE
    else:
        verdict.events = pass_time(state, record, act.from_)
        if state.stage is Stage.FINAL:
            verdict.refusal = Refusal.BAD_OUTAGE
        elif state.deadline is not None:
            state.deadline += act.to - act.from_
    state.judged_at = act.at
    return verdict


def bond_now(state: State, record: Record, price: int, claim: Claim | None) -> int:
    """The bond in wei that a claim at `price` (`claim`, where one is open) must fill in the running round.

    Worked out once for each claim and round: that is what keeps a pledge at a known price cheap.
    """
    if claim is not None and claim.round == state.round:
        return claim.required
    return required(price, record.stakes(), state.round, state.terms)


def candidates(state: State, record: Record) -> set[int]:
    """The prices that a ruling may choose among; empty means any price in bounds (PROTOCOL 5)."""
    prices = {stake.price for stake in record.stakes()}
    for ballot in range(1, state.ballot + 1):
        if votes := record.votes(ballot):
            prices.add(lower_median((vote.price, vote.weight) for vote in votes))
    return prices


def price_refusal(state: State, price: int) -> Refusal | None:
    """Whether the index's bounds and tick allow a price."""
    if not state.index.min_price <= price <= state.index.max_price:
        return Refusal.PRICE_OUT_OF_BOUNDS
    if price % state.index.tick:
        return Refusal.PRICE_OFF_TICK
    return None


def _fill(state: State, record: Record, claim: Claim, at: int, events: list[Event]) -> None:
    record.fill(claim)
    state.round += 1
    state.standing = claim.price
    if claim.required == state.terms.arbitration_bond:
        _release(record.open_claims(), record, events)
        _open_ballot(state, record, "f", at, events)
        return
    tolerance = state.terms.tolerance_ppm
    _release([o for o in record.open_claims() if agree(o.price, claim.price, tolerance)], record, events)
    _enter(state, Stage.CHALLENGE, "e", at, state.terms.challenge_window, events)


def _release(claims: Sequence[Claim], record: Record, events: list[Event]) -> None:
    if claims:
        events += [Released(*back) for back in record.release(claims)]


# ---------------------------------------------------------------- deadlines


def _close_reporting(state: State, record: Record, at: int, events: list[Event]) -> None:
    terms = state.terms
    enough = terms.enough(state.reports, state.report_stake)
    if not enough and state.extensions < terms.report_extensions:
        state.extensions += 1
        _enter(state, Stage.REPORTING, "c", at, terms.report_window, events)
        return
    if state.reports:
        state.tentative = lower_median((stake.price, stake.amount) for stake in record.stakes())
        state.standing = state.tentative
    if enough:
        _enter(state, Stage.CHALLENGE, "b", at, terms.challenge_window, events)
    else:
        _open_ballot(state, record, "g", at, events)


def _close_challenge(state: State, record: Record, at: int, events: list[Event]) -> None:
    _release(record.open_claims(), record, events)
    assert state.standing is not None
    _finish(state, state.standing, DecidedBy.SILENCE, "d", at, events)


def _close_commit(state: State, record: Record, at: int, events: list[Event]) -> None:
    _enter(state, Stage.REVEAL, "h", at, state.terms.reveal_window, events)


def _close_reveal(state: State, record: Record, at: int, events: list[Event]) -> None:
    votes = record.votes(state.ballot)
    if votes:
        median = lower_median((vote.price, vote.weight) for vote in votes)
        revealed = sum(vote.weight for vote in votes)
        agreeing = sum(v.weight for v in votes if agree(v.price, median, state.terms.tolerance_ppm))
        quorum = revealed * PPM >= state.terms.vote_quorum_ppm * state.electorate_weight
        if quorum and agreeing * PPM >= state.terms.vote_agreement_ppm * revealed:
            _finish(state, median, DecidedBy.VOTE, "i", at, events)
            return
        if revealed > state.best_ballot_weight:
            state.best_ballot_weight, state.best_ballot_price = revealed, median
    if state.ballot <= state.terms.vote_retries:
        _open_ballot(state, record, "j", at, events)
    else:
        _open_ruling(state, "k", at, events)


def _close_ruling(state: State, record: Record, at: int, events: list[Event]) -> None:
    assert state.best_ballot_price is not None
    _finish(state, state.best_ballot_price, DecidedBy.DEFAULT, "l", at, events)


def _open_ballot(state: State, record: Record, edge: str, at: int, events: list[Event]) -> None:
    if state.ballot == 0:
        state.electorate_weight = record.take_electorate(at)
    if state.electorate_weight == 0:
        _open_ruling(state, "m", at, events)
        return
    state.ballot += 1
    _enter(state, Stage.COMMIT, edge, at, state.terms.commit_window, events)


def _open_ruling(state: State, edge: str, at: int, events: list[Event]) -> None:
    """Without a single revealed vote there is nothing to default to: the ruling stays open (PROTOCOL 2)."""
    _enter(state, Stage.RULING, edge, at, state.terms.ruling_window, events)
    if state.best_ballot_price is None:
        state.deadline = None


def _enter(state: State, stage: Stage, edge: str, at: int, window: int, events: list[Event]) -> None:
    state.stage = stage
    state.deadline = at + window
    events.append(Moved(edge, at))


def _finish(
    state: State, price: int, decided_by: DecidedBy, edge: str, at: int, events: list[Event]
) -> None:
    state.stage, state.deadline = Stage.FINAL, None
    state.price, state.decided_by, state.final_at = price, decided_by, at
    events.append(Moved(edge, at))


_JUDGE: dict[type, Callable[[State, Record, Any, list[Event]], Refusal | None]] = {
    Opened: _judge_opened,
    Report: _judge_report,
    Pledge: _judge_pledge,
    Commit: _judge_commit,
    Reveal: _judge_reveal,
    Ruling: _judge_ruling,
}

_CLOSE: dict[Stage, Callable[[State, Record, int, list[Event]], None]] = {
    Stage.REPORTING: _close_reporting,
    Stage.CHALLENGE: _close_challenge,
    Stage.COMMIT: _close_commit,
    Stage.REVEAL: _close_reveal,
    Stage.RULING: _close_ruling,
}
