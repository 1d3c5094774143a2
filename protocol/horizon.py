"""When an expiry can become final: the windows that can still come (PROTOCOL 2, and promise 5 of PROTOCOL 9).

For an expiry as it stands, without outages: one moves every later time by as much.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from protocol.resolution import State
from protocol.stages import Stage
from protocol.terms import Terms


class Unbounded(StrEnum):
    """Why no latest time can be promised."""

    OPENING_WAITS = (
        "opening_waits"  # the service opens it with the chain's first final block after its instant
    )
    RULING_WAITS = "ruling_waits"  # nobody ever revealed a vote: the guardians have no deadline
    RULING_MAY_WAIT = "ruling_may_wait"  # it would, if ballots came and nobody revealed a vote in any of them


@dataclass(frozen=True, slots=True)
class Horizon:
    """Unix seconds. `undisputed`: if nobody pledges any more; None where it has gone to a vote or a ruling.

    `latest`: the end of the longest way that has a deadline; None where the running stage has none. `unbounded` says
    whether there is a way without. Before it opens, all are counted as if it opened as early as it can.
    """

    earliest: int
    undisputed: int | None
    latest: int | None
    unbounded: Unbounded | None


def horizon(state: State, *, now: int, voters: bool, revealed: bool) -> Horizon:
    """The bounds as of unix second `now`.

    `voters`: whether the electorate would have anybody in it, or has; without, guardians rule where a ballot would
    open. `revealed`: whether somebody has revealed a vote in the running ballot.
    """
    if state.stage is Stage.FINAL:
        assert state.final_at is not None
        return Horizon(state.final_at, state.final_at, state.final_at, None)
    if state.stage is Stage.RULING:
        waits = Unbounded.RULING_WAITS if state.deadline is None else None
        # Guardians may sign at any time; a deadline that has passed is only waiting to be processed.
        earliest = now if state.deadline is None else min(now, state.deadline)
        return Horizon(earliest, None, state.deadline, waits)
    return Horizon(
        _earliest(state, now, voters),
        _undisputed(state, now),
        _latest(state, now),
        _open_end(state, revealed),
    )


def _open_end(state: State, revealed: bool) -> Unbounded | None:
    if state.stage is Stage.SCHEDULED:
        return Unbounded.OPENING_WAITS
    return None if revealed or state.best_ballot_price is not None else Unbounded.RULING_MAY_WAIT


def _earliest(state: State, now: int, voters: bool) -> int:
    terms, deadline = state.terms, _deadline(state, now)
    ballot = terms.commit_window + terms.reveal_window if voters else 0
    match state.stage:
        case Stage.COMMIT:
            return deadline + terms.reveal_window
        case Stage.REVEAL:
            return deadline
        case Stage.CHALLENGE:
            return min(deadline, now + ballot)
    return deadline + min(terms.challenge_window, ballot)


def _undisputed(state: State, now: int) -> int | None:
    if state.stage is Stage.CHALLENGE:
        return _deadline(state, now)
    if state.stage in (Stage.SCHEDULED, Stage.REPORTING):
        return _deadline(state, now) + state.terms.challenge_window
    return None


def _latest(state: State, now: int) -> int:
    terms, end = state.terms, _deadline(state, now)
    ballot = terms.commit_window + terms.reveal_window
    ballots_left = terms.ballots - state.ballot
    match state.stage:
        case Stage.COMMIT:
            end += terms.reveal_window
        case Stage.CHALLENGE:
            end += most_rounds(terms, state.round) * terms.challenge_window
        case Stage.SCHEDULED | Stage.REPORTING:
            end += (terms.report_extensions - state.extensions) * terms.report_window
            end += (most_rounds(terms, 0) + 1) * terms.challenge_window
    return end + ballots_left * ballot + terms.ruling_window


def _deadline(state: State, now: int) -> int:
    """The end of the running window; for an expiry that has not opened, of the first one, should it open at once."""
    if state.stage is Stage.SCHEDULED:
        return max(now, state.opens_at) + state.terms.report_window
    assert state.deadline is not None
    return state.deadline


def most_rounds(terms: Terms, filled: int) -> int:
    """The most claims that can still be filled with `filled` behind: the floor doubles up to the arbitration bond."""
    rounds = 0
    while terms.min_challenge_bond << (filled + rounds) < terms.arbitration_bond:
        rounds += 1
    return rounds + 1
