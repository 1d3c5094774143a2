"""Who may vote, with what weight, and what of their stake that locks (PROTOCOL 1, `electorate`). Amounts in wei."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from protocol.terms import PPM, Terms


@dataclass(frozen=True, slots=True)
class Duty:
    """One voter's part in one unfinished expiry: the weight they vote with, and the most that can be cut from it."""

    weight: int
    worst_cut: int


def worst_cut(weight: int, terms: Terms) -> int:
    """The most that an expiry can cut from `weight` by the time it is final: the worst of every ballot it may hold."""
    return terms.ballots * (weight * terms.worst_slash_ppm // PPM)


def least_held(held: int, changes: Sequence[int]) -> int:
    """The least stake held over a span that ends with `held`; `changes` are those of the span, in order of time.

    What was held just before the first change counts: the span begins with it.
    """
    least = held
    for change in reversed(changes):
        held -= change
        least = min(least, held)
    return least


def weigh(least: Mapping[str, int], duties: Mapping[str, Sequence[Duty]]) -> dict[str, int]:
    """The electorate by address: the least held less the most that other unfinished expiries can still cut from it."""
    electorate = {}
    for account in sorted(least):
        weight = least[account] - sum(duty.worst_cut for duty in duties.get(account, ()))
        if weight > 0:
            electorate[account] = weight
    return electorate


def locked(duties: Iterable[Duty]) -> int:
    """How much stake must stay until expiries are final; `duties` in the order in which their ballots opened.

    A later weight was given in the knowledge that earlier expiries may cut, so it needs their cuts beside it.
    """
    lock = earlier_cuts = 0
    for duty in duties:
        lock = max(lock, duty.weight + earlier_cuts)
        earlier_cuts += duty.worst_cut
    return lock
