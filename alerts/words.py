"""An event in words, and as what is sent: the same for mail, webhooks and feeds."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from django.conf import settings

from oracle import events
from oracle.api.events import show
from oracle.events import MEANING, EventKind, Place, PublicEvent
from pages.login import Site
from protocol.show import decimal, ether, utc

PRICES = ("price",)
AMOUNTS = ("bond", "amount", "value_secured", "reward")
INSTANTS = ("deadline", "from", "to", "expiry_at")


def event_at(place: Place) -> PublicEvent | None:
    """The event at a place. It says the same for ever, so nobody has to keep a copy."""
    return next(iter(events.at_places([place])), None)


def title(event: PublicEvent) -> str:
    """`eth-usd-2026-12-25: standing 3,512.45`"""
    price = f" {decimal(int(event.data['price']))}" if event.data.get("price") else ""
    return f"{event.slug or 'Assize'}: {event.kind.replace('_', ' ')}{price}"


def sentence(event: PublicEvent) -> str:
    """What the kind means: `An expiry was listed; its terms are frozen.`"""
    meaning = MEANING[EventKind(event.kind)]
    return f"{meaning[0].upper()}{meaning[1:]}."


def lines(event: PublicEvent) -> list[tuple[str, str]]:
    """Everything that an event says, as people read it."""
    found = [("At", utc(event.at))]
    for name, value in event.data.items():
        if not value:  # a deadline that there is none of
            continue
        if name in PRICES:
            value = decimal(int(value))
        elif name in AMOUNTS:
            value = ether(int(value))
        elif name in INSTANTS:
            value = utc(int(value))
        found.append((name.replace("_", " ").capitalize(), str(value)))
    return found


def link(event: PublicEvent) -> str:
    return f"{settings.PUBLIC_URL}/expiries/{event.slug}/" if event.slug else f"{settings.PUBLIC_URL}/"


def host() -> str:
    """The name under which things of ours are known for ever: of messages, entries of feeds and calendars."""
    return Site(settings.PUBLIC_URL, settings.CHAIN_ID).domain.partition(":")[0]


def iso(second: int) -> str:
    return f"{datetime.fromtimestamp(second, UTC):%Y-%m-%dT%H:%M:%SZ}"


def payload(event: PublicEvent) -> bytes:
    """A webhook's body: `data` is the event as in GET /api/v1/events. The same bytes at every try."""
    return body(event.kind, event.at, show(event))


def body(kind: str, at: int, data: dict[str, Any]) -> bytes:
    return json.dumps({"type": kind, "timestamp": iso(at), "data": data}, separators=(",", ":")).encode()
