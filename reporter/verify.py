"""`verify`: run an expiry's transcript again, from a file or from the service, and trust neither."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from protocol.transcript import verify as verify_transcript
from reporter.sending import load
from reporter.service import Service
from reporter.stop import Stop
from reporter.units import show_price

FAILED = 1


def verify(what: str, service: Service | None, save_to: Path | None = None) -> int:
    """Print PASS or FAIL for a file, or for the expiry of this id or slug; returns the exit code, 0 or 1."""
    document = _read(what, service)
    if save_to:
        save_to.write_text(json.dumps(document, indent=1), encoding="utf-8")
    verdict = verify_transcript(document)
    if verdict.passed and what.startswith("0x") and document.get("expiry") != what:
        print(f"FAIL this is the transcript of another expiry, {document.get('expiry')}")
        return FAILED
    print(str(verdict).encode(errors="backslashreplace").decode())
    if verdict.passed and verdict.outcome and "price" in verdict.outcome:
        price, root = show_price(int(verdict.outcome["price"])), verdict.outcome["payouts_root"]
        print(f"  {price}, decided by {verdict.outcome['decided_by']}; payouts {root}")
    return 0 if verdict.passed else FAILED


def _read(what: str, service: Service | None) -> dict[str, Any]:
    if Path(what).is_file():
        return load(Path(what))
    if service is None:
        raise Stop(f"{what} is no file; name the service by --url to fetch its transcript")
    document: dict[str, Any] = service.transcript(what)
    return document
