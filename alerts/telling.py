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
        return _to_voter(delivery, event)
    return of_event(event)


def of_event(event: PublicEvent) -> Told:
    """As everybody is told of it."""
    return Told(words.title(event), words.sentence(event), words.lines(event), words.link(event))


def payload(delivery: Delivery, event: PublicEvent) -> bytes:
    """A webhook's body. A reminder's `data` is the event that opened the phase, the link to vote by, and until when."""
    if delivery.purpose != Delivery.Purpose.REMINDER:
        return words.payload(event)
    kind = "commit_reminder" if event.kind == EventKind.BALLOT_OPENED else "reveal_reminder"
    more = {"link": _to_voter(delivery, event).link, "deadline": str(_deadline(delivery, event))}
    return words.body(kind, delivery.created_at, {**show(event), **more})


def _to_voter(delivery: Delivery, event: PublicEvent) -> Told:
    """A ballot that waits for whoever is told of it. An outage can still make its window longer than is said here."""
    again = delivery.purpose == Delivery.Purpose.REMINDER
    ballot, until = event.data["ballot"], utc(_deadline(delivery, event))
    lines = [("Ballot", ballot), ("Closes", until)]
    page = f"{settings.PUBLIC_URL}/vote/{event.slug}/{ballot}/"
    if event.kind == EventKind.REVEAL_OPENED:
        verb = "not revealed yet" if again else "to be revealed"
        sentence = (
            "You committed a vote. It counts only if you reveal it, on any device, while the window is open."
        )
        return Told(f"{event.slug}: your vote is {verb}, until {until}", sentence, lines, f"{page}reveal")
    title = (
        f"you have not voted yet, until {until}"
        if again
        else f"ballot {ballot} waits for your vote, until {until}"
    )
    sentence = "Your stake counts in this ballot. Who does not vote while the window is open loses a small part of it."
    return Told(f"{event.slug}: {title}", sentence, lines, page)


def _deadline(delivery: Delivery, event: PublicEvent) -> int:
    """When the window ends: of a reminder as it was made, else as it opened."""
    return int(event.data["deadline"]) if delivery.deadline is None else delivery.deadline
