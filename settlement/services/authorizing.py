"""The one way to the signer: a purpose is rebuilt from rows, judged by the policy, and only then signed.

A refusal is a value; it costs nothing, and begins with the name of the rule (settlement/signers/policy.py).
"""

from __future__ import annotations

from dataclasses import replace

import structlog
from django.conf import settings

from settlement.chain.client import Call, Client, Price
from settlement.models import ChainTransaction
from settlement.signers import policy
from settlement.signers.configured import configured
from settlement.signers.policy import Asked, Limits, Rebuilt, Refusal
from settlement.signers.signer import Signed, read

log = structlog.get_logger(__name__)


def ask(client: Client, rebuilt: Rebuilt, *, stored: Call | None = None, chain: str = "") -> Asked | Refusal:
    """Judge a rebuilt call before its price is asked for.

    `stored` is what was signed for its nonce before, `chain` the chain that its row names; both empty for a first one.
    """
    limits = Limits(
        settings.CHAIN_ID, settings.PUBLISHER_TRANSACTION_CAP_WEI, settings.PUBLISHER_DAILY_CAP_WEI
    )
    asked = Asked(rebuilt, limits, client.chain_id, client.genesis, chain or client.genesis, stored)
    return _judged(asked)


def sign(asked: Asked, *, nonce: int, price: Price, now: int) -> Signed | Refusal:
    """Sign at a price. CannotSign where the signer gives no signature. Do not hold a lock: it may take seconds."""
    signer = configured()
    spent = spent_wei(asked.genesis, signer.address, since=now - policy.DAY_SECONDS)
    judged = _judged(replace(asked, price=price, spent=spent))
    return judged if isinstance(judged, Refusal) else signer.sign(judged.unsigned(nonce))


def spent_wei(chain: str, sender: str, *, since: int) -> int:
    """The most that all transactions signed after unix second `since` can cost, by the bytes that were signed."""
    rows = ChainTransaction.objects.filter(chain=chain, sender=sender, created_at__gt=since)
    prices = [read(raw)[0].price for raw in rows.values_list("raw", flat=True)]
    return sum(price.gas * price.max_fee for price in prices)


def _judged(asked: Asked) -> Asked | Refusal:
    refusal = policy.judge(asked)
    if refusal is None:
        return asked
    log.error("signer.refused", purpose=asked.rebuilt.purpose, rule=refusal.rule, why=refusal.why)
    return refusal
