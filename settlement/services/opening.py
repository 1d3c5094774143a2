"""Expiries whose time has come (PROTOCOL 2 edge a, and 3)."""

from __future__ import annotations

import structlog
from django.conf import settings

from oracle.models import Expiry
from oracle.services.opening import open_expiry
from protocol.acts import Refusal
from protocol.stages import Stage
from protocol.terms import Terms
from protocol.value_secured import collateral_rate, value_secured
from settlement.chain import contracts
from settlement.chain.client import Client, connect
from settlement.chain.errors import NodeRefused

log = structlog.get_logger(__name__)


def open_due(*, now: int) -> int:
    """Open what is due at unix second `now` and whose instant lies in a final block; returns how many were opened."""
    due = list(Expiry.objects.filter(stage=Stage.SCHEDULED, opens_at__lte=now).order_by("opens_at", "id"))
    if not due:
        return 0
    client = connect()
    final = client.final_block()
    opened = 0
    for expiry in due:
        # Only once a final block lies at or after the instant can no split before it appear any more.
        if final is None or final.timestamp < expiry.expiry_at:
            log.info("opening.waits_for_final_block", expiry=expiry.slug)
            continue
        try:
            value = value_at(client, expiry, final.number)
        except NodeRefused as error:
            # One expiry that the node cannot answer for must not keep the others shut.
            log.error("opening.node_refused", expiry=expiry.slug, reason=str(error))
            continue
        answer = open_expiry(expiry_id=expiry.id, block=final.number, value_secured=value, now=now)
        opened += not isinstance(answer, Refusal)
    return opened


def value_at(client: Client, expiry: Expiry, block: int) -> int:
    """The value in wei that an expiry secures (PROTOCOL 3), read from the chain up to `block`.

    All series count that the factory's logs name, also those that others created.
    """
    rates = Terms.from_json(expiry.terms).value_rates
    series = contracts.factory(client).created(expiry.id, settings.FACTORY_BLOCK, block)
    changes = contracts.collateral_changes(client, series, block)
    return value_secured(
        changes, {each.address: collateral_rate(each.collateral, rates) for each in series}, expiry.expiry_at
    )
