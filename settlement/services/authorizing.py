"""The one way to the signer: a purpose is rebuilt from rows, judged by the policy, and only then signed.

A refusal is a value; it costs nothing, and begins with the name of the rule (settlement/signers/policy.py).
Whoever asks, what is not signed is an alarm of its purpose until it is. Nothing here belongs into a transaction.
"""

from __future__ import annotations

from dataclasses import replace

import structlog
from django.conf import settings

from settlement.alarms import AlarmKind, clear_alarm, raise_alarm
from settlement.chain.client import Call, Client, Price
from settlement.models import Attempt, ChainTransaction
from settlement.services import publishers
from settlement.signers import policy
from settlement.signers.configured import configured
from settlement.signers.policy import Asked, Limits, Rebuilt, Refusal
from settlement.signers.signer import CannotSign, Signed

log = structlog.get_logger(__name__)


def ask(
    client: Client,
    rebuilt: Rebuilt,
    *,
    stored: Call | None = None,
    under: ChainTransaction | None = None,
    now: int,
) -> Asked | Refusal:
    """Judge a rebuilt call before its price is asked for.

    `under` is the transaction whose nonce it takes, None for a new one; `stored` what was signed for that before.
    """
    limits = Limits(
        settings.CHAIN_ID,
        settings.PUBLISHER_TRANSACTION_CAP_WEI,
        settings.PUBLISHER_DAILY_CAP_WEI,
        settings.PUBLISHER_REWARD_CAP_WEI,
    )
    chain, sender = (client.genesis, "") if under is None else (under.chain, under.sender)
    asked = Asked(rebuilt, limits, client.chain_id, client.genesis, chain, stored, sender=sender)
    return _judged(asked, now)


def sign(asked: Asked, *, nonce: int, price: Price, now: int) -> Signed | Refusal:
    """Sign at a price. CannotSign where the signer gives no signature. Do not hold a lock: it may take seconds."""
    purpose = asked.rebuilt.purpose
    try:
        signer = configured()
        spent = spent_wei(asked.genesis, signer.address, since=now - policy.DAY_SECONDS, but_nonce=nonce)
        publisher = publishers.named(signer.address, now=now)
        judged = _judged(
            replace(asked, price=price, spent=spent, signer=signer.address, publisher=publisher), now
        )
        if isinstance(judged, Refusal):
            return judged
        signed = signer.sign(judged.unsigned(nonce))
    except CannotSign as error:
        raise_alarm(AlarmKind.SIGNER_REFUSED, purpose, f"{purpose}: {error}", now=now)
        raise
    clear_alarm(AlarmKind.SIGNER_REFUSED, purpose, why="the signer has signed it", now=now)
    return signed


def spent_wei(chain: str, sender: str, *, since: int, but_nonce: int | None = None) -> int:
    """The most that all transactions signed for after unix second `since` can cost.

    Of a nonce's attempts one is mined at most: the dearest counts, with what it carries along. `but_nonce` is the one
    that is to be signed for.
    """
    rows = Attempt.objects.filter(transaction__chain=chain, transaction__sender=sender, signed_at__gt=since)
    dearest: dict[int, int] = {}
    columns = ("transaction__nonce", "transaction__value", "gas", "max_fee")
    for nonce, value, gas, max_fee in rows.values_list(*columns):
        dearest[nonce] = max(dearest.get(nonce, 0), int(value) + gas * max_fee)
    return sum(cost for nonce, cost in dearest.items() if nonce != but_nonce)


def _judged(asked: Asked, now: int) -> Asked | Refusal:
    refusal, purpose = policy.judge(asked), asked.rebuilt.purpose
    if refusal is None:
        return asked
    log.error("signer.refused", purpose=purpose, rule=refusal.rule, why=refusal.why)
    raise_alarm(AlarmKind.SIGNER_REFUSED, purpose, f"{purpose}: {refusal}", now=now)
    return refusal
