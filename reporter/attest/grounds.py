"""Every ground on which an attestor refuses an item (PROTOCOL 7, Attestors), in the order in which they are looked at.

A ground is a function of its code's name: it answers with a sentence where it holds, with None where it does not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from protocol.listing import Expiry
from protocol.signing import Message
from protocol.stages import DecidedBy, Stage
from reporter.attest.chain import Chain
from reporter.attest.follower import AWAY, LATE, Follower
from reporter.attest.memory import Memory
from reporter.units import show_price


@dataclass(frozen=True, slots=True)
class Context:
    """What an attestor knows when it looks at an item."""

    follower: Follower
    chain: Chain
    memory: Memory
    oracle: str
    factory: str
    accept_unwitnessed: bool = False

    def expiry(self, item: Message) -> Expiry | None:
        return self.follower.book.expiries.get(item["expiry"])


Ground = Callable[[Message, Context], str | None]


def contradiction(item: Message, context: Context) -> str | None:
    """The book contradicts itself, its beats, its receipts or the law."""
    return context.follower.broken


def not_final(item: Message, context: Context) -> str | None:
    """By our own fold the expiry has no final price, or the book has no `Final` for it yet."""
    expiry = context.expiry(item)
    if expiry is None:
        return "no entry of the book names this expiry"
    return None if expiry.state.stage is Stage.FINAL else f"it is in {expiry.state.stage}, not final"


def wrong_price(item: Message, context: Context) -> str | None:
    expiry = _known(item, context)
    if item["price"] == expiry.state.price:
        return None
    return f"the price is {show_price(expiry.state.price or 0)}, not {show_price(item['price'])}"


def wrong_transcript(item: Message, context: Context) -> str | None:
    head = _known(item, context).head
    return None if item["transcript"] == head else f"the transcript's head is {head}"


def wrong_payouts(item: Message, context: Context) -> str | None:
    root = _known(item, context).payouts_root
    return None if item["payouts"] == root else f"the root of the payouts is {root}"


def wrong_attempt(item: Message, context: Context) -> str | None:
    """The contract takes prices of its running attempt only; for another one a signature could be used later."""
    attempt = context.chain.attempt_of(context.oracle, item["expiry"])
    return None if item["attempt"] == attempt else f"the contract is at attempt {attempt}, not {item['attempt']}"


def no_beat(item: Message, context: Context) -> str | None:
    """Silence counts only where the service was there to take an act: a beat at or after the deadline says so."""
    state = _known(item, context).state
    if state.decided_by is not DecidedBy.SILENCE or context.follower.last_beat_at >= (state.final_at or 0):
        return None
    return f"no beat yet at or after the deadline of {state.final_at} that decided it"


def seen_late(item: Message, context: Context) -> str | None:
    """An entry was shown to us more than 180 s after its time, though we were here."""
    return _sights(item, context, LATE, "was shown to us more than 180 s after its time")


def not_witnessed(item: Message, context: Context) -> str | None:
    """An entry was made while we were away; our operator decides whether the service's word is enough."""
    if context.accept_unwitnessed:
        return None
    return _sights(item, context, AWAY, "was made while we were away (see --accept-unwitnessed)")


def wrong_value(item: Message, context: Context) -> str | None:
    """The value secured that raised the bonds is not what our own reading of the chain gives."""
    expiry = _known(item, context)
    if expiry.opened is None:
        return "it was never opened"
    said, block, expiry_at = expiry.opened["value_secured"], expiry.opened["block"], expiry.state.expiry_at
    latest = context.chain.latest_block()
    if block > latest:
        return f"`Opened` names block {block}, and the chain is at {latest}"
    rates = dict(expiry.listed.value_rates)
    for until in (block, latest):  # the second: no collateral of the day came in blocks that it left out
        value = context.chain.value_secured(context.factory, expiry.id, expiry_at, rates, until)
        if value != said:
            return f"`Opened` says that {said} wei were secured at block {block}; up to block {until} it is {value}"
    return None


def signed_otherwise(item: Message, context: Context) -> str | None:
    """We have signed another content for this expiry and attempt before."""
    return context.memory.problem(item)


GROUNDS: tuple[Ground, ...] = (
    contradiction, not_final, wrong_price, wrong_transcript, wrong_payouts, no_beat, seen_late, not_witnessed,
    signed_otherwise, wrong_attempt, wrong_value,
)  # fmt: skip


def refusal(item: Message, context: Context) -> str | None:
    """The first ground that holds against an item, as `code: sentence`; None where it may be signed."""
    for ground in GROUNDS:
        if reason := ground(item, context):
            return f"{ground.__name__}: expiry {item['expiry']}: {reason}"
    return None


def _known(item: Message, context: Context) -> Expiry:
    expiry = context.expiry(item)
    assert expiry is not None, "not_final is looked at first"
    return expiry


def _sights(item: Message, context: Context, how: str, words: str) -> str | None:
    found = context.follower.sight_problems(item["expiry"], how)
    if not found:
        return None
    return f"entry {found[0].seq} {words}; {len(found)} such in all"
