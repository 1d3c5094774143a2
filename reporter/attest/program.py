"""`attest`: one round after the other. Look at what is proposed, catch up with the book, check, sign or refuse."""

from __future__ import annotations

import argparse
import sys
import time
from typing import Any

from protocol.book import Book
from protocol.signing import Domain, Message, digest, parse
from reporter.attest import roots
from reporter.attest.chain import Chain
from reporter.attest.escrow import EscrowReader
from reporter.attest.follower import Follower
from reporter.attest.grounds import Context, refusal
from reporter.attest.health import Health, serve
from reporter.attest.memory import Memory
from reporter.attest.roots import Proposal, RootContext, RootMemory
from reporter.attest.store import Store
from reporter.keys import Key, load_key
from reporter.service import Problem, Service
from reporter.stop import Stop
from reporter.units import show_price, show_time

STOPPED = 1


class Attestor:
    """One attestor's rounds over prices, and over roots where there is an escrow.

    `told` keeps it from saying the same refusal again and again.
    """

    def __init__(
        self, service: Service, key: Key, domain: Domain, context: Context, escrow: RootContext | None = None
    ) -> None:
        self.service, self.key, self.domain, self.context, self.escrow = service, key, domain, context, escrow
        self.told: dict[str, str] = {}

    def round(self, now: int) -> None:
        """One round. Proposals are read first: what they rest on is then in the book that is read after."""
        prices = self.service.publications()
        proposals = self.service.roots() if self.escrow else []
        self.context.follower.poll(now)
        for name, rows, answer in (
            ("publications", prices, self._answer), ("roots", proposals, self._answer_root)
        ):  # fmt: skip
            for row in rows:
                if self.key.address in {each["attestor"] for each in row["signatures"]}:
                    continue
                try:
                    answer(f"{name}/{row['id']}", row)
                except Problem as problem:  # of this proposal alone: another one may be taken
                    say(f"{name}/{row['id']}: {problem}")

    def _answer(self, name: str, publication: dict[str, Any]) -> None:
        try:
            message = parse("Attestations", {"items": publication["items"]})
        except ValueError as error:
            self._refuse(name, f"malformed: {error}")
            return
        for item in message["items"]:
            if reason := refusal(item, self.context):
                self._refuse(name, reason)
                return
        self.context.memory.remember(message["items"])
        self._sign(name, "Attestations", message)
        for item in message["items"]:
            say(f"signed {show_price(item['price'])} for expiry {item['expiry']}, attempt {item['attempt']}")

    def _answer_root(self, name: str, row: dict[str, Any]) -> None:
        assert self.escrow is not None
        try:
            proposal = Proposal.from_json(row)
        except ValueError as error:
            self._refuse(name, f"malformed: {error}")
            return
        if reason := roots.refusal(proposal, self.escrow):
            self._refuse(name, reason)
            return
        roots.keep_file(self.context.follower.store.folder, self.escrow.statement(proposal))
        self.escrow.memory.remember(proposal)
        self._sign(name, "Root", proposal.message)
        say(f"signed the root of epoch {proposal.epoch}, after entry {proposal.seq}, block {proposal.block}")

    def _sign(self, name: str, kind: str, message: Message) -> None:
        self.service.send_signature(name, self.key.sign(digest(self.domain, kind, message)))
        self.told.pop(name, None)

    def _refuse(self, name: str, reason: str) -> None:
        if self.told.get(name) == reason:
            return
        say(f"refused {name}: {reason}")
        self.told[name] = reason
        self.service.send_refusal(name, self.key.address, reason)


def attest(options: argparse.Namespace) -> int:
    """Run until stopped, or for one round; the exit code is 1 where that one round could not be finished."""
    key, service, started = load_key(options.key_file), Service(options.url), _now()
    store = Store(options.state_dir)
    health = Health()
    if options.port:
        serve(health, options.port)
    attestor: Attestor | None = None
    while True:
        try:
            attestor = attestor or begin(options, service, key, store, started)
            attestor.round(_now())
            problem = attestor.context.follower.broken
        except Problem as refused:
            problem = f"the service {refused}"
        except Stop as stop:
            problem = str(stop)
        if problem and problem != health.problem:
            say(problem)
        health.update(_now(), attestor.context.follower.book.seq if attestor else 0, problem)
        if options.once:
            return STOPPED if problem else 0
        time.sleep(options.poll)


def begin(options: argparse.Namespace, service: Service, key: Key, store: Store, started: int) -> Attestor:
    """Learn which chain, contracts and service this is about, check them on the chain, and fold what is on disk."""
    about = service.about()
    oracle, factory = options.oracle or about["oracle"], options.factory or about["factory"]
    domain = Domain(int(about["chain_id"]), oracle)
    chain = Chain(options.rpc_url, from_block=options.from_block)
    if chain.chain_id() != domain.chain_id:
        raise Stop(f"the node is on chain {chain.chain_id()}, the service on {domain.chain_id}")
    for name, address in (("oracle", oracle), ("factory", factory)):
        if not chain.has_code(address):
            raise Stop(f"there is no contract at the {name}'s address {address}")
    book = Book(domain, about["service"], int(about["unbonding_delay"]))
    follower = Follower(service, store, book, started)
    context = Context(follower, chain, Memory(store.signed), oracle, factory, options.accept_unwitnessed)
    say(f"attestor {key.address} follows {service.url} from entry {book.seq}, chain {domain.chain_id}, oracle {oracle}")
    return Attestor(service, key, domain, context, _escrow(options, about, context))


def _escrow(options: argparse.Namespace, about: dict[str, Any], context: Context) -> RootContext | None:
    """What roots are checked against; None where there is no escrow."""
    address = options.escrow or about.get("escrow")
    if not address:
        return None
    escrow = EscrowReader(context.chain, address)
    if not context.chain.has_code(address) or escrow.oracle() != context.oracle:
        raise Stop(f"there is no escrow of oracle {context.oracle} at {address}")
    follower = context.follower
    return RootContext(
        follower, escrow, RootMemory(follower.store.roots), options.treasury or about["treasury"], options.depth,
        options.accept_unwitnessed, options.accept_operator_deposits,
    )  # fmt: skip


def say(words: str) -> None:
    """One line with the time."""
    print(f"{show_time(_now())}  {words}", file=sys.stdout, flush=True)


def _now() -> int:
    return int(time.time())
