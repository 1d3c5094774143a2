"""C-1 for raised fees and cancels: killed after every write and around every broadcast, for a price and for a root.

Each crash point is died at once, from the same state: chain and database are taken back to it. Afterwards the service
goes on, and one transaction must have come of it. Which functions write or send is read from the source: one in which
nothing died fails the test.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from django.db import connection, transaction

from operators.models import Proposal
from operators.services.proposals import HOLD_SECONDS
from settlement.alarms import AlarmKind, open_alarms, raise_alarm
from settlement.chain.providers import Providers
from settlement.models import Attempt, ChainTransaction, Publication, Root
from settlement.services.bumping import STUCK_BUMPS
from settlement.services.publishing import publish
from settlement.services.root_posting import post_roots
from settlement.stages import TransactionState
from tests.cast import ETHER, person
from tests.chain.conftest import CONFIRMATION, World, deployed, node, world  # noqa: F401 (fixtures)
from tests.chain.roots import attest, credited
from tests.chain.roots import propose as propose_root_of
from tests.chain.test_bumping import BUMP
from tests.chain.test_cancelling import carry_out, wanted_by_two
from tests.faults import points
from tests.faults.crash import Killed
from tests.soak import crash

LATE = STUCK_BUMPS * BUMP
"""Seconds after which a transaction that no block has is an alarm as well."""
BEFORE = {"publishers.named writes"}
"""At the first signature of all, which these have behind them: tests/chain/test_rotate_publisher.py."""
STARTS = {"bump": ("bumping.raise_fees",), "cancel": ("cancelling.carry_out",)}

@dataclass
class Deaths:
    """Dies at the crash point of number `at`; `where` it was, of all that were met."""

    at: int
    met: int = 0
    where: str = ""
    names: list[str] = field(default_factory=list)

    def point(self, what: str) -> None:
        """A crash point: the process ends here if it is its turn."""
        name = crash.at_work()
        if name is None:
            return
        self.met += 1
        self.names.append(f"{name} {what}")
        if self.met == self.at:
            self.where = self.names[-1]
            raise Killed(self.where)


@contextmanager
def dying(deaths: Deaths) -> Iterator[None]:
    """After every write, and before and after every broadcast."""
    send = Providers.send

    def execute(run: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        result = run(sql, params, many, context)
        if not sql.lstrip("( \n").upper().startswith(crash.READS):
            deaths.point("writes")
        return result

    def sending(nodes: Providers, raw: str) -> Any:
        deaths.point("sends")
        said = send(nodes, raw)
        deaths.point("sends")
        return said

    with ExitStack() as stack:
        stack.enter_context(connection.execute_wrapper(execute))
        stack.enter_context(patch.object(Providers, "send", sending))
        yield


class TakenBack(Exception):
    """Everything that happened since, in the database."""


@contextmanager
def taken_back(world: World, *raws: str) -> Iterator[None]:  # noqa: F811
    """Afterwards chain, what waits on it, and database are as they were."""
    mark = world.node.rpc("evm_snapshot")
    try:
        with transaction.atomic():
            yield
            raise TakenBack
    except TakenBack:
        pass
    world.node.rpc("evm_setAutomine", False)
    world.node.rpc("anvil_dropAllTransactions")
    world.node.rpc("evm_revert", mark)
    for raw in raws:
        world.node.rpc("eth_sendRawTransaction", raw)


@dataclass
class Stuck:
    """A transaction that no block takes: `rounds` is the publisher's, `ended` whether all of it is over."""

    world: World
    row: ChainTransaction
    now: int
    rounds: Callable[[int], object]
    ended: Callable[[], bool]

    def to_the_end(self, now: int) -> None:
        """The service goes on; then blocks come."""
        self.rounds(now)
        self.world.node.rpc("evm_setAutomine", True)
        for _ in range(4):
            self.world.node.mine(CONFIRMATION + 1)
            self.rounds(now)
            self.world.bury()
            self.rounds(now)

    def assert_one_came_of_it(self, cancelled: bool) -> None:
        assert self.ended()
        rows = ChainTransaction.objects.filter(purpose=self.row.purpose).order_by("nonce")
        assert [row.nonce for row in rows] == [self.row.nonce, self.row.nonce + 1][: rows.count()]
        wanted = [TransactionState.CANCELLED] * cancelled + [TransactionState.CONFIRMED]
        assert [row.state for row in rows] == wanted
        assert rows.last().succeeded  # type: ignore[union-attr]
        for row in rows:
            found = [self.world.client.receipt(each.hash) for each in row.attempts.all()]
            assert sum(receipt is not None for receipt in found) == 1, "one attempt of a nonce is mined"
        assert not open_alarms().exists()
        assert all(each.sent_at is not None for each in Attempt.objects.filter(transaction__in=rows)), "none forgotten"


@pytest.fixture(params=["price", "root"])
def stuck(world: World, tmp_path: Path, settings: Any, request: pytest.FixtureRequest) -> Stuck:  # noqa: F811
    settings.MAX_FEE_GWEI = 1_000
    if request.param == "price":
        publication, now = world.signed()
        ended = lambda: Publication.objects.get(pk=publication.pk).stage == "FINAL"  # noqa: E731
    else:
        credited(world, (person("alice"), 5 * ETHER))
        root, now = propose_root_of(world), world.node.now()
        attest(world, tmp_path, 0, 1, 2)
        ended = lambda: Root.objects.get(pk=root.pk).stage == "FINAL"  # noqa: E731

    def rounds(at: int) -> None:
        carry_out(at)
        publish(now=at)
        post_roots(now=at)

    world.node.hold()
    rounds(now)
    return Stuck(world, ChainTransaction.objects.get(), now, rounds, ended)


@pytest.mark.parametrize("what", ["bump", "cancel"])
def test_attempt__killed_after_every_write_and_around_every_broadcast__one_transaction(stuck: Stuck, what: str) -> None:
    """Raised so late that it is an alarm too, and with one open that its signature clears."""
    now = stuck.now + LATE
    purpose = stuck.row.purpose
    if what == "cancel":
        proposal = wanted_by_two(now)
        purpose = f"cancel:{stuck.row.pk}"
    raise_alarm(AlarmKind.SIGNER_REFUSED, purpose, "not yet", now=now)
    died: list[str] = []
    for at in count(1):
        deaths = Deaths(at)
        with taken_back(stuck.world, stuck.row.newest.raw):
            try:
                with dying(deaths):
                    stuck.rounds(now)
            except Killed:
                died.append(deaths.where)
            stuck.to_the_end(now + 1 + HOLD_SECONDS)
            stuck.assert_one_came_of_it(cancelled=what == "cancel")
            if what == "cancel":
                assert Proposal.objects.get(pk=proposal.pk).outcome.startswith("sent under nonce ")
        if not deaths.where:
            break
    assert len(died) == deaths.met, "the last one got through"
    assert uncovered(what, died) == []


def uncovered(what: str, died: list[str]) -> list[str]:
    """Functions that write or send, by the source, and in which nothing ever died."""
    wanted = points.writers_under(*STARTS[what])
    missing = {f"{name} {does}" for name, both in wanted.items() for does in both} - set(died) - BEFORE
    return sorted(missing)
