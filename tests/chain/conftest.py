"""The contracts on a chain of the test's own, and an expiry that lies ahead on it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from dev import accounts
from oracle import signer
from oracle.models import Expiry, Index
from oracle.services import listing
from oracle.services.time import pass_time
from protocol import signing
from protocol.terms import Terms
from settlement.chain import contracts
from settlement.chain.client import Connection, connect
from settlement.chain.wallet import Wallet
from settlement.models import Publication
from settlement.services.opening import open_due
from settlement.services.proposing import propose
from settlement.services.publications import items_of, message_of
from settlement.services.signing import Problem, add_signature
from settlement.stages import PublicationStage
from tests.cast import ETHER, person
from tests.chain.node import Node, running

DELAY = 30
FINALITY = 3
CONFIRMATION = 2
AHEAD = 1_000
HOLDERS = range(accounts.FIRST_PERSON, accounts.FIRST_PERSON + 5)


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    with running(tmp_path) as found:
        yield found


@dataclass(frozen=True)
class World:
    """Everything that a story on chain needs, in few words. Times are the chain's."""

    node: Node
    index: Index

    @property
    def client(self) -> Connection:
        return connect()

    @property
    def oracle(self) -> contracts.PriceOracle:
        return contracts.oracle(self.client)

    def list_expiry(self, slug: str = "one", ahead: int = AHEAD, **terms: Any) -> Expiry:
        """An expiry `ahead` seconds after the newest block; one report makes a price, windows are a minute."""
        given = Terms(
            min_reports=1,
            min_report_stake=ETHER // 10,
            report_window=60,
            challenge_window=60,
            service=signer.service_address(),
            **terms,
        )
        at = self.node.now()
        return listing.list_expiry(slug=slug, index=self.index, expiry_at=at + ahead, terms=given, now=at)

    def pass_expiry(self, expiry: Expiry) -> int:
        """The instant passes and its block becomes final; returns a time at which it can be opened."""
        self.node.mine_at(expiry.expiry_at)
        self.node.mine(FINALITY)
        return self.node.now()

    def decide(self, *prices: tuple[Expiry, int], now: int) -> int:
        """Open and report each, and let the windows pass: FINAL by silence. Returns the time at which they are."""
        open_due(now=now)
        for expiry, price in prices:
            person("alice").deposit(ETHER, now)
            assert person("alice").report(expiry.id, price, ETHER, now).refusal is None
        pass_time(now=now + 60)
        pass_time(now=now + 120)
        for expiry, price in prices:
            expiry.refresh_from_db()
            assert expiry.price == price
        return now + 120

    def propose(self, now: int) -> Publication:
        assert propose(now=now) > 0
        return Publication.objects.latest("pk")

    def sign(self, publication: Publication, *attestors: int, now: int) -> list[Publication | Problem]:
        """Signatures by these attestors, each with its own key."""
        digest = signer.digest("Attestations", message_of(items_of(publication)))
        answers = []
        for number in attestors:
            signature = signing.sign(accounts.key(accounts.ATTESTORS[number]), digest)
            answers.append(add_signature(publication_id=publication.pk, signature=signature, now=now))
        return answers

    def proposed(self, *slugs: str, price: int = 2_500 * ETHER) -> tuple[Publication, int]:
        """A publication of fresh expiries that are final at this price, and the time that it is."""
        expiries = [self.list_expiry(slug, AHEAD + place) for place, slug in enumerate(slugs or ("one",))]
        now = self.decide(*((expiry, price) for expiry in expiries), now=self.pass_expiry(expiries[-1]))
        return self.propose(now), now

    def signed(self, *slugs: str) -> tuple[Publication, int]:
        """The same with the signatures of three of the five."""
        publication, now = self.proposed(*slugs)
        self.sign(publication, 0, 1, 2, now=now)
        publication.refresh_from_db()
        assert publication.stage == PublicationStage.SIGNED
        return publication, now

    def bury(self) -> None:
        """Enough blocks for whatever was mined to be confirmed, at least a delay later."""
        self.node.mine_at(self.node.now() + DELAY)
        self.node.mine(CONFIRMATION)

    def holder(self, number: int = 0) -> Wallet:
        return Wallet(self.client, accounts.key(HOLDERS[number]))

    def cancel(self, expiry: Expiry, attempt: int) -> None:
        """Two of three guardians take a price back."""
        digest = signer.digest("Cancel", {"expiry": expiry.id, "attempt": attempt})
        guardians = sorted(accounts.GUARDIANS[:2], key=accounts.address)
        signatures = [signing.sign(accounts.key(guardian), digest) for guardian in guardians]
        self.holder(4).send(self.oracle.call("cancel", expiry.id, attempt, signatures))


@pytest.fixture
def deployed(db: None, node: Node, tmp_path: Path, settings: Any) -> Path:
    """The settings of this chain, with contracts; the file that says where they are."""
    settings.RPC_URL, settings.CONTRACTS_FILE = node.url, tmp_path / "contracts.json"
    settings.RPC_URLS, settings.RPC_QUORUM = [node.url], 1
    settings.PUBLISHER_KEY = accounts.key(accounts.PUBLISHER)
    settings.FINALITY_DEPTH, settings.CONFIRMATION_DEPTH = FINALITY, CONFIRMATION
    call_command("deploy_contracts", *deploy_options(), verbosity=0)
    said = json.loads(settings.CONTRACTS_FILE.read_text())
    settings.ORACLE_ADDRESS, settings.FACTORY_ADDRESS = said["oracle"], said["factory"]
    settings.FEEDS_ADDRESS = said["feeds"]
    settings.ESCROW_ADDRESS = said["escrow"]
    settings.FACTORY_BLOCK, settings.ESCROW_BLOCK = said["block"], said["escrow_block"]
    return Path(settings.CONTRACTS_FILE)


def deploy_options() -> list[str]:
    return [
        *("--attestors", accounts.addresses(accounts.ATTESTORS), "--attestor-threshold", "3"),
        *("--guardians", accounts.addresses(accounts.GUARDIANS), "--guardian-threshold", "2"),
        *("--delay", str(DELAY), "--set-delay", "100"),
        *("--escrow-delay", str(DELAY), "--exit-delay", "1000"),
    ]


@pytest.fixture
def world(db: None, deployed: Path, node: Node) -> World:
    spec = {"pair": "BTC/USD", "min_price": "1", "max_price": str(10**27), "tick": "1"}
    return World(node, listing.list_index(slug="btc-usd", spec=spec))
