"""Alerts from an act to a mail and a signed webhook: a real SMTP server and a real HTTPS receiver with a CA of their
own, through the tasks that the timetable rings. Nothing between the page and the wire is replaced.

The signature is checked by the library that Standard Webhooks publishes for receivers.
"""

from __future__ import annotations

import email
import re
import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
import standardwebhooks.webhooks
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope
from django.test import Client
from standardwebhooks import Webhook, WebhookVerificationError

from alerts import tasks
from alerts.models import Delivery, Hook
from alerts.services.sending import DELAYS
from dev.ports import free_port
from oracle.models import Expiry
from tests.cast import ETHER, person
from tests.chain.remote_signer import TLS
from tests.db.test_alerts import Receiver, plain
from tests.web.conftest import Clock, at, expiry, reporting, terms
from tests.web.test_login import enter

__all__ = ["at", "expiry", "reporting", "terms"]
ALICE = person("alice")
USER, PASSWORD = "assize", "a password of the mail server"


class MailServer:
    """Takes mail of who logs in over TLS, or says `answer` to a recipient instead."""

    def __init__(self) -> None:
        self.got: list[EmailMessage] = []
        self.answer = ""

    async def handle_RCPT(self, server: Any, session: Any, envelope: Envelope, to: str, options: Any) -> str:
        if self.answer:
            return self.answer
        envelope.rcpt_tos.append(to)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:
        found = email.message_from_bytes(bytes(envelope.content or b""), policy=default)
        assert isinstance(found, EmailMessage)
        assert [found["To"]] == envelope.rcpt_tos
        self.got.append(found)
        return "250 Taken"


def _tls() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(TLS / "server.pem")
    return context


@pytest.fixture
def trusts_the_ca(monkeypatch: pytest.MonkeyPatch) -> None:
    """As an operator would make this machine trust one more authority."""
    monkeypatch.setenv("SSL_CERT_FILE", str(TLS / "ca.pem"))


