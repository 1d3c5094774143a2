"""Mail: plain text with a small HTML beside it, to addresses whose owner asked for it and confirmed it."""

from __future__ import annotations

import smtplib
import time
from dataclasses import asdict
from email.errors import MessageError
from typing import Any

import structlog
from django.conf import settings
from django.core import signing
from django.core.mail import EmailMultiAlternatives, get_connection
from django.template.loader import render_to_string

from alerts import telling, words
from alerts.models import Delivery, Mailbox
from alerts.services.sending import Outcome, alone, in_rounds, mark, take

log = structlog.get_logger(__name__)

AT_ONCE = 20
LOCK = 0x6D61696C  # "mail"
CONFIRM_SECONDS = 3 * 86_400
CONFIRM, STOP = "alerts.confirm", "alerts.stop"
_DUE = """
SELECT id FROM alerts_delivery WHERE state = 'WAITING' AND channel = 'mail' AND next_at <= %(now)s
ORDER BY next_at, id LIMIT %(most)s
"""
P = Delivery.Purpose


def offered() -> bool:
    """Whether this service can send mail at all."""
    return bool(settings.EMAIL_FROM)


def send_due(*, now: int) -> int:
    """Send what is due; returns how many tries were made."""
    if not offered():
        return 0
    with alone(LOCK) as mine:
        return in_rounds(lambda: _send_some(now)) if mine else 0


def _send_some(now: int) -> int:
    taken = take(_DUE, {"most": AT_ONCE}, now=now)
    if not taken:
        return 0
    server = get_connection()
    try:
        for delivery in taken:
            mark(delivery, _send(delivery, server), now=now)
    finally:
        server.close()
    return len(taken)


def _send(delivery: Delivery, server: Any) -> Outcome:
    began = time.monotonic()
    message = _message(delivery)
    if message is None:
        return Outcome(False, 0, said="There is nobody to send to.", final=True)
    message.connection = server
    try:
        message.send()
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        return Outcome(False, _since(began), said=str(error)[:200], final=all(code >= 500 for code in codes))
    except (OSError, smtplib.SMTPException, MessageError, ValueError) as error:
        server.close()  # the next one gets a new connection
        log.warning("mail.not_sent", error=type(error).__name__)
        return Outcome(False, _since(began), said=f"{type(error).__name__}: {error}"[:200])
    return Outcome(True, _since(began))


def _since(began: float) -> int:
    return int((time.monotonic() - began) * 1000)


def _message(delivery: Delivery) -> EmailMultiAlternatives | None:
    box = delivery.mailbox
    if box is None or (box.confirmed_at is None and delivery.purpose != P.CONFIRM):
        return None
    told = _told(delivery, box)
    if told is None:
        return None
    stop = stop_url(box)
    context = {**told, "stop": "" if delivery.purpose == P.CONFIRM else stop}
    headers = {"Message-ID": f"<{delivery}@{words.host()}>"}
    headers["Auto-Submitted"] = "auto-generated"
    if context["stop"]:  # RFC 8058
        headers |= {"List-Unsubscribe": f"<{stop}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    text = render_to_string("alerts/mail.txt", context)
    message = EmailMultiAlternatives(told["title"], text, settings.EMAIL_FROM, [box.address], headers=headers)
    message.attach_alternative(render_to_string("alerts/mail.html", context), "text/html")
    return message


def _told(delivery: Delivery, box: Mailbox) -> dict[str, Any] | None:
    """Title, sentence, lines and link of a mail."""
    page = f"{settings.PUBLIC_URL}/me/alerts/"
    match delivery.purpose:
        case P.CONFIRM:
            sentence = (
                f"{box.account} wants alerts of Assize to be sent to this address. If that is you, confirm it with"
                " the link. If not, do nothing: nothing more will be sent."
            )
            return {
                "title": "Confirm your address",
                "sentence": sentence,
                "lines": [],
                "link": confirm_url(box),
            }
        case P.TEST:
            return {
                "title": "A test",
                "sentence": "Alerts of Assize reach you here.",
                "lines": [],
                "link": page,
            }
        case P.DISABLED:
            url = delivery.hook.url if delivery.hook else "–"
            sentence = (
                "A webhook has failed for days, and nothing more is sent there. Its page turns it on again."
            )
            return {
                "title": "A webhook is disabled",
                "sentence": sentence,
                "lines": [("Target", url)],
                "link": page,
            }
    if delivery.seq is None or delivery.n is None:
        return None
    event = words.event_at((delivery.seq, delivery.n))
    if event is None:
        return None
    return asdict(telling.told(delivery, event))


def confirm_url(box: Mailbox) -> str:
    """Good for CONFIRM_SECONDS, and only for the address as it was when asked."""
    token = signing.dumps([box.pk, box.address, box.asked_at], salt=CONFIRM)
    return f"{settings.PUBLIC_URL}/alerts/confirm/{token}/"


def stop_url(box: Mailbox) -> str:
    return f"{settings.PUBLIC_URL}/alerts/unsubscribe/{signing.dumps([box.pk, box.address], salt=STOP)}/"


def confirmable(token: str) -> Mailbox | None:
    """The mailbox that a link confirms; None for a link that is wrong, old, or was asked for anew since."""
    try:
        pk, address, asked_at = signing.loads(token, salt=CONFIRM, max_age=CONFIRM_SECONDS)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return Mailbox.objects.filter(pk=pk, address=address, asked_at=asked_at).first()


def stoppable(token: str) -> Mailbox | None:
    """The mailbox that an unsubscription is for. Such a link never gets old."""
    try:
        pk, address = signing.loads(token, salt=STOP)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return Mailbox.objects.filter(pk=pk, address=address).first()
