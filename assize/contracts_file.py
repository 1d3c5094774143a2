"""The file in which `manage.py deploy_contracts` leaves the addresses of what it deployed."""

import json
from pathlib import Path
from typing import NamedTuple


class Deployed(NamedTuple):
    """Lower-case addresses, or empty where nothing is deployed yet; the blocks that logs begin in."""

    oracle: str = ""
    factory: str = ""
    block: int = 0
    escrow: str = ""
    escrow_block: int = 0
    feeds: str = ""


def addresses(path: Path | None) -> Deployed:
    """What the file says; empty where there is none yet (before the first deployment)."""
    if path is None or not path.exists():
        return Deployed()
    content = json.loads(path.read_text())
    return Deployed(
        content["oracle"].lower(),
        content["factory"].lower(),
        int(content.get("block", 0)),
        content.get("escrow", "").lower(),
        int(content.get("escrow_block", 0)),
        content.get("feeds", "").lower(),
    )
