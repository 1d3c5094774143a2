"""What a delivery says: in words for mail and feeds, as a body for webhooks. The same at every try."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings

from alerts import words
from alerts.models import Delivery, Follow
from oracle.api.events import show
from oracle.events import EventKind, PublicEvent
from protocol.show import utc

Lines = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Told:
    """One thing to tell, and where to go."""

    title: str
    sentence: str
    lines: Lines
    link: str


def told(delivery: Delivery, event: PublicEvent) -> Told:
    """An event as its follow asked for it."""
    if delivery.follow is not None and delivery.follow.scope == Follow.Scope.VOTES:
        return _to_voter(event, again=delivery.purpose == Delivery.Purpose.REMINDER)
    return of_event(event)


def of_event(event: PublicEvent) -> Told:
    """As everybody is told of it."""
    return Told(words.title(event), words.sentence(event), words.lines(event), words.link(event))


def payload(delivery: Delivery, event: PublicEvent) -> bytes:
    """A webhook's body. A reminder's `data` is the event that opened the phase, and the link to vote by."""
    if delivery.purpose != Delivery.Purpose.REMINDER:
        return words.payload(event)
    kind = "commit_reminder" if event.kind == EventKind.BALLOT_OPENED else "reveal_reminder"
    return words.body(kind, delivery.created_at, {**show(event), "link": _to_voter(event, again=True).link})


def _to_voter(event: PublicEvent, *, again: bool) -> Told:
    """A ballot that waits for whoever is told of it. An outage can make its window longer than is said here."""
    ballot, until = event.data["ballot"], utc(int(event.data["deadline"]))
    page = f"{settings.PUBLIC_URL}/vote/{event.slug}/{ballot}/"
    if event.kind == EventKind.REVEAL_OPENED:
        verb = "not revealed yet" if again else "to be revealed"
        sentence = (
            "You committed a vote. It counts only if you reveal it, on any device, while the window is open."
        )
        return Told(
            f"{event.slug}: your vote is {verb}, until {until}", sentence, _lines(event), f"{page}reveal"
        )
    title = (
        f"you have not voted yet, until {until}"
        if again
        else f"ballot {ballot} waits for your vote, until {until}"
    )
    sentence = "Your stake counts in this ballot. Who does not vote while the window is open loses a small part of it."
    return Told(f"{event.slug}: {title}", sentence, _lines(event), page)


def _lines(event: PublicEvent) -> Lines:
    return [("Ballot", event.data["ballot"]), ("Closes", utc(int(event.data["deadline"])))]
