"""What has happened to an expiry and what comes, one line each, for its timeline."""

from __future__ import annotations

from dataclasses import dataclass

from oracle import events
from oracle.events import EventKind as K
from oracle.events import PublicEvent
from oracle.models import Expiry
from protocol.horizon import Unbounded
from protocol.show import decimal, duration, ether
from protocol.stages import Stage
from settlement.finality import Finality, OnChain

ROWS = 60


@dataclass(frozen=True, slots=True)
class Told:
    """`at` in unix seconds, None where nobody knows; `ahead`: it has not happened, and may not."""

    at: int | None
    text: str
    ahead: bool = False


def timeline(expiry: Expiry, found: Finality) -> list[Told]:
    """What happened, in order, then what can still come. One query."""
    past = events.page(after=events.START, limit=ROWS, expiry=expiry.id, kinds=list(TEXT))
    return [*(Told(_when(event, expiry), words(event)) for event in past), *_ahead(expiry, found)]


def _when(event: PublicEvent, expiry: Expiry) -> int:
    """A window's end makes a price final; the entry that says so, which gives its event the time, comes later."""
    return expiry.final_at if event.kind is K.FINAL and expiry.final_at is not None else event.at


TEXT = {  # what an expiry has few of, however many act on it
    K.LISTED: "Listed; its terms are frozen",
    K.OPENED: "Opened for reports, with {secured} secured",
    K.REPORTING_EXTENDED: "Too few reports: the window opened once more",
    K.STANDING: "{price} stands",
    K.CLAIM_FILLED: "Round {round}: a claim at {price} is filled",
    K.ELECTORATE_TAKEN: "The electorate is fixed",
    K.BALLOT_OPENED: "Ballot {ballot} opened",
    K.REVEAL_OPENED: "Votes of ballot {ballot} could be revealed",
    K.RULING_OPENED: "Went to the guardians",
    K.RULED: "The guardians ruled for {price}",
    K.OUTAGE: "Nobody could act for {lost}; the window moved by that",
    K.FINAL: "{price} is final in the book",
    K.PUBLISHED: "In a block of the chain",
    K.FINAL_ON_CHAIN: "Final on chain: series pay by it",
}

HAPPENED = {  # every kind, for whoever has the page open: it may not say more than the page does
    K.LISTED: "An expiry was listed.",
    K.SERIES_CREATED: "A series was created.",
    K.OPENED: "It takes reports now.",
    K.REPORTED: "A report was taken.",
    K.REPORTING_EXTENDED: "Too few reports: the window opened once more.",
    K.STANDING: "A price stands now.",
    K.PLEDGED: "A pledge was taken.",
    K.CLAIM_FILLED: "A claim was filled.",
    K.ELECTORATE_TAKEN: "The electorate is fixed.",
    K.BALLOT_OPENED: "A ballot opened.",
    K.VOTE_COMMITTED: "A sealed vote was taken.",
    K.REVEAL_OPENED: "Votes can be revealed now.",
    K.VOTE_REVEALED: "A vote was revealed.",
    K.RULING_OPENED: "It went to the guardians.",
    K.RULED: "The guardians ruled.",
    K.OUTAGE: "Nobody could act for a while; the window moved by that.",
    K.FINAL: "The price is final in the book.",
    K.PUBLISHED: "The price is in a block of the chain.",
    K.FINAL_ON_CHAIN: "The price is final on chain: series pay by it.",
}


def words(event: PublicEvent) -> str:
    """A milestone as a sentence without its time."""
    data: dict[str, str] = dict(event.data)
    if data.get("price"):
        data["price"] = decimal(int(data["price"]))
    if event.kind is K.OPENED:
        data["secured"] = ether(int(data["value_secured"]))
    if event.kind is K.OUTAGE:
        data["lost"] = duration(int(data["to"]) - int(data["from"]))
    return TEXT[event.kind].format_map(data)


def _ahead(expiry: Expiry, finality: Finality) -> list[Told]:
    if expiry.stage == Stage.FINAL:
        return _pays(finality.on_chain)
    bounds, found = finality.horizon, []
    at_once = " it opens at once and" if bounds.unbounded is Unbounded.OPENING_WAITS else ""
    if expiry.stage == Stage.SCHEDULED:
        found.append(Told(expiry.opens_at, "Opens for reports, at the earliest", ahead=True))
    elif expiry.deadline is not None:
        found.append(Told(expiry.deadline, _CLOSES[Stage(expiry.stage)], ahead=True))
    if bounds.undisputed is not None and bounds.undisputed != expiry.deadline:
        found.append(Told(bounds.undisputed, f"Final, if{at_once} nobody disputes", ahead=True))
    if bounds.latest is None:
        found.append(Told(None, "Final: the guardians have no deadline", ahead=True))
    elif bounds.latest != expiry.deadline:
        found.append(Told(bounds.latest, f"Final at the latest{_BUT[bounds.unbounded]}", ahead=True))
    return found


def _pays(place: OnChain | None) -> list[Told]:
    if place is None or place.awaited is None:
        return []
    return [Told(place.awaited, "Series pay by it, unless guardians cancel it before", ahead=True)]


_BUT: dict[Unbounded | None, str] = {
    None: "",
    Unbounded.OPENING_WAITS: ", if it opens at once, unless a vote is held and nobody reveals in it",
    Unbounded.RULING_WAITS: "",  # then there is no latest time
    Unbounded.RULING_MAY_WAIT: ", unless a vote is held and nobody reveals in it",
}

_CLOSES = {
    Stage.REPORTING: "Reporting closes",
    Stage.CHALLENGE: "Final, unless a claim is filled before",
    Stage.COMMIT: "Votes are revealed from then on",
    Stage.REVEAL: "The ballot is counted",
    Stage.RULING: "The strongest ballot decides, unless the guardians rule before",
}
