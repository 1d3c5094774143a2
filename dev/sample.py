"""`make sample`: an expiry to try the pages on, in the stack that `make run` has up."""

import json
import time

from dev import accounts

OPENS_IN = 120
"""Seconds: time to deposit first."""
INDEX = "docs/operating/index.example.json"
TERMS = {
    "report_window": "600",
    "challenge_window": "600",
    "commit_window": "600",
    "reveal_window": "300",
    "ruling_window": "3600",
    "min_reports": "1",  # so that one person sees it through
    "min_report_stake": str(10**17),
}


def steps(now: int) -> tuple[str, list[list[str]]]:
    """The name of an expiry whose instant is soon after unix second `now`, and the commands that list it."""
    at = now + OPENS_IN
    name = f"eth-usd-{at}"
    decided = ["--guardians", accounts.addresses(accounts.GUARDIANS), "--terms", json.dumps(TERMS)]
    return name, [
        ["list_index", "eth-usd", INDEX],
        ["list_expiry", name, "--index", "eth-usd", "--at", str(at), *decided],
        ["list_series", name, "--strikes", "2500", "3000", "3500"],
    ]  # fmt: skip


def told(name: str, now: int) -> str:
    """What comes when."""
    opens = time.strftime("%H:%M:%S", time.gmtime(now + OPENS_IN))
    return f"/expiries/{name}/ takes reports from {opens} UTC on, for ten minutes; all windows are of minutes"
