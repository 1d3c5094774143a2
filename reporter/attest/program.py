"""`attest`: one round after the other. Look at what is proposed, catch up with the book, check, sign or refuse."""

from __future__ import annotations

import argparse
import sys
import time
from typing import Any

from protocol.book import Book
from protocol.signing import Domain, Message, digest, parse
from reporter.attest.chain import Chain
from reporter.attest.follower import Follower
from reporter.attest.grounds import Context, refusal
from reporter.attest.health import Health, serve
from reporter.attest.memory import Memory
from reporter.attest.store import Store
from reporter.keys import Key, load_key
from reporter.service import Problem, Service
from reporter.stop import Stop
from reporter.units import show_price, show_time

STOPPED = 1


class Attestor:
    """One attestor's rounds. `told` keeps it from saying the same refusal again and again."""

    def __init__(self, service: Service, key: Key, domain: Domain, context: Context) -> None:
        self.service, self.key, self.domain, self.context = service, key, domain, context
        self.told: dict[str, str] = {}

    def round(self, now: int) -> None:
        """One round. Proposals are read first: what they rest on is then in the book that is read after."""
        proposed = self.service.publications()
        self.context.follower.poll(now)
        for publication in proposed:
            if self.key.address in {each["attestor"] for each in publication["signatures"]}:
                continue
            try:
                self._answer(publication)
            except Problem as problem:  # of this publication alone: another one may be taken
                say(f"publication {publication['id']}: {problem}")

    def _answer(self, publication: dict[str, Any]) -> None:
        try:
            message = parse("Attestations", {"items": publication["items"]})
        except ValueError as error:
            self._refuse(publication["id"], f"malformed: {error}")
            return
        for item in message["items"]:
            if reason := refusal(item, self.context):
                self._refuse(publication["id"], reason)
                return
        self._sign(str(publication["id"]), message)

    def _sign(self, publication: str, message: Message) -> None:
        self.context.memory.remember(message["items"])
        signature = self.key.sign(digest(self.domain, "Attestations", message))
        self.service.send_signature(publication, signature)
        self.told.pop(publication, None)
        for item in message["items"]:
            say(f"signed {show_price(item['price'])} for expiry {item['expiry']}, attempt {item['attempt']}")

    def _refuse(self, publication: Any, reason: str) -> None:
        if self.told.get(str(publication)) == reason:
            return
        say(f"refused publication {publication}: {reason}")
        self.told[str(publication)] = reason
        self.service.send_refusal(str(publication), self.key.address, reason)


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
    return Attestor(service, key, domain, context)


def say(words: str) -> None:
    """One line with the time."""
    print(f"{show_time(_now())}  {words}", file=sys.stdout, flush=True)


def _now() -> int:
    return int(time.time())
