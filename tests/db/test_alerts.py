"""Alerts: what is followed is told once, whatever happens in between; and webhooks reach no inside (C-43)."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.core import mail

from alerts import words
from alerts.models import Attempt, Cursor, Delivery, Follow, Hook, Mailbox
from alerts.services import fanout, follows, hooks, mails, sending
from alerts.webhooks import target
from oracle import events
from oracle.models import Expiry
from tests.cast import ETHER, person
from tests.db.conftest import NOW
from tests.unit.test_webhooks import verified
from tests.web.conftest import OPEN, terms, voters
from tests.web.story import LIE, PRICE, to_challenge, to_final

__all__ = ["terms", "voters"]
ALICE, BOB, MALLORY = (person(name).address for name in ("alice", "bob", "mallory"))


class Receiver(ThreadingHTTPServer):
    """A webhook's target on this machine: keeps what it gets, and answers what it is told to."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        super().__init__((host, 0), _Handler)
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.answer: Callable[[Any], None] = plain(200)
        self.url = f"http://{host}:{self.server_port}/hook"


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.got.append(({k.lower(): v for k, v in self.headers.items()}, body))
        self.server.answer(self)

    def log_message(self, *args: Any) -> None:
        pass


def plain(status: int, body: bytes = b"fine", **headers: str) -> Callable[[Any], None]:
    def answer(handler: Any) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def anywhere(settings: Any) -> None:
    settings.WEBHOOKS_ANYWHERE = True


def follow(**fields: Any) -> Follow:
    """Of everything, by feed, for alice."""
    fanout._begin()
    return follows.follow(**{"account": ALICE, "now": NOW, "scope": "all", "target": "", **fields})


def told(each: Follow) -> list[str]:
    """Kinds of the events that a follow was told, in order."""
    places = each.deliveries.order_by("seq", "n").values_list("seq", "n")
    return [event.kind for event in reversed(events.at_places(list(places)))]


def all_fanned_out(now: int = OPEN) -> None:
    while fanout.fan_out(now=now):
        pass


# -- who is told what --


@pytest.mark.usefixtures("voters")
def test_follows__by_scope_and_kind__are_told_what_they_ask_for(reporting: Expiry) -> None:
    every, other = follow(), follow(scope="expiry", target="0x" + "12" * 32)
    this = follow(scope="expiry", target=reporting.id, kinds=["standing", "final"])
    index, bob = follow(scope="index", target="eth-usd", kinds=["final"]), follow(scope="account", target=BOB)
    paused = follow(paused=True)
    to_final(reporting)
    late = follow()
    all_fanned_out()
    assert told(every)[:4] == ["reported", "reported", "reported", "standing"]
    assert told(every)[-1] == "final"
    assert told(this) == ["standing", "standing", "standing", "final"]
    assert told(index) == ["final"]
    assert told(bob) == ["reported", "pledged"]
    assert told(other) == told(paused) == told(late) == []


def test_deviation__from_what_stood_or_from_my_report__is_told_from_the_bound_on(reporting: Expiry) -> None:
    """PRICE stands, then LIE by a claim, 4 % off, then PRICE again. Mallory reported LIE: for her PRICE is off."""
    kinds = ["standing", "claim_filled"]
    at, above = follow(kinds=kinds, deviation_bps=400), follow(kinds=kinds, deviation_bps=401)
    mine = follow(account=MALLORY, kinds=kinds, deviation_bps=400, deviation_from="mine")
    nobodys = follow(account=person("erin").address, deviation_bps=1, deviation_from="mine")
    now = to_challenge(reporting)
    assert person("dave").pledge(reporting.id, 1, LIE, 5 * ETHER, now + 1).refusal is None
    for name in ("carol", "bob"):
        assert person(name).pledge(reporting.id, 2, PRICE, 2 * ETHER, now + 2).refusal is None
    all_fanned_out()
    both = ["claim_filled", "standing"]
    assert told(at) == ["standing", *both, *both], "mallory's report is off from the first, each next from the last"
    assert told(above) == told(nobodys) == []
    assert told(mine) == ["standing", *both]
    assert (PRICE - LIE) * 10_000 == 400 * PRICE


