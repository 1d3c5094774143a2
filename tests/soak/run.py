"""One seed: a storm of so many steps, then calm until everything is at rest, then the invariants."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.test import override_settings
from django.utils.module_loading import import_string

from assize.timetable import timetable
from settlement.chain import providers
from settlement.chain.errors import ChainError
from settlement.index_models import EscrowIndex
from settlement.services import reindex
from tests.proxy.plan import CORRUPTION, LIES, TRANSPORT, Fault
from tests.soak import invariants
from tests.soak.chain import GWEI
from tests.soak.crash import Crashes, Killed, crashing, restart
from tests.soak.ground import REORG_BOUND, Ground
from tests.soak.scenarios import SCENARIOS, Scenario
from tests.soak.story import Story

STEPS = 60
LONGEST = 3
"""Times as many steps a storm takes at most, where its faults keep the prices from being published."""
CALM_STEPS = 120
CRASH_RATE = 0.01
RATES, SQUALL_RATES = (0.0, 0.05, 0.2), (0.3, 0.5, 0.7)
SQUALL_RINGS = 4
"""A task rings every few seconds; where nothing gets through, it rings again and again."""
NEVER_SECONDS = 10**9
WENT_ON = "stopped, and went on"
"""Counted with the faults, and none: what an operator does after one."""


class NotAtRest(AssertionError):
    """After the faults something is lost, doubled, wrong or stuck; the text says what, and of which seed."""


@dataclass
class Result:
    """What one seed met. `counts` by kind of fault; `schedule` says which request had which."""

    seed: int
    scenario: Scenario
    counts: Counter[str] = field(default_factory=Counter)
    steps: int = 0
    published: int = 0
    seconds: float = 0.0
    schedule: str = ""

    @property
    def faults(self) -> int:
        return self.counts.total() - self.counts[WENT_ON]

    def line(self) -> str:
        return (
            f"seed {self.seed:<5} {self.scenario.name} {self.faults:>5} faults {self.counts['crash']:>4} crashes"
            f" {self.published} prices published in the storm {self.steps:>4} steps {self.seconds:6.1f} s  at rest"
        )


class Run:
    """A seed under way."""

    def __init__(self, ground: Ground, seed: int, crashes: Crashes) -> None:
        self.scenario = SCENARIOS[seed % len(SCENARIOS)]
        self.result = Result(seed, self.scenario)
        self.ground, self.crashes = ground, crashes
        self.chance = random.Random(f"soak {seed}")
        self._spike = self._stall = self._down = 0
        self._squall = False
        ground.begin(seed)
        self.story = Story.begin(ground, self.chance)

    def begin(self) -> None:
        """Without faults, until there is money to report with and every expiry is listed: the storm is for the rest."""
        for _ in range(CALM_STEPS):
            self._step(storm=False)
            if self.story.list_all():
                return
        raise NotAtRest("no deposit was credited although nothing fails")

    def storm(self, steps: int) -> None:
        """Every kind of fault, and the scenario's most of all: so many steps, and on until the prices are published."""
        for step in range(LONGEST * steps):
            if step >= steps and self.story.all_published():
                break
            self._weather()
            self._faults()
            self._step(storm=True)
            self._operator()

    def calm(self) -> None:
        """No faults any more; raises NotAtRest where something does not end."""
        for node in self.ground.nodes:
            node.plan.rate = 0.0
        self.ground.finality.stalled, self._spike = False, 0
        self.ground.chain.base_fee(GWEI)
        with override_settings(ROOT_SECONDS=NEVER_SECONDS):
            for _ in range(CALM_STEPS):
                self._step(storm=False)
                self._operator()
                if not (left := invariants.waits(self.story)):
                    return
        raise NotAtRest(f"{self.scenario.name}: stuck after {CALM_STEPS} calm steps: " + "; ".join(left[:5]))

    def _step(self, *, storm: bool) -> None:
        """Time passes, blocks come, people act, tasks ring in whatever order, some of them twice."""
        self.result.steps += 1
        self.ground.now += self.chance.randrange(1, 25) if storm else 15
        if not storm or self.chance.random() >= self.scenario.likely("no block"):
            for _ in range(self.chance.randrange(1, 4) if storm else 2):
                self.ground.chain.mine(self.ground.now)
        self.ground.now = max(self.ground.now, self.ground.chain.now())
        self.story.people(storm=storm)
        jobs: list[Callable[[], Any]] = [
            import_string(ring.task) for ring in timetable(settings.BEAT_SECONDS)
        ]
        jobs += self.story.signatures(all_of_them=not storm)
        if storm:
            jobs = jobs * SQUALL_RINGS if self._squall else jobs + self.chance.choices(jobs, k=2)
            self.chance.shuffle(jobs)
        for job in jobs:
            self._ring(job)

    def _ring(self, job: Callable[[], Any]) -> None:
        """One task, in a process that may die at any point of it."""
        try:
            job()
        except ChainError:
            pass  # what comes over HTTP is answered with it; the caller tries again
        except Killed:
            restart()
            self.result.counts["crash"] += 1

    def _faults(self) -> None:
        """What each node does to requests in this step: all are unreliable, and one of them may lie."""
        liar = self.chance.randrange(len(self.ground.nodes))
        self._squall = self.chance.random() < 0.35
        rates = SQUALL_RATES if self._squall else RATES
        for number, node in enumerate(self.ground.nodes):
            kinds = self.scenario.kinds if self.chance.random() < 0.5 else TRANSPORT | CORRUPTION
            if number != liar:
                kinds = kinds - LIES
            elif self.chance.random() < 0.3:
                kinds = kinds | LIES
            node.plan.kinds, node.plan.rate = kinds, self.chance.choice(rates)
            if self._down and number != liar:
                node.plan.kinds, node.plan.rate = frozenset([Fault.DROP_BEFORE]), 1.0
        self._down = max(self._down - 1, 0)

    def _weather(self) -> None:
        """What happens on and around the chain."""
        for name, happens in self._events().items():
            if self.chance.random() < self.scenario.likely(name) and happens():
                self.result.counts[name] += 1
        if self._spike == 1:
            self.ground.chain.base_fee(GWEI)
        self._spike = max(self._spike - 1, 0)
        if self._stall == 1:
            self.ground.finality.stalled = False
        self._stall = max(self._stall - 1, 0)

    def _events(self) -> dict[str, Callable[[], bool]]:
        return {
            "reorganisation": lambda: self._reorg(self.chance.randrange(1, 4)),
            "deep reorganisation": lambda: self._reorg(REORG_BOUND + 1),
            "fee spike": self._fee_spike,
            "foreign nonce": self.story.take_nonce,
            "front-run": self.story.submit_for_us,
            "finality stalls": self._finality_stalls,
            "two nodes down": self._two_down,
            "cancelled": self.story.cancel,
        }

    def _reorg(self, depth: int) -> bool:
        self.ground.chain.reorg(depth, self.chance)
        return True

    def _fee_spike(self) -> bool:
        self._spike = self.chance.randrange(2, 6)
        self.ground.chain.base_fee(50 * GWEI)
        return True

    def _finality_stalls(self) -> bool:
        self._stall, self.ground.finality.stalled = self.chance.randrange(2, 10), True
        return True

    def _two_down(self) -> bool:
        self._down = self.chance.randrange(1, 3)
        return True

    def _operator(self) -> None:
        """Whoever is called by the alarm of a stopped index looks, and lets it go on (`manage.py reindex`)."""
        if EscrowIndex.objects.exclude(stopped="").exists():
            self.result.counts[WENT_ON] += 1
            nodes = providers.Providers([self.ground.chain.url], self.ground.client.chain_id, 1)
            self._ring(lambda: reindex.go_on(nodes))


