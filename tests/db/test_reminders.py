"""Ballots that wait for whoever may vote in them: told when they open, and again while a vote is missing."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core import mail

from alerts.models import Delivery, Follow, Mailbox
from alerts.services import fanout, follows, hooks, mails, reminders
from oracle import events
from oracle.models import Expiry
from oracle.services.time import pass_time
from protocol.show import utc
from protocol.terms import Terms
from tests.cast import person
from tests.db.conftest import NOW
from tests.db.test_alerts import all_fanned_out, anywhere, follow, receiver
from tests.web.conftest import WINDOW, terms, voters
from tests.web.story import LIE, PRICE, to_ballot

__all__ = ["anywhere", "receiver", "terms", "voters"]
pytestmark = pytest.mark.usefixtures("voters")
LAST_PART = WINDOW // 4


def votes(name: str, **fields: Any) -> Follow:
    account = person(name).address
    return follow(account=account, scope="votes", target=account, **fields)


def told(each: Follow) -> list[tuple[str, str]]:
    """(purpose, kind of the event) of each delivery, in order."""
    rows = each.deliveries.order_by("id").values_list("purpose", "seq", "n")
    kinds = {event.place: event.kind for event in events.at_places([(seq, n) for _, seq, n in rows])}
    return [(purpose, kinds[seq, n]) for purpose, seq, n in rows]


OPENED, TO_REVEAL = ("event", "ballot_opened"), ("event", "reveal_opened")
AGAIN, NOT_REVEALED = ("reminder", "ballot_opened"), ("reminder", "reveal_opened")


def test_ballot__opens_and_is_revealed__told_to_whose_stake_counts_and_who_committed(
    reporting: Expiry,
) -> None:
    vera, victor, alice = votes("vera"), votes("victor"), votes("alice")
    now = to_ballot(reporting)
    assert person("vera").commit(reporting.id, 1, PRICE, now + 1).refusal is None
    pass_time(now=now + WINDOW)
    all_fanned_out()
    assert told(vera) == [OPENED, TO_REVEAL]
    assert told(victor) == [OPENED]
    assert told(alice) == [], "no stake of hers counts in it"


def test_reminder__last_quarter_of_each_window__told_once_to_whose_vote_is_missing(reporting: Expiry) -> None:
    vera, victor, violet = votes("vera"), votes("victor"), votes("violet")
    now = to_ballot(reporting)
    all_fanned_out()
    Follow.objects.filter(pk=violet.pk).update(paused=True)
    assert person("vera").commit(reporting.id, 1, PRICE, now + 1).refusal is None
    ends = now + WINDOW
    assert reminders.remind(now=ends - LAST_PART - 1) == 0
    assert reminders.remind(now=ends - LAST_PART) == 1
    assert reminders.remind(now=ends - 1) == 0, "once"
    assert reminders.remind(now=ends) == 0, "the window is closed, whether anybody has noticed or not"
    assert told(victor) == [OPENED, AGAIN]
    assert person("victor").commit(reporting.id, 1, PRICE, ends - 1).refusal is None
    pass_time(now=ends)
    assert person("victor").reveal(reporting.id, 1, PRICE, ends + 1).refusal is None
    assert reminders.remind(now=ends + WINDOW - LAST_PART) == 1
    assert told(vera) == [OPENED, NOT_REVEALED]
    assert told(victor) == [OPENED, AGAIN], "his is revealed"
    assert NOT_REVEALED not in told(violet)


def test_reminder__next_ballot__a_reveal_of_the_one_before_is_none_of_this(reporting: Expiry) -> None:
    vera = votes("vera")
    now = to_ballot(reporting)
    assert person("vera").commit(reporting.id, 1, PRICE, now + 1).refusal is None
    assert person("victor").commit(reporting.id, 1, LIE, now + 1).refusal is None
    for name, price in (("vera", PRICE), ("victor", LIE)):
        assert person(name).reveal(reporting.id, 1, price, now + WINDOW + 1).refusal is None
    pass_time(now=now + 2 * WINDOW)
    reporting.refresh_from_db()
    assert (reporting.stage, reporting.ballot) == ("COMMIT", 2)
    assert reminders.remind(now=now + 3 * WINDOW - LAST_PART) == 1
    assert told(vera) == [AGAIN]


@pytest.mark.usefixtures("anywhere")
def test_reminder__window_moved_by_an_outage__says_the_deadline_of_now_at_every_try(
    reporting: Expiry, receiver: Any, settings: Any
) -> None:
    settings.EMAIL_FROM = "alerts@assize.example"
    account = person("vera").address
    box = follows.add_mailbox(account=account, address="vera@example.org", now=NOW)
    Mailbox.objects.update(confirmed_at=NOW)
    votes("vera", mailbox=box, hook=follows.add_hook(account=account, url=receiver.url))
    now = to_ballot(reporting)
    Delivery.objects.all().delete()
    pass_time(now=now + WINDOW + 501)  # nobody was there for so long
    reporting.refresh_from_db()
    assert reporting.stage == "COMMIT"
    until = reporting.deadline or 0
    assert until > now + WINDOW
    assert reminders.remind(now=until - 1) == 3
    Expiry.objects.update(deadline=until + 5)  # a later outage, before it is sent
    mails.send_due(now=until - 1)
    hooks.send_due(now=until - 1)
    assert f"until {utc(until)}" in mail.outbox[-1].subject
    assert f"Closes: {utc(until)}" in mail.outbox[-1].body
    data = json.loads(receiver.got[-1][1])["data"]
    assert data["deadline"] == str(until)
    assert data["data"]["deadline"] == str(now + WINDOW), "an event says the same for ever"


@pytest.mark.usefixtures("anywhere")
def test_reminder__by_mail_webhook_and_feed__leads_to_the_reveal(
    reporting: Expiry, receiver: Any, settings: Any, client: Any
) -> None:
    settings.PUBLIC_URL, settings.EMAIL_FROM = "https://assize.example", "alerts@assize.example"
    account = person("vera").address
    box = follows.add_mailbox(account=account, address="vera@example.org", now=NOW)
    Mailbox.objects.update(confirmed_at=NOW)
    hook = follows.add_hook(account=account, url=receiver.url)
    Delivery.objects.all().delete()
    fanout._begin()
    each = votes("vera", mailbox=box, hook=hook)
    now = to_ballot(reporting)
    assert person("vera").commit(reporting.id, 1, PRICE, now + 1).refusal is None
    pass_time(now=now + WINDOW)
    all_fanned_out()
    late = now + 2 * WINDOW - LAST_PART
    assert reminders.remind(now=late) == 3
    mails.send_due(now=late)
    hooks.send_due(now=late)
    link = "https://assize.example/vote/eth-usd-test/1/"
    opened, to_reveal, again = mail.outbox
    assert "waits for your vote" in opened.subject
    assert f"{link}\n" in opened.body
    assert "to be revealed" in to_reveal.subject
    assert "not revealed yet" in again.subject
    assert f"{link}reveal\n" in to_reveal.body
    assert f"{link}reveal\n" in again.body
    bodies = [json.loads(body) for _, body in receiver.got]
    assert [body["type"] for body in bodies] == ["ballot_opened", "reveal_opened", "reveal_reminder"]
    more = {"link": f"{link}reveal", "deadline": str(now + 2 * WINDOW)}
    assert bodies[2]["data"] == bodies[1]["data"] | more
    feed = client.get(f"/feeds/follows/{each.token}.atom").content.decode()
    assert feed.count("<entry>") == 3
    assert feed.count(f'href="{link}reveal"') == 2
    assert client.get("/vote/eth-usd-test/1/reveal").headers["Location"] == "/expiries/eth-usd-test/reveal/"


def test_reminder__window_made_longer_by_a_term__is_a_quarter_of_its_own_window() -> None:
    """The defaults of the law: 12 h before committing closes, 6 h before revealing does."""
    defaults = Terms(service="0x" + "11" * 20, guardians=(), guardian_threshold=0)
    assert defaults.commit_window // reminders.LAST_PART == 12 * 3_600
    assert defaults.reveal_window // reminders.LAST_PART == 6 * 3_600
