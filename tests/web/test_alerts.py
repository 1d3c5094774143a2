"""The page of alerts, feeds and calendars: only ever one's own, and what standards ask for."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

import pytest
from django.core import mail
from django.test import Client
from icalendar import Calendar

from alerts import calendars
from alerts.entries import Entry, _length
from alerts.models import ApiToken, Attempt, CalendarLink, Delivery, Follow, Hook, Mailbox
from alerts.services import fanout, follows, mails
from assize.api_docs import document
from oracle import events
from oracle.events import MEANING, EventKind
from oracle.models import Expiry
from oracle.services.time import pass_time
from protocol.stages import Stage
from tests.cast import person
from tests.conftest import ROOT
from tests.web.conftest import OPEN, WINDOW, Clock, queries
from tests.web.story import send_secret_report, to_ballot, to_challenge, to_final
from tests.web.test_api_schema import check
from tests.web.test_login import enter
from tests.web.test_sealing import SECRETS

ALICE, BOB = person("alice"), person("bob")
SITE = "http://testserver"
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture(autouse=True)
def origin(settings: Any, db: None) -> None:
    settings.PUBLIC_URL = "http://testserver"
    settings.EMAIL_FROM = "alerts@assize.example"


@pytest.fixture
def alice(client: Client) -> Client:
    assert enter(client, ALICE).status_code == 200
    return client


@pytest.fixture
def bob() -> Client:
    client = Client()
    assert enter(client, BOB).status_code == 200
    return client


def text(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200, path
    return response.content.decode()


def test_follow__of_an_expiry__is_made_changed_paused_and_deleted(expiry: Expiry, alice: Client) -> None:
    form = text(alice, f"/me/alerts/new/?expiry={expiry.slug}")
    assert f'value="{expiry.slug}"' in form
    wanted = {"scope": "expiry", "target": expiry.slug, "kinds": ["final"], "deviation_bps": "50", "feed": "on"}
    assert alice.post("/me/alerts/new/", wanted | {"least_value": "1.5"}).status_code == 302
    row = Follow.objects.get()
    assert (row.account, row.target, row.kinds, row.deviation_bps) == (ALICE.address, expiry.id, ["final"], 50)
    assert row.least_value == 15 * 10**17
    page = text(alice, "/me/alerts/")
    assert expiry.slug in page
    assert "1.5 ETH" in page
    assert 'value="1.5"' in text(alice, f"/me/alerts/{row.pk}/")
    alice.post(f"/me/alerts/{row.pk}/", wanted | {"kinds": ["standing"]})
    alice.post(f"/me/alerts/{row.pk}/pause/")
    row.refresh_from_db()
    assert (row.kinds, row.paused, row.least_value) == (["standing"], True, None)
    alice.post(f"/me/alerts/{row.pk}/resume/")
    assert not Follow.objects.get().paused
    alice.post(f"/me/alerts/{row.pk}/delete/")
    assert not Follow.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"scope": "expiry", "target": "nowhere"}, "no expiry of this name"),
        ({"scope": "index", "target": "nowhere"}, "no index of this name"),
        ({"scope": "account", "target": "0x12"}, "40 hex digits"),
        ({"deviation_bps": "0"}, "greater than or equal to 1"),
        ({"kinds": ["gossip"]}, "not one of the available choices"),
        ({"feed": ""}, "at least one way"),
    ],
)
def test_follow__wrong__says_what_and_keeps_nothing(alice: Client, wrong: dict[str, Any], said: str) -> None:
    response = alice.post("/me/alerts/new/", {"scope": "all", "feed": "on"} | wrong)
    assert response.status_code == 400
    assert said in response.content.decode()
    assert not Follow.objects.exists()


def test_alerts__not_logged_in__leads_to_the_login(client: Client) -> None:
    for path in ("", "new/", "1/", "log/"):
        assert client.get(f"/me/alerts/{path}").headers["Location"].startswith("/login/?next=/me/alerts/")
    wanted = client.get("/me/alerts/new/?index=gold&feed=1").headers["Location"]
    assert parse_qs(urlsplit(wanted).query) == {"next": ["/me/alerts/new/?index=gold&feed=1"]}
    assert client.post("/me/alerts/1/delete/").headers["Location"] == "/login/?next=/me/alerts/"


def test_alerts__of_another_account__are_not_there(expiry: Expiry, alice: Client, bob: Client) -> None:
    alice.post("/me/alerts/add/hook/", {"url": "https://hooks.example/secret-path"})
    alice.post("/me/alerts/add/mailbox/", {"address": "alice@example.org"})
    hook, box = Hook.objects.get(), Mailbox.objects.get()
    follow = follows.follow(account=ALICE.address, now=OPEN, scope="all", target="", hook=hook)
    alice.post("/me/tokens/", {"name": "mine"})
    rows = {"hook": hook.pk, "mailbox": box.pk, "token": ApiToken.objects.get().pk}
    before = everything()
    for what in ("pause", "delete", "resume"):
        assert bob.post(f"/me/alerts/{follow.pk}/{what}/").status_code == 404
    assert bob.get(f"/me/alerts/{follow.pk}/").status_code == 404
    assert bob.post(f"/me/alerts/{follow.pk}/", {"scope": "all", "feed": "on"}).status_code == 404
    for what in ("drop-hook", "rotate", "enable", "test-hook"):
        assert bob.post(f"/me/alerts/{rows['hook']}/{what}/").status_code == 404
    for what in ("drop-mailbox", "test-mailbox"):
        assert bob.post(f"/me/alerts/{rows['mailbox']}/{what}/").status_code == 404
    assert bob.post(f"/me/alerts/{rows['token']}/drop-token/").status_code == 404
    assert bob.post(f"/me/alerts/{Delivery.objects.all()[0].pk}/replay/").status_code == 404
    stolen = {"scope": "all", "hook": str(hook.pk)}
    assert bob.post("/me/alerts/new/", stolen).status_code == 400
    assert everything() == before
    for path in ("/me/alerts/", "/me/alerts/log/", "/me/tokens/", "/me/alerts/new/"):
        shown = text(bob, path)
        assert "secret-path" not in shown
        assert "alice@example.org" not in shown


def everything() -> list[Any]:
    return [list(model.objects.order_by("pk").values()) for model in (Follow, Hook, Mailbox, ApiToken, Delivery)]


def test_webhook__to_an_inside__is_not_even_kept(alice: Client) -> None:
    alice.post("/me/alerts/add/hook/", {"url": "http://hooks.example/"})
    assert "It must start with https://." in text(alice, "/me/alerts/")
    assert not Hook.objects.exists()


def test_mailbox__confirmed_by_button_and_left_by_one_click(alice: Client, at: Clock) -> None:
    alice.post("/me/alerts/add/mailbox/", {"address": "Alice@example.org"})
    mails.send_due(now=at.now)
    link = re.search(r"http://testserver(/alerts/confirm/\S+)", str(mail.outbox[0].body))
    assert link is not None
    stranger = Client(enforce_csrf_checks=True)
    assert "alice@example.org" in text(stranger, link[1])
    assert Mailbox.objects.get().confirmed_at is None, "a scanner that opens links confirms nothing"
    alice.post(link[1])
    box = Mailbox.objects.get()
    assert box.confirmed_at == at.now
    alice.post(f"/me/alerts/{box.pk}/test-mailbox/")
    mails.send_due(now=at.now)
    stop = mail.outbox[1].extra_headers["List-Unsubscribe"].strip("<>").removeprefix("http://testserver")
    assert stranger.get(stop).status_code == 200
    assert Mailbox.objects.get().confirmed_at is not None
    assert stranger.post(stop, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert Mailbox.objects.get().confirmed_at is None
    assert stranger.post(stop[:-3] + "x/").status_code == 404
    assert alice.post("/alerts/confirm/" + stop.rpartition("/alerts/unsubscribe/")[2]).status_code == 404


def test_token__shown_once__is_kept_as_a_hash(alice: Client) -> None:
    page = alice.post("/me/tokens/", {"name": "bot"}).content.decode()
    token = re.search(r"assize_[\w-]{43}", page)
    assert token is not None
    assert token[0] not in text(alice, "/me/tokens/")
    assert ApiToken.objects.get().digest == follows.token_digest(token[0])
    assert token[0] not in str(ApiToken.objects.values())


def test_api__with_a_token__tells_of_its_account_alone(
    expiry: Expiry, client: Client, at: Clock, alice: Client
) -> None:
    schema = document()
    hook = follows.add_hook(account=ALICE.address, url="https://hooks.example/")
    follows.follow(account=ALICE.address, now=OPEN, scope="expiry", target=expiry.id, hook=hook, least_value=7)
    follows.send_test(account=ALICE.address, now=at.now, hook=hook)
    row = Delivery.objects.get()
    Attempt.objects.create(delivery=row, at=at.now, milliseconds=12, status=500, said="no")
    Delivery.objects.update(state="GAVE_UP")
    tokens = {who: follows.add_token(account=who.address, name="t", now=at.now) for who in (ALICE, BOB)}
    mine, his = ({"Authorization": f"Bearer {tokens[who]}"} for who in (ALICE, BOB))
    for path in ("follows", "deliveries"):
        answer = client.get(f"/api/v1/{path}", headers=mine)
        check(schema, answer, f"/api/v1/{path}")
        assert len(answer.json()["results"]) == 1
        assert answer["Cache-Control"] == "private"
        assert client.get(f"/api/v1/{path}", headers=his).json()["results"] == []
        for wrong in ({}, {"Authorization": "Bearer x"}, {"Authorization": f"Basic {tokens[ALICE]}"}):
            refused = client.get(f"/api/v1/{path}", headers=wrong)
            check(schema, refused, f"/api/v1/{path}")
            assert (refused.status_code, refused["WWW-Authenticate"]) == (401, "Bearer")
    replay = f"/api/v1/deliveries/{row.pk}/replay"
    options: dict[str, str] = {"content_type": "application/json"}
    assert client.post(replay, **options).status_code == 401, "a session alone does not do"  # type: ignore[arg-type]
    assert client.post(replay, headers=his, **options).status_code == 404  # type: ignore[arg-type]
    assert Delivery.objects.get().state == "GAVE_UP"
    again = client.post(replay, headers=mine, **options)  # type: ignore[arg-type]
    check(schema, again, "/api/v1/deliveries/{delivery}/replay", "post")
    assert (again.status_code, Delivery.objects.get().state) == (202, "WAITING")
    assert client.post(replay, headers=mine, **options).status_code == 404  # type: ignore[arg-type]


def test_api__with_a_token__follows_and_webhooks_are_made_listed_and_deleted(
    expiry: Expiry, client: Client, at: Clock
) -> None:
    schema = document()
    Mailbox.objects.create(account=ALICE.address, address="a@example.org", asked_at=OPEN, confirmed_at=OPEN)
    tokens = {who: follows.add_token(account=who.address, name="t", now=at.now) for who in (ALICE, BOB)}
    mine, his = ({"Authorization": f"Bearer {tokens[who]}"} for who in (ALICE, BOB))

    def ask(method: str, path: str, body: Any = None, who: Any = mine) -> Any:
        more = {} if body is None else {"data": body, "content_type": "application/json"}
        answer = getattr(client, method)(f"/api/v1/{path}", headers=who, **more)
        shape = re.sub(r"(follow|webhook)s/[0-9]+", r"\1s/{\1}", path)
        check(schema, answer, f"/api/v1/{shape}", method)
        return answer

    made = ask("post", "webhooks", {"url": "https://hooks.example/"}).json()
    assert made["secret"] == Hook.objects.get().secret
    [listed] = ask("get", "webhooks").json()["results"]
    assert listed == {name: value for name, value in made.items() if name != "secret"}
    wanted = {
        "scope": "expiry", "target": expiry.slug, "kinds": ["standing", "final"], "deviation_bps": "50",
        "deviation_from": "standing", "least_value": "1500000000000000001", "mail": "a@example.org",
        "webhook": made["id"], "feed": True,
    }  # fmt: skip
    follow = ask("post", "follows", wanted)
    assert follow.status_code == 201
    assert follow.json()["target"] == expiry.id
    assert {name: follow.json()[name] for name in wanted if name != "target"} == {
        name: value for name, value in wanted.items() if name != "target"
    }
    assert client.get(follow.json()["feed_url"].removeprefix(SITE)).status_code == 200
    assert ask("get", "follows").json()["results"] == [follow.json()]
    for wrong in (
        {"target": "nowhere"}, {"kinds": ["gossip"]}, {"mail": "b@example.org"}, {"webhook": "99"}, {"feed": "on"},
        {"deviation_bps": 50}, {"least_value": "1.5"}, {"least_value": "-1"}, {"kinds": None}, {"scope": None},
    ):  # fmt: skip
        assert ask("post", "follows", wanted | wrong).status_code == 400, wrong
    assert ask("post", "follows", {"scope": "all"}).status_code == 400, "each field is named"
    assert ask("post", "webhooks", {"url": "http://inside.example/"}).status_code == 400
    stolen = wanted | {"mail": None}
    assert ask("post", "follows", stolen, his).status_code == 400, "her webhook is not his"
    before = everything()
    for path in (f"follows/{follow.json()['id']}", f"webhooks/{made['id']}"):
        assert ask("delete", path, who=his).status_code == 404
        assert ask("delete", path, who={}).status_code == 401
    assert everything() == before
    assert ask("delete", f"follows/{follow.json()['id']}").json() == follow.json()
    assert ask("delete", f"webhooks/{made['id']}").status_code == 200
    assert not Follow.objects.exists()
    assert not Hook.objects.exists()
    for number in range(follows.MOST_HOOKS):
        assert ask("post", "webhooks", {"url": f"https://hooks.example/{number}"}).status_code == 201
    full = ask("post", "webhooks", {"url": "https://hooks.example/more"})
    assert (full.status_code, full.json()["code"]) == (409, "too_many")


def test_feed__given_a_new_address__the_old_one_is_gone(alice: Client, bob: Client) -> None:
    follow = follows.follow(account=ALICE.address, now=OPEN, scope="all", target="")
    old = f"/feeds/follows/{follow.token}.atom"
    assert bob.post(f"/me/alerts/{follow.pk}/new-feed/").status_code == 404
    assert alice.get(old).status_code == 200
    alice.post(f"/me/alerts/{follow.pk}/new-feed/")
    assert alice.get(old).status_code == 404
    follow.refresh_from_db()
    assert alice.get(f"/feeds/follows/{follow.token}.atom").status_code == 200


def test_api__page_by_page__every_follow_and_delivery_once(expiry: Expiry, client: Client, at: Clock) -> None:
    hook = follows.add_hook(account=ALICE.address, url="https://hooks.example/")
    for _ in range(5):
        follows.follow(account=ALICE.address, now=OPEN, scope="expiry", target=expiry.id, hook=hook)
        follows.send_test(account=ALICE.address, now=at.now, hook=hook)
    mine = {"Authorization": f"Bearer {follows.add_token(account=ALICE.address, name='t', now=at.now)}"}
    for path in ("follows", "deliveries"):
        whole = client.get(f"/api/v1/{path}", headers=mine).json()
        found, cursor = [], ""
        while cursor is not None:
            page = client.get(f"/api/v1/{path}?limit=2{cursor and '&cursor=' + cursor}", headers=mine).json()
            assert len(page["results"]) <= 2
            found, cursor = found + page["results"], page["next"]
        assert (len(found), found, whole["next"]) == (5, whole["results"], None)

def test_log__a_failed_delivery__shows_the_try_and_sends_it_again(alice: Client, at: Clock) -> None:
    hook = follows.add_hook(account=ALICE.address, url="https://hooks.example/")
    alice.post(f"/me/alerts/{hook.pk}/test-hook/")
    row = Delivery.objects.get()
    Attempt.objects.create(delivery=row, at=at.now, milliseconds=12, status=500, said="<b>broken</b>")
    Delivery.objects.update(state="GAVE_UP", tries=10)
    page = text(alice, "/me/alerts/log/")
    assert "500, 12 ms" in page
    assert "&lt;b&gt;broken" in page
    assert alice.post(f"/me/alerts/{row.pk}/replay/").headers["Location"] == "/me/alerts/log/"
    row.refresh_from_db()
    assert (row.state, row.tries, row.next_at) == ("WAITING", 0, at.now)


def entries(client: Client, path: str) -> list[Any]:
    response = client.get(path)
    assert response.status_code == 200
    assert response["Content-Type"].startswith("application/atom+xml")
    feed = ElementTree.fromstring(response.content)  # noqa: S314
    assert feed.tag == ATOM + "feed"
    return feed.findall(ATOM + "entry")


def categories(found: list[Any]) -> list[str]:
    return [entry.find(ATOM + "category").attrib["term"] for entry in found]


@pytest.mark.usefixtures("voters")
def test_feeds__of_a_whole_life__tell_what_they_are_for(reporting: Expiry, client: Client) -> None:
    fanout._begin()
    follow = follows.follow(account=ALICE.address, now=OPEN, scope="all", target="", kinds=["final"])
    to_final(reporting)
    fanout.fan_out(now=OPEN)
    kinds = [event.kind for event in events.page(after=events.START, limit=100)]
    assert categories(entries(client, f"/feeds/{reporting.slug}.atom")) == kinds[::-1]
    for path in ("/feeds/expiries.atom", "/feeds/eth-usd.atom"):
        told = categories(entries(client, path))
        assert told[0] == "final"
        assert not {"reported", "pledged", "vote_committed", "vote_revealed"} & set(told)
    assert categories(entries(client, f"/feeds/follows/{follow.token}.atom")) == ["final"]
    ids = [entry.findtext(ATOM + "id") for entry in entries(client, "/feeds/expiries.atom")]
    assert len(set(ids)) == len(ids)
    again = client.get("/feeds/expiries.atom")
    assert client.get("/feeds/expiries.atom", headers={"If-None-Match": again["ETag"]}).status_code == 304
    assert client.get("/feeds/nowhere.atom").status_code == client.get("/feeds/follows/x.atom").status_code == 404


def test_feeds_and_calendars__while_sealed__tell_nothing(reporting: Expiry, client: Client) -> None:
    fanout._begin()
    follow = follows.follow(account=BOB.address, now=OPEN, scope="all", target="")
    link = follows.new_calendar(account=ALICE.address)
    send_secret_report(reporting)
    fanout.fan_out(now=OPEN)
    paths = ["/feeds/expiries.atom", f"/feeds/{reporting.slug}.atom", f"/feeds/follows/{follow.token}.atom"]
    paths += ["/calendar.ics", f"/calendar/{reporting.slug}.ics", f"/calendar/mine/{link.token}.ics"]
    for path in paths:
        assert [secret for secret in SECRETS if secret in text(client, path)] == [], path


def entry_of(client: Client, path: str, part: str) -> Any:
    response = client.get(path)
    assert response["Content-Type"].startswith("text/calendar")
    lines = response.content.split(b"\r\n")
    assert max(map(len, lines)) <= 75, "RFC 5545 3.1"
    found = [each for each in Calendar.from_ical(response.content).walk("VEVENT") if part in each["UID"]]
    assert len(found) == 1
    return found[0]


def test_calendar__an_expiry_through_its_windows__keeps_uids_and_counts_changes(
    expiry: Expiry, client: Client, at: Clock, request: pytest.FixtureRequest
) -> None:
    at.now = OPEN - 3_600
    path = f"/calendar/{expiry.slug}.ics"
    planned = entry_of(client, path, "REPORTING")
    assert planned["DTSTART"].dt.timestamp() == expiry.opens_at
    first = text(client, path)
    at.now += 600
    assert text(client, path) == first, "nothing changed"
    request.getfixturevalue("reporting")
    opened = entry_of(client, path, "REPORTING")
    assert opened["UID"] == planned["UID"]
    assert opened["SEQUENCE"] > planned["SEQUENCE"]
    assert opened["DTEND"].dt.timestamp() == OPEN + WINDOW
    to_challenge(expiry)
    challenge = entry_of(client, path, "CHALLENGE")
    pass_time(now=OPEN + WINDOW + 501)  # nobody was there for so long
    moved = entry_of(client, path, "CHALLENGE")
    assert moved["UID"] == challenge["UID"]
    assert moved["SEQUENCE"] > challenge["SEQUENCE"]
    assert moved["DTEND"].dt > challenge["DTEND"].dt
    assert moved["DTSTAMP"].dt > challenge["DTSTAMP"].dt


@pytest.mark.parametrize("summary", ["ETH/USD", "ü" * 80, "a, b; c \\ d\ne\\N" * 9, "x" * 66, "y" * 67, "z" * 300])
def test_entry__written_without_the_librarys_objects__is_the_same_bytes(summary: str) -> None:
    uid = f"0x{'ab' * 32}.CHALLENGE.0.1.0@assize.example"
    entry = Entry(uid, f"{SITE}/expiries/eth-usd-2026/", summary, OPEN, OPEN + 5, OPEN - 9, 3)
    assert calendars._bytes(entry) == calendars._event(entry).to_ical()


def test_entry__terms_from_before_a_window_was_one__has_the_default_length() -> None:
    assert _length(SimpleNamespace(its_reveal_window=None), Stage.REVEAL) == 86_400
    assert _length(SimpleNamespace(its_reveal_window="7"), Stage.REVEAL) == 7


def test_calendar_of_a_ballot__both_windows_with_alarms__keep_their_uids(
    voters: None, reporting: Expiry, client: Client, at: Clock
) -> None:
    path, general = f"/calendar/{reporting.slug}/1.ics", f"/calendar/{reporting.slug}.ics"
    assert client.get(path).status_code == 404
    at.now = now = to_ballot(reporting)
    commit, reveal = (entry_of(client, path, stage) for stage in ("COMMIT", "REVEAL"))
    assert commit["DTEND"].dt.timestamp() == reveal["DTSTART"].dt.timestamp() == now + WINDOW
    assert reveal["DTEND"].dt.timestamp() == now + 2 * WINDOW
    page = f"{SITE}/vote/{reporting.slug}/1/"
    assert (commit["URL"], reveal["URL"]) == (page, f"{page}reveal")
    [alarm] = reveal.walk("VALARM")
    assert alarm["TRIGGER"].params["RELATED"] == "END"
    assert alarm["TRIGGER"].dt.total_seconds() == -WINDOW // 4
    assert entry_of(client, general, "REVEAL")["UID"] == reveal["UID"]
    at.now = now + WINDOW
    pass_time(now=at.now)
    opened = entry_of(client, path, "REVEAL")
    assert opened["UID"] == reveal["UID"]
    assert (opened["DTSTART"].dt, opened["DTEND"].dt) == (reveal["DTSTART"].dt, reveal["DTEND"].dt)
    assert opened["SEQUENCE"] >= reveal["SEQUENCE"]
    pass_time(now=now + 2 * WINDOW)
    assert client.get(f"/calendar/{reporting.slug}/2.ics").status_code == 200, "nobody voted: the next ballot"
    assert "VEVENT" not in text(client, path)


def test_follow__of_ballots__is_of_ones_own_and_asks_nothing_else(alice: Client) -> None:
    box = Mailbox.objects.create(account=ALICE.address, address="a@example.org", asked_at=OPEN, confirmed_at=OPEN)
    page = text(alice, "/me/alerts/new/?votes=mine")
    assert '<option value="votes" selected>' in page
    assert f'<option value="{box.pk}" selected>' in page
    wanted = {"scope": "votes", "target": BOB.address, "kinds": ["final"], "deviation_bps": "50", "feed": "on"}
    assert alice.post("/me/alerts/new/", wanted | {"mailbox": str(box.pk)}).status_code == 302
    row = Follow.objects.get()
    assert (row.scope, row.target, row.kinds, row.deviation_bps) == ("votes", ALICE.address, [], None)
    assert "ballots on which my stake counts" in text(alice, "/me/alerts/")
    assert ALICE.address not in text(alice, f"/me/alerts/{row.pk}/").partition("<h1>")[2]


def test_calendar_of_an_account__what_it_reported_on__and_nothing_else(
    reporting: Expiry, client: Client
) -> None:
    link = follows.new_calendar(account=ALICE.address)
    path = f"/calendar/mine/{link.token}.ics"
    assert "VEVENT" not in text(client, path)
    to_challenge(reporting)
    assert entry_of(client, path, "CHALLENGE")["SEQUENCE"] == 1
    follows.new_calendar(account=ALICE.address)
    assert client.get(path).status_code == 404
    assert CalendarLink.objects.count() == 1


def test_pages__with_much_in_them__ask_few_queries(reporting: Expiry, alice: Client, at: Clock) -> None:
    for _ in range(20):
        hook = None
        follows.follow(account=ALICE.address, now=OPEN, scope="expiry", target=reporting.id, hook=hook)
    fanout._begin()
    to_challenge(reporting)
    fanout.fan_out(now=OPEN)
    for path in ("/me/alerts/", "/me/alerts/log/", "/me/alerts/new/", "/calendar.ics", "/feeds/expiries.atom"):
        assert queries(lambda path=path: alice.get(path)) <= 12, path  # type: ignore[misc]


def test_docs__every_kind_of_event__is_there_with_its_meaning_and_fields(
    voters: None, reporting: Expiry, client: Client
) -> None:
    page = (ROOT / "docs" / "alerts.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \| (.*?) ?\|$", page, re.MULTILINE)
    assert [(kind, meaning) for kind, meaning, _ in rows] == [(kind.value, MEANING[kind]) for kind in EventKind]
    fields = {kind: set(re.findall(r"`(\w+)`", cell)) for kind, _, cell in rows}
    to_final(reporting)
    for event in client.get("/api/v1/events").json()["results"]:
        assert set(event["data"]) == fields[event["kind"]], event["kind"]
