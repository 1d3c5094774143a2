"""`attest`: one round after the other, and what people and machines see of it: log, health, metrics, alarms."""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping
from typing import Any

from protocol.book import Book
from protocol.signing import Domain
from reporter.attest.alarms import Alarms
from reporter.attest.chain import Chain
from reporter.attest.check import check
from reporter.attest.config import Config, read_config
from reporter.attest.door import Door, Health
from reporter.attest.escrow import EscrowReader
from reporter.attest.follower import Follower
from reporter.attest.grounds import Context
from reporter.attest.memory import Memory
from reporter.attest.metrics import Metrics
from reporter.attest.pricing import REFUSED, RELEASED, Doubts, PriceCheck, decide
from reporter.attest.receipts import Receipts
from reporter.attest.roots import RootContext, RootMemory
from reporter.attest.rounds import Attestor, say
from reporter.attest.set_watch import SetWatch
from reporter.attest.store import Store
from reporter.keys import Key, load_key
from reporter.service import Problem, Service
from reporter.stop import Stop

STOPPED = 1
STALLED_SECONDS = 180
"""Without a good round for so long, entries are not witnessed any more."""


def attest(options: argparse.Namespace) -> int:
    """Run until stopped, or what `action` and the options say instead."""
    if options.check:
        return check(options.config, vars(options))
    config = read_config(options.config, vars(options))
    if options.action == "run":
        return Program(config).run(once=options.once)
    if not options.expiry:
        raise Stop(f"attest {options.action} needs the id of an expiry")
    decision = RELEASED if options.action == "release" else REFUSED
    print(decide(config.state_dir, options.expiry, decision, _now()))
    return 0


class Program:
    """One attestor that runs, with its folder locked and its port open."""

    def __init__(self, config: Config) -> None:
        self.config, self.started = config, _now()
        self.key, self.service = load_key(config.key_file), Service(config.url)
        self.store = Store(config.state_dir)
        self.health, self.metrics = Health(), Metrics()
        self.alarms = Alarms(say, config.alarm)
        self.attestor: Attestor | None = None
        self.watch: SetWatch | None = None
        self.door: Door | None = None
        self._last_good, self._counted = self.started, 0
        if config.port is not None:
            self.door = Door(config.listen, config.port, self.health, self.metrics)
            self.door.start()

    def run(self, once: bool) -> int:
        """Round after round; the exit code is 1 where the only one could not be finished."""
        while True:
            problem = self.turn()
            if once:
                self.alarms.wait()
                return STOPPED if problem else 0
            time.sleep(self.config.poll)

    def turn(self) -> str | None:
        """One round and what is to be shown of it; what was wrong with it."""
        begun, problem = time.monotonic(), None
        try:
            if self.attestor is None:
                self._begin()
            assert self.attestor is not None
            assert self.watch is not None
            self.attestor.round(_now())
            problem = self.attestor.context.follower.broken
            self.watch.look()
        except Problem as refused:
            problem = f"the service {refused}"
        except Stop as stop:
            problem = str(stop)
        self._show(_now(), problem)
        self.metrics.round.observe(time.monotonic() - begun)
        return problem

    def _begin(self) -> None:
        self.attestor = begin(self.config, self.service, self.key, self.store, self.started, self.metrics)
        context = self.attestor.context
        self.watch = SetWatch(context.chain, context.oracle, self.key.address, self.alarms, self.metrics)
        if self.door:
            self.door.receipts = self.attestor.receipts

    def _show(self, now: int, problem: str | None) -> None:
        broken = self.attestor.context.follower.broken if self.attestor else None
        if problem and problem not in (self.health.problem, broken):
            say(problem)
        if broken:
            self.alarms.raise_("contradiction", broken)
        if problem is None:
            self._last_good = now
            self.alarms.clear("stalled")
        elif not broken and now - self._last_good > STALLED_SECONDS:
            self.alarms.raise_("stalled", f"no good round for more than {STALLED_SECONDS} s: see the log")
        if self.attestor:
            self._measure(self.attestor)
        self.metrics.last_round.set(now)
        self.metrics.ok.set(0 if problem else 1)
        self.health.update(now, self.attestor.context.follower.book.seq if self.attestor else 0, problem)
        raised = self.alarms.count - self._counted
        self._counted = self.alarms.count
        self.metrics.alarms.inc(raised)
        self.metrics.alarms_raised.set(len(self.alarms.raised))

    def _measure(self, attestor: Attestor) -> None:
        follower, metrics = attestor.context.follower, self.metrics
        metrics.follow(follower.book.seq, follower.book.times[-1], follower.last_beat_at)
        metrics.receipts_waiting.set(len(attestor.receipts))
        metrics.contradictions.set(len(self.store.proofs()))
        held = attestor.doubts.waiting()
        metrics.held.set(len(held))
        for each in held:
            words = f"{each['reason']}; `attest release {each['expiry']}` or `attest refuse {each['expiry']}`"
            self.alarms.raise_(f"held {each['expiry']}", words)
        for about in [each for each in self.alarms.raised if each.startswith("held ")]:
            if about.removeprefix("held ") not in {each["expiry"] for each in held}:
                self.alarms.clear(about)
        metrics.providers.set(len(self.config.rpc_url))
        metrics.providers_agreeing.set(attestor.context.chain.agreeing(attestor.domain.chain_id))


def begin(
    config: Config, service: Service, key: Key, store: Store, started: int, metrics: Metrics | None = None
) -> Attestor:
    """Learn which chain, contracts and service this is about, check them on the chain, and fold what is on disk."""
    about = service.about()
    oracle, factory = config.oracle or about["oracle"], config.factory or about["factory"]
    domain = Domain(int(about["chain_id"]), oracle)
    chain = Chain(config.rpc_url, from_block=config.from_block)
    if chain.chain_id() != domain.chain_id:
        raise Stop(f"the node is on chain {chain.chain_id()}, the service on {domain.chain_id}")
    for name, address in (("oracle", oracle), ("factory", factory)):
        if not chain.has_code(address):
            raise Stop(f"there is no contract at the {name}'s address {address}")
    book = Book(domain, about["service"], int(about["unbonding_delay"]))
    follower = Follower(service, store, book, started)
    context = Context(follower, chain, Memory(store.signed), oracle, factory, config.accept_unwitnessed)
    say(f"attestor {key.address} follows {service.url} from entry {book.seq}, chain {domain.chain_id}, oracle {oracle}")
    return Attestor(
        service, key, domain, context, _escrow(config, about, context),
        receipts=Receipts(follower, config.receipts_dir),
        doubts=Doubts(store.folder, PriceCheck(config.price_check) if config.price_check else None),
        metrics=metrics,
    )  # fmt: skip


def _escrow(config: Config, about: Mapping[str, Any], context: Context) -> RootContext | None:
    """What roots are checked against; None where there is no escrow."""
    address = config.escrow or about.get("escrow")
    if not address:
        return None
    escrow = EscrowReader(context.chain, address)
    if not context.chain.has_code(address) or escrow.oracle() != context.oracle:
        raise Stop(f"there is no escrow of oracle {context.oracle} at {address}")
    follower = context.follower
    return RootContext(
        follower, escrow, RootMemory(follower.store.roots), config.treasury or about["treasury"], config.depth,
        config.accept_unwitnessed, config.accept_operator_deposits,
    )  # fmt: skip


def _now() -> int:
    return int(time.time())
