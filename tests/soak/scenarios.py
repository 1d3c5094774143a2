"""C-21 to C-33 of RELIABILITY: every seed has a little of everything, and much of one of these."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.proxy.plan import CORRUPTION, LIES, TRANSPORT, Fault

RARE = 0.02
EVENTS: Mapping[str, float] = {
    "reorganisation": 0.06,
    "deep reorganisation": 0.004,
    "fee spike": 0.02,
    "foreign nonce": 0.02,
    "front-run": 0.03,
    "finality stalls": 0.02,
    "two nodes down": 0.02,
    "no block": 0.1,
    "cancelled": 0.01,
}
"""What happens on and around the chain, and how likely in a step."""


@dataclass(frozen=True)
class Scenario:
    """One of the list: `kinds` meet half of all faulty requests' share, `events` happen as often as said."""

    name: str
    about: str
    kinds: frozenset[Fault] = TRANSPORT | CORRUPTION
    events: Mapping[str, float] = field(default_factory=dict)

    def likely(self, event: str) -> float:
        return self.events.get(event, EVENTS[event])


def _only(*kinds: Fault) -> frozenset[Fault]:
    return frozenset(kinds)


SCENARIOS: tuple[Scenario, ...] = (
    Scenario("C-21", "timeout after the send: it landed", _only(Fault.DROP_AFTER)),
    Scenario("C-22", "timeout before the send", _only(Fault.DROP_BEFORE)),
    Scenario(
        "C-23", "nonce too low, already known, 50 times the fee", _only(Fault.DUPLICATE), {"fee spike": 0.15}
    ),
    Scenario(
        "C-24",
        "stuck, sent anew, then the original mines",
        _only(Fault.LATE, Fault.DELAY),
        {"fee spike": 0.2},
    ),
    Scenario("C-25", "someone else uses the signer's nonce", events={"foreign nonce": 0.15}),
    Scenario("C-26", "reorganisations drop what was mined", events={"reorganisation": 0.25}),
    Scenario(
        "C-27",
        "reorganisations move what was mined",
        _only(Fault.DELAY),
        {"reorganisation": 0.3, "no block": 0.0},
    ),
    Scenario("C-28", "deeper than the bound: stop and alarm", events={"deep reorganisation": 0.08}),
    Scenario("C-29", "finality stalls", events={"finality stalls": 0.2}),
    Scenario("C-30", "our submit is front-run by a valid one", events={"front-run": 0.4}),
    Scenario("C-31", "wrong chain id", _only(Fault.WRONG_CHAIN)),
    Scenario("C-32", "one node lies, two are down", LIES, {"two nodes down": 0.1}),
    Scenario("C-33", "garbage for JSON", CORRUPTION),
)
