"""Promise 4 with random stories: whenever beats and ticks ran, the database holds what the acts alone fold to.

More stories than usual: FAULT_STORIES=200 make test
"""

from __future__ import annotations

import os
from collections.abc import Callable
from random import Random

import pytest

from ledger import names, selectors
from oracle.models import Expiry
from oracle.projection import COLUMNS
from oracle.services import listing
from oracle.services.acts import take_act
from oracle.services.opening import open_expiry
from oracle.services.time import beat, pass_time
from protocol.payouts import settle
from tests.cast import ETHER, person
from tests.db.conftest import SPEC
from tests.faults.scripts import BONDERS, WEIGHTS, Line, Script
from tests.flows.following import assert_followed
from tests.flows.story import START, assert_sound

pytestmark = pytest.mark.django_db
STORIES = int(os.environ.get("FAULT_STORIES", "5"))
OPENS_AT = START + 100
RICH = 1_000 * ETHER

Between = Callable[[Line, Random], None]
"""What the schedulers do before an act: between two acts, or in its own second where the service was away."""


def nothing(line: Line, chance: Random) -> None:
    """Celery is dead; acts alone make time pass."""


def only_beats(line: Line, chance: Random) -> None:
    for now in [line.at] if line.gap else range(line.since, line.at, 60):
        beat(now=now)


def whatever(line: Line, chance: Random) -> None:
    """Beats and ticks at random seconds, often several, some by a clock that is behind."""
    times = [chance.randint(line.since, line.at) for _ in range(chance.randint(0, 5))]
    for now in [line.at] if line.gap else times:
        chance.choice((beat, pass_time))(now=now)


def play(script: Script, between: Between) -> Expiry:
    """Send every act of the script to the service, which answers as the fold does."""
    for name in BONDERS:
        person(name).deposit(RICH, START)
    for name, weight in WEIGHTS.items():
        person(name).deposit(RICH, START)
        assert person(name).stake(weight, START).refusal is None
    index = listing.list_index(slug="eth-usd", spec=SPEC)
    expiry = listing.list_expiry(
        slug="random", index=index, expiry_at=script.at, terms=script.terms, now=START
    )
    assert expiry.id == script.expiry
    open_expiry(expiry_id=expiry.id, block=1, value_secured=0, now=script.at)
    chance = Random(len(script.lines))
    for number, line in enumerate(script.lines):
        between(line, chance)
        answer = take_act(**line.act, now=line.at)
        assert answer.refusal == line.refusal, f"act {number}: {answer.detail}"
        if chance.randrange(4) == 0:
            again = take_act(**line.act, now=line.at)
            assert (again.refusal, again.repeated) == (line.refusal, line.refusal is None)
    expiry.refresh_from_db()
    return expiry


def assert_as_folded(expiry: Expiry, script: Script) -> None:
    """Columns, stakes and money are what the fold in memory gives; so is the book to whoever follows it."""
    different = {
        name: (getattr(expiry, name), getattr(script.state, name))
        for name in COLUMNS
        if name != "judged_at" and getattr(expiry, name) != getattr(script.state, name)
    }
    assert different == {}
    outcome = settle(script.state, script.record)
    for name in (*BONDERS, *WEIGHTS):
        who, weight = person(name).address, WEIGHTS.get(name, 0)
        held = selectors.balances(who)
        assert held["free"] == RICH - weight - script.staked[who] + outcome.payouts.get(who, 0)
        assert held["stake"] == weight + outcome.stake_changes.get(who, 0)
    assert selectors.balance(names.TREASURY) == outcome.treasury
    assert_sound(expiry)
    assert_followed(script.lines[-1].at)


@pytest.mark.parametrize("outages", [False, True], ids=["", "with outages"])
@pytest.mark.parametrize("between", [nothing, only_beats, whatever])
@pytest.mark.parametrize("seed", range(STORIES))
def test_story__whenever_schedulers_run__the_database_holds_the_fold(
    seed: int, between: Between, outages: bool
) -> None:
    script = Script(seed, OPENS_AT, outages=outages)
    assert_as_folded(play(script, between), script)


def test_scripts__of_these_seeds__reach_every_ending() -> None:
    """Else the stories above would show less than they say."""
    scripts = [Script(seed, OPENS_AT, outages=outages) for seed in range(30) for outages in (False, True)]
    assert {script.state.decided_by for script in scripts} == {"silence", "vote", "ruling", "default"}
    assert max(script.state.round for script in scripts) >= 2
    assert len({line.refusal for script in scripts for line in script.lines}) >= 12
