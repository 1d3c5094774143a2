"""Webhooks: sent, retried, and disabled where nobody has listened for days."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import structlog
from django.conf import settings
from django.db import transaction

from alerts import telling, words
from alerts.models import Delivery, Hook, Mailbox
from alerts.services.sending import Outcome, alone, in_rounds, mark, take
from alerts.webhooks import signature, target
from operators.services import audit

log = structlog.get_logger(__name__)

AT_ONCE = 32
THREADS = 16
FAILURE_SECONDS = 5 * 86_400
OLD_SECRET_SECONDS = 86_400
GONE = 410
LOCK = 0x686F6F6B  # "hook"

# One of each hook: whoever answers slowly, or has thousands waiting, keeps nobody else waiting. The recursion goes from
# hook to hook through the index of what waits.
_DUE = """
WITH RECURSIVE waits AS (
    (SELECT hook_id FROM alerts_delivery WHERE state = 'WAITING' AND channel = 'webhook' ORDER BY hook_id LIMIT 1)
    UNION ALL
    SELECT (SELECT later.hook_id FROM alerts_delivery AS later
            WHERE later.state = 'WAITING' AND later.channel = 'webhook' AND later.hook_id > waits.hook_id
            ORDER BY later.hook_id LIMIT 1)
    FROM waits WHERE waits.hook_id IS NOT NULL
)
SELECT first.id FROM waits CROSS JOIN LATERAL (
    SELECT id, next_at FROM alerts_delivery
    WHERE state = 'WAITING' AND channel = 'webhook' AND hook_id = waits.hook_id AND next_at <= %(now)s
    ORDER BY next_at, id LIMIT 1
) AS first ORDER BY first.next_at LIMIT %(most)s
"""


def rules() -> target.Rules:
    return target.ANYWHERE if settings.WEBHOOKS_ANYWHERE else target.STRICT


def send_due(*, now: int) -> int:
    """Send what is due, one message to each target at a time; returns how many tries were made."""
    with alone(LOCK) as mine:
        return in_rounds(lambda: _send_some(now)) if mine else 0


def _send_some(now: int) -> int:
    taken = take(_DUE, {"most": AT_ONCE}, now=now)
    messages = [_message(each, now) for each in taken]
    with ThreadPoolExecutor(THREADS) as pool:
        outcomes = list(pool.map(_post, messages))
    for delivery, outcome in zip(taken, outcomes, strict=True):
        _told(delivery, outcome, now)
    return len(taken)


def _message(delivery: Delivery, now: int) -> tuple[str, bytes, dict[str, str]] | None:
    hook = delivery.hook
    if hook is None or hook.disabled_at is not None or (body := _body(delivery)) is None:
        return None
    keys = [hook.secret]
    if hook.old_until is not None and now < hook.old_until:
        keys.append(hook.old_secret)
    signed = signature.headers(str(delivery), body, keys, now=now)
    return hook.url, body, {"Content-Type": "application/json", **signed}


def _body(delivery: Delivery) -> bytes | None:
    if delivery.purpose == Delivery.Purpose.TEST:
        return words.body("test", delivery.created_at, {"text": "A test, asked for on the page of alerts."})
    if delivery.seq is None or delivery.n is None:
        return None
    event = words.event_at((delivery.seq, delivery.n))
    return None if event is None else telling.payload(delivery, event)


def _post(message: tuple[str, bytes, dict[str, str]] | None) -> Outcome:
    """In a thread of its own, away from the database."""
    if message is None:
        return Outcome(False, 0, said="There is nobody to send to.", final=True)
    began = time.monotonic()
    try:
        answer = target.post(*message, rules())
    except target.Unreachable as error:
        return Outcome(False, _since(began), said=str(error))
    except Exception as error:  # whatever a stranger's server can make of a connection, the others' go on
        log.exception("webhook.broke")
        return Outcome(False, _since(began), said=type(error).__name__)
    fine = 200 <= answer.status < 300
    return Outcome(fine, _since(began), answer.status, answer.first, final=answer.status == GONE)


def _since(began: float) -> int:
    return int((time.monotonic() - began) * 1000)


@transaction.atomic
def _told(delivery: Delivery, outcome: Outcome, now: int) -> None:
    mark(delivery, outcome, now=now)
    hook = Hook.objects.select_for_update().filter(deliveries=delivery).first()
    if hook is None or hook.disabled_at is not None:
        return
    if outcome.sent:
        hook.failing_since = None
    elif hook.failing_since is None:
        hook.failing_since = now
    hook.save(update_fields=["failing_since"])
    since = hook.failing_since
    if outcome.status == GONE or (since is not None and now - since >= FAILURE_SECONDS):
        _disable(hook, now)


def _disable(hook: Hook, now: int) -> None:
    """Send no more there, and tell its owner where a mail address is known; the page says so too."""
    hook.disabled_at = now
    hook.save(update_fields=["disabled_at"])
    hook.deliveries.filter(state=Delivery.State.WAITING).update(state=Delivery.State.GAVE_UP)
    log.warning("webhook.disabled", account=hook.account, hook=hook.pk)
    Delivery.objects.bulk_create(
        Delivery(
            account=hook.account, purpose=Delivery.Purpose.DISABLED, channel=Delivery.Channel.MAIL, mailbox=box,
            hook=hook, next_at=now, created_at=now,
        )
        for box in Mailbox.objects.filter(account=hook.account, confirmed_at__isnull=False)
    )  # fmt: skip
    audit.record("webhook.disabled", str(hook.pk), now=now)