@pytest.fixture
def mail_server(settings: Any) -> Iterator[MailServer]:
    """With STARTTLS and a login, both demanded; the settings are those that EMAIL_URL makes."""
    handler, port = MailServer(), free_port()
    controller = Controller(
        handler, hostname="127.0.0.1", port=port, tls_context=_tls(), require_starttls=True, auth_required=True,
        authenticator=lambda server, session, envelope, mechanism, data: AuthResult(
            success=(data.login, data.password) == (USER.encode(), PASSWORD.encode())
        ),
    )  # fmt: skip
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "127.0.0.1", port, True
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = USER, PASSWORD
    settings.EMAIL_FROM, settings.PUBLIC_URL = "Assize <alerts@assize.example>", "http://testserver"
    controller.start()
    yield handler
    controller.stop()


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    """By HTTPS on this machine, which only WEBHOOKS_ANYWHERE allows; certificates are checked all the same."""
    settings.WEBHOOKS_ANYWHERE = True
    server = Receiver()
    server.socket = _tls().wrap_socket(server.socket, server_side=True)
    server.url = server.url.replace("http://", "https://")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def verify(at: Clock, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, tuple[dict[str, str], bytes]], Any]:
    """What a receiver does with a message, at the story's time."""

    class Now(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return datetime.fromtimestamp(at.now, UTC)

    monkeypatch.setattr(standardwebhooks.webhooks, "datetime", Now)

    def verified(secret: str, message: tuple[dict[str, str], bytes]) -> Any:
        headers, body = message
        return Webhook(secret).verify(body, headers)

    return verified


@pytest.fixture
def alice(client: Client, reporting: Expiry) -> Client:
    assert enter(client, ALICE).status_code == 200
    return client


def ring() -> None:
    """What beat rings, in the order of the timetable."""
    tasks.fan_out()
    tasks.remind()
    tasks.send_hooks()
    tasks.send_mails()


def add_hook(alice: Client, receiver: Receiver) -> Hook:
    assert alice.post("/me/alerts/add/hook/", {"url": receiver.url}).status_code == 302
    return Hook.objects.get()


def follow(alice: Client, expiry: Expiry, **ways: Any) -> None:
    ring()  # the cursor stands where there is nothing new
    wanted = {"scope": "expiry", "target": expiry.slug, "kinds": ["reported"], **ways}
    assert alice.post("/me/alerts/new/", wanted).status_code == 302


def report(expiry: Expiry, client: Client) -> None:
    """Bob's, by the API, as any program does it."""
    fields = {"price": 2_500 * ETHER, "bond": ETHER, "evidence": "0x" + "e1" * 32, "salt": "0x" + "5a" * 32}
    act = person("bob").sign("Report", {"expiry": expiry.id, **fields})
    assert client.post("/api/v1/acts", act, content_type="application/json").status_code == 201


@pytest.mark.usefixtures("trusts_the_ca")
def test_alert__from_an_act__is_a_mail_and_a_webhook_that_the_published_library_verifies(
    reporting: Expiry, alice: Client, at: Clock, mail_server: MailServer, receiver: Receiver, verify: Any
) -> None:
    hook = add_hook(alice, receiver)
    alice.post("/me/alerts/add/mailbox/", {"address": "alice@mail.example"})
    ring()
    [asked] = mail_server.got
    link = re.search(r"http://testserver(/alerts/confirm/\S+)", text_of(asked))
    assert link is not None
    assert alice.post(link[1]).status_code == 200
    follow(alice, reporting, hook=str(hook.pk), mailbox=box_of(alice))
    report(reporting, alice)
    ring()
    [message], alert = receiver.got, mail_server.got[1]
    headers, body = message
    told = verify(hook.secret, message)
    newest = alice.get("/api/v1/events").json()["results"][-1]
    assert told["data"] == newest
    assert (newest["kind"], newest["data"]["account"]) == ("reported", person("bob").address)
    with pytest.raises(WebhookVerificationError):
        verify(hook.secret, (headers, body.replace(b"reported", b"standing")))
    with pytest.raises(WebhookVerificationError):
        verify("whsec_" + "A" * 43 + "=", message)
    assert alert["From"] == "Assize <alerts@assize.example>"
    assert alert["Subject"] == "eth-usd-test: reported"
    assert "http://testserver/expiries/eth-usd-test/" in text_of(alert)
    ids = {row.channel: str(row) for row in Delivery.objects.filter(purpose="event")}
    assert headers["webhook-id"] == ids["webhook"]
    assert alert["Message-ID"].startswith(f"<{ids['mail']}@")
    stop = alert["List-Unsubscribe"].strip(" <>").removeprefix("http://testserver")
    assert Client().post(stop, {"List-Unsubscribe": "One-Click"}).status_code == 200
    ring()
    assert len(receiver.got) == 1
    assert len(mail_server.got) == 2


@pytest.mark.usefixtures("trusts_the_ca")
def test_webhook__after_a_500__is_tried_again_and_replayed_under_the_same_id(
    reporting: Expiry, alice: Client, at: Clock, receiver: Receiver, verify: Any
) -> None:
    hook = add_hook(alice, receiver)
    follow(alice, reporting, hook=str(hook.pk))
    receiver.answer = plain(500, b"out of order")
    report(reporting, alice)
    ring()
    at.now += DELAYS[0] - 1
    ring()
    assert len(receiver.got) == 1, "not before its time"
    receiver.answer = plain(204, b"")
    at.now += 1
    ring()
    first, second = receiver.got
    assert verify(hook.secret, second)["type"] == "reported"
    assert (first[1], first[0]["webhook-id"]) == (second[1], second[0]["webhook-id"])
    assert int(second[0]["webhook-timestamp"]) == int(first[0]["webhook-timestamp"]) + DELAYS[0] == at.now
    log = alice.get("/me/alerts/log/").content.decode()
    assert "out of order" in log
    assert "204" in log
    alice.post(f"/me/alerts/{Delivery.objects.get(channel='webhook').pk}/replay/")
    ring()
    third = receiver.got[2]
    assert verify(hook.secret, third)["type"] == "reported"
    assert third[0]["webhook-id"] == first[0]["webhook-id"]


@pytest.mark.usefixtures("trusts_the_ca")
def test_webhook__that_never_answers_well__is_given_up_and_the_log_says_why(
    reporting: Expiry, alice: Client, at: Clock, receiver: Receiver
) -> None:
    hook = add_hook(alice, receiver)
    follow(alice, reporting, hook=str(hook.pk))
    receiver.answer = plain(503, b"we moved")
    report(reporting, alice)
    ring()
    for delay in DELAYS:
        at.now += delay
        ring()
    assert len(receiver.got) == 1 + len(DELAYS)
    at.now += 86_400
    ring()
    assert len(receiver.got) == 1 + len(DELAYS), "given up"
    token = alice.post("/me/tokens/", {"name": "log"}).content.decode()
    bearer = re.search(r"assize_[\w-]+", token)
    assert bearer is not None
    found = alice.get("/api/v1/deliveries", headers={"Authorization": f"Bearer {bearer[0]}"}).json()["results"]
    [given_up] = [each for each in found if each["purpose"] == "event"]
    assert given_up["state"] == "GAVE_UP"
    assert {(each["status"], each["said"]) for each in given_up["attempts"]} == {("503", "we moved")}
    assert "given up" in alice.get("/me/alerts/log/").content.decode()


def test_webhook__certificate_of_a_stranger__is_not_sent_to(
    reporting: Expiry, alice: Client, at: Clock, receiver: Receiver
) -> None:
    """Here nothing trusts the receiver's CA."""
    hook = add_hook(alice, receiver)
    follow(alice, reporting, hook=str(hook.pk))
    report(reporting, alice)
    ring()
    assert receiver.got == []
    assert "The certificate does not hold" in alice.get("/me/alerts/log/").content.decode()


@pytest.mark.usefixtures("trusts_the_ca")
@pytest.mark.parametrize(
    ("answer", "state"), [("550 No such user here", "GAVE_UP"), ("451 Try again later", "WAITING")]
)
def test_mail__refused_by_the_server__given_up_or_tried_again_as_it_says(
    alice: Client, at: Clock, mail_server: MailServer, answer: str, state: str
) -> None:
    mail_server.answer = answer
    alice.post("/me/alerts/add/mailbox/", {"address": "alice@mail.example"})
    ring()
    row = Delivery.objects.get()
    assert row.state == state
    assert answer[4:] in row.attempts.get().said
    mail_server.answer = ""
    at.now += DELAYS[0]
    ring()
    assert len(mail_server.got) == (1 if state == "WAITING" else 0)


def text_of(message: EmailMessage) -> str:
    part = message.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def box_of(alice: Client) -> str:
    """The value that the form offers for the one confirmed address."""
    page = alice.get("/me/alerts/new/").content.decode()
    found = re.search(r'<option value="(\d+)"[^>]*>alice@mail.example', page)
    assert found is not None
    return found[1]