def test_value_at_stake__below_and_at_the_bound__tells_them_apart(reporting: Expiry) -> None:
    Expiry.objects.filter(pk=reporting.pk).update(value_secured=5 * ETHER)
    enough, too_little = follow(least_value=5 * ETHER), follow(least_value=5 * ETHER + 1)
    to_challenge(reporting)
    all_fanned_out()
    assert "standing" in told(enough)
    assert told(too_little) == []


def test_fan_out__in_pieces_and_again_from_the_start__tells_each_once(
    reporting: Expiry, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = follow()
    to_challenge(reporting)
    monkeypatch.setattr(fanout, "AT_ONCE", 1)
    all_fanned_out()
    once = told(every)
    assert len(once) == 4
    Cursor.objects.update(seq=0, n=0)
    all_fanned_out()
    assert told(every) == once


# -- webhooks --


def hook_of(receiver: Receiver, **fields: Any) -> Hook:
    hook = follows.add_hook(account=ALICE, url=receiver.url)
    follow(hook=hook, feed=False, kinds=["standing"], **fields)
    return hook


@pytest.mark.usefixtures("anywhere")
def test_webhook__an_event__comes_signed_and_as_in_the_api(
    reporting: Expiry, receiver: Receiver, client: Any
) -> None:
    hook = hook_of(receiver)
    now = to_challenge(reporting)
    all_fanned_out()
    assert hooks.send_due(now=now) == 1
    assert hooks.send_due(now=now) == 0
    ((headers, body),) = receiver.got
    assert verified(hook.secret, headers, body)
    assert headers["webhook-timestamp"] == str(now)
    delivery = Delivery.objects.get()
    assert headers["webhook-id"] == str(delivery) == f"msg_{delivery.uid.hex}"
    listed = client.get("/api/v1/events", {"kind": "standing"}).json()["results"]
    assert json.loads(body) == {"type": "standing", "timestamp": "2026-09-22T14:15:00Z", "data": listed[0]}
    attempt = delivery.attempts.get()
    assert (delivery.state, attempt.status, attempt.said) == ("SENT", 200, "fine")


@pytest.mark.usefixtures("anywhere")
def test_webhook__rotated__is_signed_by_both_for_a_day(reporting: Expiry, receiver: Receiver) -> None:
    hook = hook_of(receiver)
    follows.rotate(account=ALICE, pk=hook.pk, now=NOW)
    new = Hook.objects.get().secret
    for at, old_holds in ((NOW, True), (NOW + follows.OLD_SECRET_SECONDS, False)):
        follows.send_test(account=ALICE, now=at, hook=hook)
        hooks.send_due(now=at)
        headers, body = receiver.got[-1]
        assert verified(new, headers, body)
        assert verified(hook.secret, headers, body) == old_holds


@pytest.mark.usefixtures("anywhere")
def test_webhook__fails_and_comes_back__is_tried_on_time_with_one_id(reporting: Expiry, receiver: Receiver) -> None:
    hook_of(receiver)
    receiver.answer = plain(500, b"x" * 2_000)
    now = to_challenge(reporting)
    all_fanned_out(now)
    assert hooks.send_due(now=now) == 1
    for delay in sending.DELAYS[:3]:
        assert hooks.send_due(now=now + delay - 1) == 0
        now += delay
        assert hooks.send_due(now=now) == 1
    assert Attempt.objects.first().said == "x" * target.ANSWER_BYTES  # type: ignore[union-attr]
    assert Hook.objects.get().failing_since is not None
    receiver.answer = plain(204, b"")
    assert hooks.send_due(now=now + sending.DELAYS[3]) == 1
    assert {headers["webhook-id"] for headers, _ in receiver.got} == {str(Delivery.objects.get())}
    assert len({body for _, body in receiver.got}) == 1
    assert (Hook.objects.get().failing_since, Delivery.objects.get().state) == (None, "SENT")


@pytest.mark.usefixtures("anywhere")
def test_webhook__fails_for_days__is_disabled_and_its_owner_told(
    reporting: Expiry, receiver: Receiver, settings: Any
) -> None:
    settings.EMAIL_FROM = "alerts@assize.example"
    hook = hook_of(receiver)
    Mailbox.objects.create(account=ALICE, address="alice@example.org", asked_at=1, confirmed_at=1)
    receiver.answer = plain(503)
    now = to_challenge(reporting)
    all_fanned_out(now)
    hooks.send_due(now=now)
    later = now + hooks.FAILURE_SECONDS
    assert hooks.send_due(now=later) == 1
    hook.refresh_from_db()
    assert hook.disabled_at == later
    assert Delivery.objects.get(channel="webhook").state == "GAVE_UP"
    assert mails.send_due(now=later) == 1
    assert receiver.url in str(mail.outbox[0].body)
    follows.enable(account=ALICE, pk=hook.pk)
    receiver.answer = plain(200)
    assert follows.replay(account=BOB, pk=Delivery.objects.get(channel="webhook").pk, now=later) is None
    assert follows.replay(account=ALICE, pk=Delivery.objects.get(channel="webhook").pk, now=later) is not None
    assert hooks.send_due(now=later) == 1
    assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 1


@pytest.mark.usefixtures("anywhere")
def test_webhook__killed_between_sending_and_marking__is_sent_again_under_the_same_id(
    reporting: Expiry, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook_of(receiver)
    now = to_challenge(reporting)
    all_fanned_out(now)
    with monkeypatch.context() as patch, pytest.raises(RuntimeError):
        patch.setattr(hooks, "_told", lambda *args: (_ for _ in ()).throw(RuntimeError))
        hooks.send_due(now=now)
    assert hooks.send_due(now=now + sending.LEASE_SECONDS - 1) == 0
    assert hooks.send_due(now=now + sending.LEASE_SECONDS) == 1
    first, second = receiver.got
    assert first[0]["webhook-id"] == second[0]["webhook-id"]
    assert first[1] == second[1]


# -- C-43 --


def allow(monkeypatch: pytest.MonkeyPatch, **options: Any) -> target.Rules:
    """Rules under which 127.0.0.1 alone is public, and http on any port will do."""
    one = {"allowed": lambda address: str(address) == "127.0.0.1"}
    return target.Rules(**{"schemes": frozenset({"http"}), "ports": None, **one, **options})


def names(monkeypatch: pytest.MonkeyPatch, *answers: str) -> list[str]:
    """A name server that says the first answer first, then the next; returns what was asked."""
    asked: list[str] = []

    def resolve(host: str, port: int, *args: Any, **kwargs: Any) -> Any:
        if host[0].isdigit():  # connecting to a number asks nobody
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port))]
        asked.append(host)
        answer = answers[min(len(asked), len(answers)) - 1]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (answer, port))]

    monkeypatch.setattr("socket.getaddrinfo", resolve)
    return asked