def run(ground: Ground, seed: int, *, steps: int = STEPS, crashes: Crashes | None = None) -> Result:
    """Run a seed to its rest. NotAtRest where an invariant does not hold; the same seed does the same again."""
    begun = time.monotonic()
    own = Crashes() if crashes is None else crashes
    under_way = Run(ground, seed, own)
    if crashes is None:
        own.policy = random_policy(under_way.chance.getrandbits(64))
    result = under_way.result
    try:
        under_way.begin()
        with crashing(own):
            under_way.storm(steps)
        result.published = under_way.story.published()
        under_way.calm()
        if found := invariants.broken(under_way.story):
            raise NotAtRest("; ".join(found[:5]))
    except NotAtRest as error:
        raise NotAtRest(f"seed {seed}: {error}\n{_schedule(ground)}") from error
    for node in ground.nodes:
        result.counts.update(node.plan.counts())
    result.counts["underpriced by the 10 % rule"] = ground.pool.refused
    result.schedule, result.seconds = _schedule(ground), time.monotonic() - begun
    return result


def random_policy(seed: int, rate: float = CRASH_RATE) -> Callable[[str, str], bool]:
    """Die at one point in a hundred; at every second one that this seed has never died at."""
    chance, died = random.Random(seed), set[tuple[str, str]]()

    def policy(point: str, phase: str) -> bool:
        dies = chance.random() < (rate if (point, phase) in died else 0.5)
        if dies:
            died.add((point, phase))
        return dies

    return policy


def _schedule(ground: Ground) -> str:
    return "\n".join(node.plan.schedule() for node in ground.nodes)
