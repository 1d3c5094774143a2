"""Every kind of proposal, by its name. What each does stands beside the services that do it."""

from __future__ import annotations

from collections.abc import Mapping

from operators.kinds import Kind
from settlement.services.cancelling import CANCEL_TRANSACTION

KINDS: Mapping[str, Kind] = {kind.name: kind for kind in (CANCEL_TRANSACTION,)}
