"""What the parts of the demo share: who takes part, where the service is, and the expiry that it is all about."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from demo.cast import Person
from demo.pace import paced
from demo.tell import ETHER, check, wait_for
from demo.wallet import Wallet
from reporter.service import Service

SLUG = "btc-usd-cpi-2022-12-13"
STRIKES = ("17000", "17850", "25000")  # below, near and above the price
WINDOWS = {"report": 10, "challenge": 15, "commit": 10, "reveal": 10, "ruling": 60}
ARBITRATION_BOND = 16 * ETHER
REPORTERS = ("alice", "bob", "carol", "mallory")
CHALLENGERS = ("dave", "erin")
VOTERS = ("vera", "victor", "violet", "malvina", "vincent")
HOLDERS = ("holder", "writer")
DEPOSITS = {"mallory": 40, "dave": 10, "erin": 10, "alice": 5, "bob": 5, "carol": 5}
STAKES = {"vera": 32, "victor": 32, "violet": 32, "malvina": 10, "vincent": 4}


def terms() -> dict[str, str]:
    """Those of the demo's expiry; the rest are as usual."""
    windows = {f"{name}_window": str(paced(seconds)) for name, seconds in WINDOWS.items()}
    return windows | {"arbitration_bond": str(ARBITRATION_BOND)}


@dataclass
class Story:
    """One run of the demo."""

    url: str
    rpc_url: str
    folder: Path
    people: dict[str, Person] = field(default_factory=dict)
    series: list[dict[str, Any]] = field(default_factory=list)
    gas: dict[str, int] = field(default_factory=dict)
    began_with: dict[str, int] = field(default_factory=dict)
    staked: dict[str, int] = field(default_factory=dict)
    withdrawn: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        names = REPORTERS + CHALLENGERS + VOTERS + HOLDERS
        self.people = {name: Person.number(place, name, self.folder) for place, name in enumerate(names)}
        self.service = Service(self.url)
        self.wallet = Wallet(self.rpc_url)

    def chain_command(self, name: str, *arguments: str) -> list[str]:
        """The reporter program, run by somebody who sends a transaction of their own."""
        return [*self.people[name].command(self.url, *arguments), "--rpc-url", self.rpc_url]

    def expiry(self) -> dict[str, Any]:
        """The expiry as the service shows it now."""
        return self.service.expiry(SLUG)

    def wait_for_stage(self, stage: str, *, seconds: int) -> dict[str, Any]:
        """The expiry, once it is in this stage; while waiting it shows how long the running window has left."""
        seen: dict[str, Any] = {}

        def look() -> dict[str, Any] | None:
            seen.update(self.expiry())
            return seen if seen["stage"] == stage else None

        def left() -> int:
            return int(seen["deadline"] or time.time()) - int(time.time())

        found = wait_for(
            f"{seen.get('stage', 'the expiry')} to become {stage}", look, seconds=seconds, left=left
        )
        check(found["stage"] == stage, f"the expiry is in {found['stage']}, not in {stage}")
        return found

    def publication(self, id_: str) -> dict[str, Any]:
        """A publication with the signatures that were collected for it."""
        answer = requests.get(f"{self.url}/api/v1/publications", timeout=20).json()
        return next(each for each in answer["results"] if each["id"] == id_)

    def free(self, name: str) -> int:
        """Wei that somebody may spend or withdraw."""
        return int(self.service.account(self.people[name].address)["free"])

    def leaf(self, name: str) -> dict[str, Any] | None:
        """Somebody's leaf in the last final root; None while there is none."""
        answer = requests.get(f"{self.url}/api/v1/accounts/{self.people[name].address}/leaf", timeout=20)
        return answer.json() if answer.status_code == 200 else None

    def holdings(self, name: str) -> int:
        """Wei that somebody has in the book outside of expiries."""
        account = self.service.account(self.people[name].address)
        return sum(int(account[part]) for part in ("free", "stake", "unbonding", "withdrawing"))
