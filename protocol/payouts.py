"""Who gets what once an expiry is final (PROTOCOL 6). All amounts in wei."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from protocol.arithmetic import Stake, agree, forfeit, share
from protocol.record import Record
from protocol.resolution import State
from protocol.stages import DecidedBy, Stage
from protocol.terms import PPM, Terms


@dataclass(slots=True)
class Outcome:
    """`payouts`: every stake returned, every gain, every released pledge, by account, 0 for who lost all.

    `stake_changes`: what the ballots did to each member of the electorate; empty when none was held.
    """

    payouts: dict[str, int]
    treasury: int
    stake_changes: dict[str, int]


def settle(state: State, record: Record) -> Outcome:
    """Divide all stakes and the reward of a final expiry.

    Raises ValueError before FINAL, and AssertionError should a wei be made or lost (promise 1).
    """
    if state.stage is not Stage.FINAL or state.price is None:
        raise ValueError("an expiry pays only once it is final")
    stakes = record.stakes()
    judged = state.decided_by in (DecidedBy.SILENCE, DecidedBy.VOTE) and any(
        agree(stake.price, state.price, state.terms.tolerance_ppm) for stake in stakes
    )
    paid, treasury, for_voters = pay_stakes(state, state.price, stakes, judged)
    outcome, released = Outcome({}, treasury, {}), record.released()
    _add_up(outcome.payouts, released)
    _add_up(outcome.payouts, paid)
    _pay_voters(state, state.price, record, judged, for_voters, outcome)
    _assert_conserved(state, stakes, released, outcome)
    return outcome


def final_json(state: State, record: Record) -> dict[str, Any]:
    """The six keys that a result has once it is FINAL, as PROTOCOL 10 writes them; ValueError before."""
    outcome = settle(state, record)
    return {
        "price": str(state.price),
        "decided_by": str(state.decided_by),
        "final_at": str(state.final_at),
        "payouts": {who: str(amount) for who, amount in sorted(outcome.payouts.items())},
        "treasury": str(outcome.treasury),
        "stake_changes": {who: str(change) for who, change in sorted(outcome.stake_changes.items())},
    }


def pay_stakes(
    state: State, price: int, stakes: Iterable[Stake], judged: bool
) -> tuple[list[tuple[str, int]], int, int]:
    """Rules 1 and 2 (PROTOCOL 6): what each stake gets back, by account, then what goes to the treasury, then what
    waits for the voters. `judged`: decided by silence or vote, and some stake agrees with `price`.
    """
    terms = state.terms
    lost = [(stake, forfeit(stake, price, terms)) for stake in stakes]
    if not judged:
        cuts = [(stake, loss * terms.fee_ppm // PPM) for stake, loss in lost]
        paid = [(stake.account, stake.amount - cut) for stake, cut in cuts]
        return paid, sum(cut for _, cut in cuts) + state.reward, 0
    paid = [(stake.account, stake.amount - loss) for stake, loss in lost]
    forfeits = sum(loss for _, loss in lost)
    fee = forfeits * terms.fee_ppm // PPM
    for_voters = fee * terms.voter_share_ppm // PPM if state.decided_by is DecidedBy.VOTE else 0
    treasury = fee - for_voters
    right = [stake for stake, _ in lost if agree(stake.price, price, terms.tolerance_ppm)]
    paid += _shared(forfeits - fee, right)
    right_reports = [stake for stake in right if not stake.is_pledge]
    if right_reports:
        paid += _shared(state.reward, right_reports)
    else:
        treasury += state.reward
    return paid, treasury, for_voters


def _pay_voters(
    state: State, price: int, record: Record, judged: bool, pool: int, outcome: Outcome
) -> None:
    """Rule 3: cuts for each ballot held, and the coherent voters of the last one who share them."""
    treasury = 0
    electorate = record.electorate() if state.ballot else {}
    changes = dict.fromkeys(electorate, 0)
    coherent: dict[str, int] = {}
    for ballot in range(1, state.ballot + 1):
        committed = record.committed(ballot)
        revealed = {vote.account: vote.price for vote in record.votes(ballot)}
        coherent = {}
        for account, stake in electorate.items():
            vote = revealed.get(account)
            if vote is not None and agree(vote, price, state.terms.tolerance_ppm):
                coherent[account] = stake
                continue
            cut = stake * _slash_ppm(state.terms, vote is not None, account in committed) // PPM
            changes[account] -= cut
            if judged and account in committed:
                pool += cut
            else:
                treasury += cut
    if coherent and judged:
        for account, gain in zip(coherent, share(pool, list(coherent.values())), strict=True):
            changes[account] += gain
    else:
        treasury += pool
    outcome.treasury += treasury
    outcome.stake_changes = changes


def _slash_ppm(terms: Terms, revealed: bool, committed: bool) -> int:
    if revealed:
        return terms.wrong_slash_ppm
    return terms.unrevealed_slash_ppm if committed else terms.absent_slash_ppm


def _shared(pool: int, stakes: list[Stake]) -> list[tuple[str, int]]:
    parts = share(pool, [stake.amount for stake in stakes])
    return [(stake.account, part) for stake, part in zip(stakes, parts, strict=True)]


def _add_up(totals: dict[str, int], amounts: Iterable[tuple[str, int]]) -> None:
    for account, amount in amounts:
        totals[account] = totals.get(account, 0) + amount


def _assert_conserved(
    state: State, stakes: Iterable[Stake], released: Iterable[tuple[str, int]], outcome: Outcome
) -> None:
    came = sum(s.amount for s in stakes) + sum(amount for _, amount in released) + state.reward
    went = sum(outcome.payouts.values()) + outcome.treasury + sum(outcome.stake_changes.values())
    assert came == went, f"{came} wei came, {went} wei went"
