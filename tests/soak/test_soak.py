"""A seeded sample of `make soak`: storms in small, a death at every crash point that is met, then rest."""

from __future__ import annotations

from collections import Counter

import pytest

from settlement.models import Publication
from tests.faults import points
from tests.soak import invariants
from tests.soak.crash import Crashes
from tests.soak.ground import Ground
from tests.soak.run import Run, run

pytestmark = pytest.mark.django_db(transaction=True)

SEEDS = (11, 2)
STEPS = 30
COMMANDS = {
    "series.": "tests/chain/test_series.py",
    "sending.": "tests/chain/test_series.py",
    "feeds.": "tests/chain/test_feeds.py",
    "foreign.": "tests/chain/test_foreign.py",
    "reindex.": "tests/chain/test_escrow_index.py",
    "cancelling.": "tests/chain/test_cancelling.py",
}
"""An operator's: who runs one sees it end, and runs it again. The tests that interrupt or repeat it."""
PROPOSED = {
    "carrying.": "tests/faults/test_crash_proposals.py",
    "changing_attestors.": "tests/faults/test_crash_proposals.py",
    "funding_rewards.": "tests/faults/test_crash_proposals.py",
    "listing_grids.": "tests/faults/test_crash_proposals.py",
    "proposed_calls.": "tests/faults/test_crash_proposals.py",
    "publishers.": "tests/faults/test_crash_proposals.py",
    "rotating.": "tests/faults/test_crash_proposals.py",
}
"""What two people want: carried out round by round, by a worker that dies after every write and around every send."""
ELSEWHERE = {
    "transactions.store": "inside its caller's transaction",
    "transactions.add_attempt": "inside its caller's transaction",
    "proposing._count_again": "the attestor set changed: tests/chain/test_guardians.py",
    "publishing._ask_again": "the attestor set changed: tests/chain/test_guardians.py",
    "roots._withdraw_stale": "nobody signs for ten minutes: tests/chain/test_escrow_roots.py",
    "series_index.start_again": "another chain: tests/chain/test_series_index.py",
    "signing.add_refusal": "unsigned words, which decide nothing",
    "root_signing.add_root_refusal": "unsigned words, which decide nothing",
}
"""What no storm leads to, and why that is enough."""
MONEY_AND_PRICES = {
    "escrow_credit._move commit",
    "proposing._create commit",
    "publishing._send commit",
    "publishing.follow commit",
    "root_posting._send commit",
    "roots.store commit",
    "signing.add_signature commit",
}


def test_soak__a_sample_of_seeds__dies_at_all_it_meets_and_is_at_rest(ground: Ground) -> None:
    """Each point that is met for the first time is a death: so all that these seeds meet, they die at."""
    crashes = Crashes(policy=lambda point, phase: not crashes.died[point, phase])
    counts: Counter[str] = Counter()
    for seed in SEEDS:
        result = run(ground, seed, steps=STEPS, crashes=crashes)
        counts += result.counts
    assert sum(counts.values()) > 300
    assert crashes.left() == set()
    died = {point for point, _ in crashes.died}
    assert died >= MONEY_AND_PRICES, "the storms were over before anything was at stake"
    assert uncovered(died) == []


def uncovered(died: set[str]) -> list[str]:
    """Functions that commit or ask the chain, by the source, and in which nothing ever died."""
    committed = {point.removesuffix(" commit") for point in died if point.endswith(" commit")}
    asked = {point.split(" -> ")[0] for point in died if " -> " in point}
    wanted = {name for name, _ in points.external_calls()}
    missing = [f"{name} commits" for name in sorted(points.commits() - committed) if not _excused(name)]
    return missing + [f"{name} asks the chain" for name in sorted(wanted - asked) if not _excused(name)]


def _excused(name: str) -> bool:
    return name in ELSEWHERE or name.startswith((*COMMANDS, *PROPOSED))


def test_points__of_the_source__name_what_is_known() -> None:
    """The source is read right: what everybody knows is found, and every excuse is for something that is there."""
    assert {"publishing._send", "escrow_credit._move"} <= points.commits()
    assert ("transactions.broadcast", "send") in points.external_calls()
    known = points.commits() | {name for name, _ in points.external_calls()}
    assert set(ELSEWHERE) <= known
    assert all(any(name.startswith(start) for name in known) for start in (*COMMANDS, *PROPOSED))


def test_soak__a_price_that_is_lost__is_not_at_rest(ground: Ground) -> None:
    """The check can fail: a publication that somebody puts away is missed, and named."""
    under_way = Run(ground, 1, Crashes())
    under_way.calm()
    assert invariants.broken(under_way.story) == []
    under_way.story.prices["0x" + "01" * 32] = 1
    assert any("is not published" in text for text in invariants.waits(under_way.story))
    assert Publication.objects.count() == 0


def test_run__the_same_seed_again__the_same_faults(ground: Ground) -> None:
    first, second = (run(ground, 13, steps=6) for _ in range(2))
    assert first.counts == second.counts
    assert first.schedule == second.schedule
    assert first.faults > 20
