"""Expiries whose time has come (PROTOCOL 2 edge a, and 3)."""

from __future__ import annotations

import structlog

from oracle.models import Expiry
from oracle.services.opening import open_expiry
from protocol.acts import Refusal
from protocol.stages import Stage
from protocol.terms import Terms
from protocol.value_secured import collateral_rate, value_secured
from settlement.alarms import opening_stops
from settlement.chain import providers, quorum
from settlement.chain.errors import ChainError
from settlement.chain.providers import Providers, StaleReads

log = structlog.get_logger(__name__)


def open_due(*, now: int) -> int:
    """Open what is due at unix second `now` and whose instant lies in a final block; returns how many were opened.

    Raises StaleReads where a quorum of nodes does not agree; what could be opened without them is open then.
    """
    due = list(Expiry.objects.filter(stage=Stage.SCHEDULED, opens_at__lte=now).order_by("opens_at", "id"))
    if not due or opening_stops():
        return 0
    nodes = providers.connect()
    final = quorum.final_block(nodes)
    opened, stale = 0, ""
    for expiry in due:
        # Only once a final block lies at or after the instant can no split before it appear any more.
        if final is None or final.timestamp < expiry.expiry_at:
            log.info("opening.waits_for_final_block", expiry=expiry.slug)
            continue
        try:
            value = value_at(nodes, expiry, final.number)
        except ChainError as error:
            # One expiry that the nodes cannot answer for must not keep the others shut.
            stale = f"{expiry.slug} cannot be opened: {error}"
            log.error("opening.no_quorum", expiry=expiry.slug, reason=str(error))
            continue
        answer = open_expiry(expiry_id=expiry.id, block=final.number, value_secured=value, now=now)
        opened += not isinstance(answer, Refusal)
    if stale:
        raise StaleReads(stale)
    return opened


def value_at(nodes: Providers, expiry: Expiry, block: int) -> int:
    """The value in wei that an expiry secures (PROTOCOL 3), read from a quorum of nodes up to the final `block`.

    All series count that the factory's logs name, also those that others created.
    """
    rates = Terms.from_json(expiry.terms).value_rates
    series = quorum.series_on(nodes, expiry.id, block)
    changes = quorum.collateral_changes(nodes, series, block)
    return value_secured(
        changes, {each.address: collateral_rate(each.collateral, rates) for each in series}, expiry.expiry_at
    )
