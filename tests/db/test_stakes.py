"""The electorate's weight on a page is what the electorate would be, whatever stakes and other expiries did."""

from __future__ import annotations

from random import Random

import pytest

from ledger import names
from ledger.models import Reason
from ledger.selectors import balance, staked
from ledger.services import Move, post
from oracle import stakes
from oracle.models import Elector, Expiry
from protocol.stages import Stage
from tests.db.conftest import NOW

VOTERS = [f"0x{number:040x}" for number in range(1, 7)]
SINCE = NOW + 50


def move_about(random: Random) -> None:
    """Stakes that grow and shrink a hundred times, half of them since SINCE; some voters end with nothing."""
    for entry in range(100):
        name = names.stake(random.choice(VOTERS[:5]))
        held, amount = balance(name), random.choice((1, 5, 10**18, 10**24))
        if held and random.random() < 0.5:
            out = held if random.random() < 0.1 else min(held, amount)
            made = Move(name, names.OUTSIDE, out, f"key:{entry}", random.choice((Reason.UNSTAKE, Reason.SLASH)))
        else:
            reason = random.choice((Reason.STAKE, Reason.VOTER_REWARD))
            made = Move(names.OUTSIDE, name, amount, f"key:{entry}", reason)
        post([made], at=NOW + entry, entry=entry)


def bind(random: Random, expiry: Expiry) -> None:
    """The expiry may still cut something from some of them, a few times from more than they have."""
    for voter in random.sample(VOTERS, 3):
        Elector.objects.create(expiry=expiry, account=voter, weight=1, worst_cut=random.choice((0, 3, 10**17, 10**25)))


@pytest.mark.parametrize("seed", range(8))
def test_weight__whatever_happened__is_the_sum_of_the_electorate(expiry: Expiry, seed: int) -> None:
    random = Random(seed)
    move_about(random)
    bind(random, expiry)
    for since in (NOW, SINCE, NOW + 99, NOW + 100):
        assert stakes.weight(expiry_at=since) == sum(stakes.electorate(expiry_at=since).values()), since
    Expiry.objects.filter(pk=expiry.pk).update(stage=Stage.FINAL, price=1, final_at=NOW, deadline=None)
    for since in (SINCE, NOW + 100):
        assert stakes.weight(expiry_at=since) == sum(stakes.electorate(expiry_at=since).values()), since
    assert stakes.weight(expiry_at=NOW + 100) == sum(staked().values()) > 0


def test_weight__nobody_has_staked__is_none(db: None) -> None:
    assert stakes.weight(expiry_at=NOW) == 0
