"""What every page says above everything else."""

from __future__ import annotations

from typing import Any

from django.db import DatabaseError
from django.http import HttpRequest

from oracle.services import pausing


def intake(request: HttpRequest) -> dict[str, Any]:
    """For every template: since when intake is paused. Asked only where a template asks for it, as base.html does."""
    return {"intake_paused_since": _since}


def _since() -> int | None:
    try:
        return pausing.paused_since()
    except DatabaseError:
        return None  # the page about that must come out, too
