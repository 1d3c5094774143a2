"""bench/peers/README.md shows what was measured last."""

import json

from bench.peers.__main__ import README, RESULTS, table, updated

MEASURED = json.loads(RESULTS.read_text())


def test_peers__table__is_of_the_last_measurement() -> None:
    assert updated(README.read_text(), MEASURED) == README.read_text(), "run: make bench-peers"


def test_peers__one_figure_changed__table_changes() -> None:
    other = [MEASURED[0] | {"gas": MEASURED[0]["gas"] + 1}, *MEASURED[1:]]
    assert table(other) != table(MEASURED)
