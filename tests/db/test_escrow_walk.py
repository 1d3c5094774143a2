"""10,000 generated steps of deposits, claims, blocks and reorganisations: no wei lost, made or moved twice."""

from __future__ import annotations

import random
from collections import Counter
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from ledger import names, selectors
from ledger.check import findings
from oracle.models import Act
from settlement.chain import providers
from settlement.index_models import EscrowBlock, EscrowLog
from settlement.reconcile import escrow_problem
from settlement.reconcile_escrow import first_row
from settlement.services.escrow_index import state
from settlement.services.escrow_round import index_escrow
from tests.cast import person
from tests.db.fake_chain import FakeChain

pytestmark = pytest.mark.django_db
STEPS = 1_000
BOUND = 6
PEOPLE = ["alice", "bob", "carol", "dave"]
NOW = 1_790_000_000


class Walk:
    """One chain, one service, and what must be true of them after every round."""

    def __init__(self, seed: int, patch: pytest.MonkeyPatch) -> None:
        self.chance = random.Random(seed)
        self.chain = FakeChain(self.chance, BOUND)
        self.asked: Counter[str] = Counter()
        self.claimed: Counter[str] = Counter()
        self.now, self.nonce, self.rounds = NOW, 0, 0
        patch.setattr(providers, "connect", lambda: self.chain)

    def step(self) -> None:
        self.now += 1
        does = (self.chain.mine, self.chain.reorganise, self.deposit, self.withdraw, self.claim, self.round)
        self.chance.choices(does, weights=(30, 8, 20, 10, 10, 12))[0]()

    def deposit(self) -> None:
        self.chain.send("Deposited", self.somebody(), self.chance.randint(1, 10**20))

    def withdraw(self) -> None:
        self.nonce += 1
        who = person(self.chance.choice(PEOPLE))
        free = selectors.balances(who.address)["free"]
        amount = self.chance.randint(1, max(1, free * 5 // 4))
        taken = who.send("Withdrawal", {"amount": amount, "nonce": self.nonce}, self.now).refusal is None
        assert taken == (amount <= free)
        self.asked[who.address] += amount if taken else 0

    def claim(self) -> None:
        """As the contract does: all that was asked for, less what was paid."""
        who = self.somebody()
        left = self.asked[who] - self.claimed[who]
        if left:
            self.claimed[who] += left
            self.chain.send("Claimed", who, left)

    def round(self) -> None:
        index_escrow(now=self.now)
        self.rounds += 1
        index = state()
        assert (index.stopped, index.stale, escrow_problem()) == ("", "", None)
        tip = EscrowBlock.objects.values_list("number", flat=True)[0]
        assert tip >= self.chain.head() and index.credited_to >= tip - BOUND
        deposits = self.chain.until(index.credited_to, "Deposited")
        claims = self.chain.until(index.credited_to, "Claimed")
        came, went = sum(tx.amount for tx in deposits), sum(tx.amount for tx in claims)
        assert selectors.balance(names.OUTSIDE) == went - came
        assert Act.objects.filter(kind="Deposit").count() == len(deposits)
        mine: Counter[str] = Counter()
        for tx in deposits:
            mine[tx.account] += tx.amount
        for name in PEOPLE:
            who = person(name).address
            paid = sum(tx.amount for tx in claims if tx.account == who)
            has = selectors.balances(who)
            assert has["free"] == mine[who] - self.asked[who]
            assert has["withdrawing"] == self.asked[who] - paid
        assert EscrowLog.objects.filter(state="FINAL").count() == len(deposits) + len(claims)

    def somebody(self) -> str:
        return person(self.chance.choice(PEOPLE)).address


@pytest.mark.parametrize("seed", range(10))
def test_escrow__thousands_of_generated_steps__every_wei_is_where_it_belongs(
    seed: int, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.ESCROW_BLOCK, settings.FINALITY_DEPTH, settings.REORG_BOUND = 0, BOUND, BOUND
    walk = Walk(seed, monkeypatch)
    for _ in range(STEPS):
        walk.step()
    walk.round()
    assert walk.rounds > STEPS // 20
    assert EscrowLog.objects.filter(state="GONE").exists()
    assert EscrowLog.objects.filter(kind="Claimed", state="FINAL").count() > 5
    assert first_row() == ""
    assert [finding for finding in findings() if not finding.holds] == []
    walk.chain.mine()
    walk.round()
    out = StringIO()
    call_command("reindex", "--check", stdout=out)
    assert out.getvalue() == "the chain gives the same blocks and logs\n"