def test_c43_rebinding__second_answer_of_the_name_is_inside__it_is_never_asked(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = names(monkeypatch, "127.0.0.1", "127.0.0.2")
    found = target.post(f"http://hooks.example:{receiver.server_port}/a", b"{}", {}, allow(monkeypatch))
    assert (found.status, asked) == (200, ["hooks.example"])
    assert receiver.got[0][0]["host"] == f"hooks.example:{receiver.server_port}"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_c43_redirect__to_an_inside__is_an_answer_and_not_followed(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    receiver.answer = plain(status, b"", Location=f"http://127.0.0.1:{receiver.server_port}/metadata")
    found = target.post(receiver.url, b"{}", {}, allow(monkeypatch))
    assert found.status == status
    assert len(receiver.got) == 1


def test_c43_answer__without_end__is_cut(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    receiver.answer = plain(200, b"y" * 5_000_000)
    assert target.post(receiver.url, b"{}", {}, allow(monkeypatch)).first == "y" * target.ANSWER_BYTES


def test_c43_answer__by_drops__ends_on_time(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    stop = threading.Event()

    def drip(handler: Any) -> None:
        while not stop.wait(0.05):
            try:
                handler.wfile.write(b"H")
            except OSError:
                return

    receiver.answer = drip
    try:
        with pytest.raises(target.Unreachable, match="No answer within 0.4"):
            target.post(receiver.url, b"{}", {}, allow(monkeypatch, seconds=0.4))
    finally:
        stop.set()


def test_c43_webhook__to_this_machine__is_refused_and_says_so(reporting: Expiry, receiver: Receiver) -> None:
    """As it runs for real. A target can also have got into the database before it became a private one."""
    hook = follows.add_hook(account=ALICE, url=f"https://localhost:8443/{receiver.server_port}")
    follows.send_test(account=ALICE, now=NOW, hook=hook)
    assert hooks.send_due(now=NOW) == 1
    assert receiver.got == []
    assert Attempt.objects.get().said == "The host's address is not a public one."


# -- mail --


@pytest.fixture
def offered(settings: Any) -> None:
    settings.EMAIL_FROM = "Assize <alerts@assize.example>"


@pytest.mark.usefixtures("offered")
def test_mail__until_confirmed__nothing_but_the_link_is_sent(reporting: Expiry) -> None:
    box = follows.add_mailbox(account=ALICE, address="alice@example.org", now=NOW)
    follow(mailbox=box, kinds=["standing"])
    now = to_challenge(reporting)
    all_fanned_out()
    assert mails.send_due(now=now) == 1
    (link,) = mail.outbox
    assert "List-Unsubscribe" not in link.extra_headers
    assert "/alerts/confirm/" in str(link.body)
    follows.confirm(mailbox=box, now=now)
    Cursor.objects.update(seq=0, n=0)
    all_fanned_out()
    assert mails.send_due(now=now) == 1
    alert, sent = mail.outbox[1], Delivery.objects.get(purpose="event", channel="mail")
    assert alert.subject == "eth-usd-test: standing 2,500.00"
    assert "/expiries/eth-usd-test/" in str(alert.body)
    assert alert.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert alert.extra_headers["Message-ID"] == f"<{sent}@{words.host()}>"
    assert alert.alternatives[0][1] == "text/html"
    follows.replay(account=ALICE, pk=sent.pk, now=now)
    follows.unsubscribe(mailbox=box)
    mails.send_due(now=now)
    assert len(mail.outbox) == 2, "what waited when the owner said no is not sent"


@pytest.mark.usefixtures("offered")
def test_mail__link_asked_for_again_and_again__is_held_back(reporting: Expiry) -> None:
    for name in ("alice", "bob", "carol"):
        follows.add_mailbox(account=person(name).address, address="victim@example.org", now=NOW)
    with pytest.raises(follows.TooMany, match="hour"):
        follows.add_mailbox(account=ALICE, address="victim@example.org", now=NOW + 60)
    with pytest.raises(follows.TooMany, match="today"):
        follows.add_mailbox(account=person("dave").address, address="victim@example.org", now=NOW + 60)
    assert mails.send_due(now=NOW) == 3


@pytest.mark.usefixtures("offered")
def test_mail__server_is_away__is_tried_again(reporting: Expiry, monkeypatch: pytest.MonkeyPatch) -> None:
    follows.add_mailbox(account=ALICE, address="alice@example.org", now=NOW)
    with monkeypatch.context() as patch:
        patch.setattr("django.core.mail.EmailMultiAlternatives.send", lambda self: (_ for _ in ()).throw(OSError("x")))
        assert mails.send_due(now=NOW) == 1
    assert mails.send_due(now=NOW + 4) == 0
    assert mails.send_due(now=NOW + 5) == 1
    assert [each.state for each in Delivery.objects.all()] == ["SENT"]


def test_deliveries__older_than_a_month__are_forgotten(reporting: Expiry) -> None:
    every = follow()
    to_challenge(reporting)
    all_fanned_out(NOW)
    assert sending.forget_old(now=NOW + sending.KEEP_SECONDS) == 0
    assert sending.forget_old(now=NOW + sending.KEEP_SECONDS + 1) == 4
    assert told(every) == []
