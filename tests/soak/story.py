"""What people, attestors, guardians and strangers do while the service runs. None of them goes through the proxies."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

from dev import accounts
from ledger import selectors
from oracle import signer
from oracle.models import Act, Expiry, Index
from oracle.services import listing
from protocol import signing
from protocol.stages import Stage
from protocol.terms import Terms
from settlement.chain import contracts
from settlement.chain.escrow import escrow
from settlement.models import Publication, PublicationItem, Root
from settlement.services.publications import items_of, message_of
from settlement.services.root_signing import add_root_signature
from settlement.services.roots import message_of as root_message
from settlement.services.roots import statement_of
from settlement.services.signing import add_signature
from settlement.stages import PublicationStage
from tests.cast import ETHER, Person, person
from tests.soak.ground import Ground

PEOPLE = [person(f"soak {number}") for number in range(4)]
WALLETS = range(accounts.FIRST_PERSON, accounts.FIRST_PERSON + len(PEOPLE))
STRANGER, GUARDS = accounts.FIRST_PERSON + 10, accounts.FIRST_PERSON + 11
SPEC = {"pair": "BTC/USD", "min_price": "1", "max_price": str(10**27), "tick": "1"}
EXPIRIES = 4
WINDOW = 60


@dataclass
class Story:
    """One seed's people. `foreign` has the hashes of what others sent with the publisher's key."""

    ground: Ground
    chance: random.Random
    index: Index
    prices: dict[str, int] = field(default_factory=dict)
    foreign: set[str] = field(default_factory=set)
    front_run: set[int] = field(default_factory=set)
    first_nonce: int = 0

    @classmethod
    def begin(cls, ground: Ground, chance: random.Random) -> Story:
        deployed = int(
            ground.chain.rpc("eth_getTransactionCount", accounts.address(accounts.PUBLISHER), "latest"), 16
        )
        index = listing.list_index(slug="btc-usd", spec=SPEC)
        story = cls(ground, chance, index, first_nonce=deployed)
        for number, who in enumerate(PEOPLE):
            story.deposit(number, who, 2 * ETHER)
        return story

    # -- people --

    def deposit(self, number: int, who: Person, amount: int) -> None:
        call = escrow(self.ground.client).call("deposit", who.address, value=amount)
        self.ground.chain.send(WALLETS[number], call)

    def people(self, *, storm: bool) -> None:
        """A deposit, every report that is due, a withdrawal, a claim."""
        likely = self.chance.random
        if storm and likely() < 0.1:
            number = self.chance.randrange(len(PEOPLE))
            self.deposit(number, PEOPLE[number], self.chance.randrange(1, ETHER))
        for expiry in Expiry.objects.filter(stage=Stage.REPORTING):
            self._report(expiry)
        if storm and likely() < 0.1 and (rich := self._rich()):
            self._withdraw(self.chance.choice(rich))
        if likely() < 0.3:
            self._claim()

    def _rich(self) -> list[Person]:
        return [who for who in PEOPLE if selectors.balances(who.address)["free"] >= ETHER]

    def list_all(self) -> bool:
        """List the expiries once somebody can report; False before."""
        if not self._rich():
            return False
        for _ in range(EXPIRIES):
            self._list()
        return True

    def published(self) -> int:
        """How many prices are final on the chain, as the service has it."""
        final = PublicationItem.objects.filter(live=True, publication__stage=PublicationStage.FINAL)
        return final.filter(expiry__in=self.prices).count()

    def all_published(self) -> bool:
        return self.published() == len(self.prices)

    def _list(self) -> None:
        terms = Terms(
            min_reports=1,
            min_report_stake=ETHER // 10,
            report_window=WINDOW,
            challenge_window=WINDOW,
            service=signer.service_address(),
        )
        number, now = len(self.prices), self.ground.now
        # Two expiries of one index at one instant would be one.
        at = now + 10 * EXPIRIES + EXPIRIES * self.chance.randrange(20) + number - (now % EXPIRIES)
        expiry = listing.list_expiry(
            slug=f"soak-{number}", index=self.index, expiry_at=at, terms=terms, now=now
        )
        self.prices[expiry.id] = (1_000 + number) * ETHER + self.chance.randrange(ETHER)

    def _report(self, expiry: Expiry) -> None:
        if Act.objects.filter(expiry=expiry, kind="Report").exists():
            return
        for who in self._rich():
            if who.report(expiry.id, self.prices[expiry.id], ETHER // 2, self.ground.now).refusal is None:
                return

    def _withdraw(self, who: Person) -> None:
        fields = {"amount": self.chance.randrange(1, ETHER // 100), "nonce": self.chance.getrandbits(64)}
        who.send("Withdrawal", fields, self.ground.now)

    def _claim(self) -> None:
        """Anybody claims for somebody, by the newest final root's public file."""
        root = Root.objects.filter(stage="FINAL").order_by("-epoch").first()
        if root is None:
            return
        statement, who = statement_of(root), self.chance.choice(PEOPLE).address
        leaf, contract = statement.leaves.get(who), escrow(self.ground.client)
        if leaf is not None and leaf.withdrawable > contract.paid(who):
            fields = (leaf.account, leaf.withdrawable, leaf.entitled, leaf.deposited)
            self.ground.chain.send(STRANGER, contract.claim(fields, statement.proof(who)))

    # -- attestors and guardians --

    def signatures(self, *, all_of_them: bool) -> list[Any]:
        """What attestors hand in now, each a call of the service: any of them, in any order."""
        waiting = Publication.objects.exclude(stage__in=[PublicationStage.FINAL, PublicationStage.FAILED])
        jobs = [self._signs(publication, number) for publication in waiting for number in accounts.ATTESTORS]
        roots = Root.objects.exclude(stage__in=["FINAL", "FAILED"])
        jobs += [self._signs_root(root, number) for root in roots for number in accounts.ATTESTORS]
        if not all_of_them:
            jobs = [job for job in jobs if self.chance.random() < 0.3]
        self.chance.shuffle(jobs)
        return jobs

    def _signs(self, publication: Publication, number: int) -> Any:
        digest = signer.digest("Attestations", message_of(items_of(publication)))
        signature = signing.sign(accounts.key(number), digest)
        return lambda: add_signature(publication_id=publication.pk, signature=signature, now=self.ground.now)

    def _signs_root(self, root: Root, number: int) -> Any:
        signature = signing.sign(accounts.key(number), signer.digest("Root", root_message(root)))
        return lambda: add_root_signature(root_id=root.pk, signature=signature, now=self.ground.now)

    def cancel(self) -> bool:
        """Two guardians take back a price that is not final yet."""
        oracle = contracts.oracle(self.ground.client)
        for expiry in self.prices:
            attempt = self._attempt(expiry)
            if attempt is None:
                continue
            digest = signer.digest("Cancel", {"expiry": expiry, "attempt": attempt})
            two = sorted(accounts.GUARDIANS[:2], key=accounts.address)
            signatures = [signing.sign(accounts.key(guardian), digest) for guardian in two]
            return (
                self.ground.chain.send(GUARDS, oracle.call("cancel", expiry, attempt, signatures)) is not None
            )
        return False

    def _attempt(self, expiry: str) -> int | None:
        """The running attempt of a price that stands and can still be cancelled."""
        price, _, final_at, attempt, is_final = contracts.oracle(self.ground.client).read("record_of", expiry)
        waits = bool(price) and not is_final and final_at > self.ground.chain.now() + 5
        return int(attempt) if waits else None

    # -- strangers --

    def take_nonce(self) -> bool:
        """Somebody has the publisher's key (C-25)."""
        signed = self.ground.chain.take_nonce(accounts.PUBLISHER)
        if signed is not None:
            self.foreign.add(signed.hash)
        return signed is not None

    def submit_for_us(self) -> bool:
        """Somebody else submits what the attestors have signed, before we do (C-30)."""
        stages = [PublicationStage.SIGNED, PublicationStage.SENT]
        for publication in Publication.objects.filter(stage__in=stages).exclude(pk__in=self.front_run):
            rows = sorted(publication.signatures.order_by("pk")[:3], key=lambda row: row.attestor)
            items = message_of(items_of(publication))["items"]
            call = contracts.oracle(self.ground.client).submit(items, [row.signature for row in rows])
            self.front_run.add(publication.pk)
            return self.ground.chain.send(STRANGER, call) is not None
        return False
