"""Whether the oracle counts our signature, and whether another attestor set waits: told when it changes."""

from __future__ import annotations

from reporter.attest.alarms import Alarms
from reporter.attest.chain import Chain
from reporter.attest.metrics import Metrics
from reporter.attest.rounds import say
from reporter.attest.signers import SignerSet, Waiting, read_running, read_waiting
from reporter.units import show_time


class SetWatch:
    """Looks at one oracle for the attestor `own`."""

    def __init__(self, chain: Chain, oracle: str, own: str, alarms: Alarms, metrics: Metrics) -> None:
        self.chain, self.oracle, self.own = chain, oracle, own
        self.alarms, self.metrics = alarms, metrics
        self.running: SignerSet | None = None

    def look(self) -> None:
        """Read both sets. ChainUnreadable where the nodes do not agree about them."""
        running, waiting = read_running(self.chain, self.oracle), read_waiting(self.chain, self.oracle)
        self._running(running)
        self.metrics.set_waiting.set(1 if waiting else 0)
        self.metrics.set_applies.set(waiting.applies_from if waiting else 0)
        if waiting:
            self.alarms.raise_("set waiting", self._words(waiting))
        else:
            self.alarms.clear("set waiting")

    def _running(self, running: SignerSet) -> None:
        inside = self.own in running.members
        self.metrics.in_set.set(1 if inside else 0)
        if running != self.running:
            word = "in" if inside else "out of"
            say(f"we are {word} the running set: {running.threshold} of {len(running.members)} must sign")
        self.running = running
        if inside:
            self.alarms.clear("out of the set")
        else:
            self.alarms.raise_("out of the set", f"the oracle does not count signatures of {self.own}")

    def _words(self, waiting: Waiting) -> str:
        new = waiting.proposed
        ours = "with us in it" if self.own in new.members else "without us"
        return (
            f"proposal {waiting.nonce}: {new.threshold} of {', '.join(new.members)}, {ours}, can be applied from "
            f"{show_time(waiting.applies_from)}; guardians can veto it (`reporter set show`)"
        )
