"""The file in which `manage.py deploy_contracts` leaves the addresses of what it deployed."""

import json
from pathlib import Path
from typing import NamedTuple


class Deployed(NamedTuple):
    """Lower-case addresses, or empty where nothing is deployed yet."""

    oracle: str = ""
    factory: str = ""


def addresses(path: Path | None) -> Deployed:
    """What the file says; empty where there is none yet (before the first deployment)."""
    if path is None or not path.exists():
        return Deployed()
    content = json.loads(path.read_text())
    return Deployed(oracle=content["oracle"].lower(), factory=content["factory"].lower())


def write(path: Path, *, oracle: str, factory: str) -> None:
    """Replace the file as a whole, so that no reader sees half of it."""
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps({"oracle": oracle.lower(), "factory": factory.lower()}, indent=2) + "\n")
    fresh.replace(path)
