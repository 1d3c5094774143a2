"""What of a report is nobody's to show yet (PROTOCOL 7, Sealing): the one place that decides.

Every surface (API, feeds, transcripts, pages, admin, errors) shows acts through these functions.
"""

from __future__ import annotations

from typing import Any

from oracle.models import Act
from protocol.messages import SEALED_FIELDS, sealed
from protocol.stages import Stage

SEALED_STAGES = (Stage.SCHEDULED, Stage.REPORTING)
"""Until the reporting window, with its extensions, has closed; a deadline nobody has processed yet keeps the seal."""


def is_sealed(act: Act) -> bool:
    """Whether parts of this act are hidden now. Select `expiry` with it: the stage decides."""
    return act.kind in SEALED_FIELDS and act.expiry is not None and act.expiry.stage in SEALED_STAGES


def public_message(act: Act) -> dict[str, Any]:
    """The act's message as anybody may see it now, integers as decimal strings."""
    message: dict[str, Any] = act.message
    return sealed(act.kind, message) if is_sealed(act) else message


def public_price(act: Act) -> int | None:
    """The price that the act names, 18 decimals; None where it names none, or it is sealed."""
    return None if is_sealed(act) else act.price
