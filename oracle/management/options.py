"""What operators type, read strictly. Each function raises CommandError: one line, exit code 1."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from oracle import selectors
from oracle.models import Expiry, Index

ETHER = 10**18
_AMOUNT = re.compile(r"([0-9]+)(?:\.([0-9]{1,18}))?(ether)?")
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")


def amount(text: str) -> int:
    """Wei: `1500` or `1.5ether`, above 0."""
    found = _AMOUNT.fullmatch(text)
    if found is None or (found[2] and not found[3]):
        raise CommandError(f"{text!r} is no amount: write whole wei, or ether as in 1.5ether")
    wei = int(found[1]) * ETHER + int((found[2] or "0").ljust(18, "0")) if found[3] else int(found[1])
    if not 0 < wei < 2**128:
        raise CommandError(f"{text!r} must be above 0 and below 2^128 wei")
    return wei


def address(text: str) -> str:
    """An address, in lower case whatever it was typed in."""
    if not _ADDRESS.fullmatch(text):
        raise CommandError(f"{text!r} is no address: 0x and 40 hex digits")
    return text.lower()


def instant(text: str) -> int:
    """Unix seconds, or ISO 8601 with its offset: `2026-12-25T08:00Z`. A time without one means nothing certain."""
    if text.isascii() and text.isdigit():
        return int(text)
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise CommandError(f"{text!r} is no instant: write unix seconds or 2026-12-25T08:00Z") from None
    if when.tzinfo is None:
        raise CommandError(f"{text!r} names no time zone: add Z or an offset such as +02:00")
    if when.microsecond:
        raise CommandError(f"{text!r} is no whole second")
    return int(when.astimezone(UTC).timestamp())


def document(text: str) -> dict[str, Any]:
    """A JSON object: as it is, or the content of the file of this name."""
    try:
        found = json.loads(text if text.lstrip().startswith("{") else Path(text).read_text())
    except OSError as error:
        raise CommandError(f"cannot read {text}: {error.strerror}") from None
    except ValueError as error:
        raise CommandError(f"not JSON: {error}") from None
    if not isinstance(found, dict):
        raise CommandError("the JSON must be an object")
    return found


def index(text: str) -> Index:
    """The newest version of an index by its slug, or the one of this id."""
    wanted = {"id": text} if text.startswith("0x") else {"slug": text}
    found = Index.objects.filter(**wanted).order_by("-version").first()
    if found is None:
        raise CommandError(f"no index {text} is listed: list it first")
    return found


def expiry(text: str) -> Expiry:
    """An expiry by its slug or its id."""
    found = selectors.find_expiry(text)
    if found is None:
        raise CommandError(f"no expiry {text} is listed: list it first")
    return found
