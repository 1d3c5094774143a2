"""What bench-peers says of our own gas is what the contracts take now."""

import json

from bench.peers import assize
from bench.peers.__main__ import RESULTS
from bench.peers.chain import Chain
from tests.chain.node import Node

# A signature's bytes cost 4 gas where they are zero, else 16.
BY_CHANCE = 300


def test_gas__price_and_dispute_measured_again__as_in_the_table(node: Node) -> None:
    chain, shown = Chain(node), [row["gas"] for row in json.loads(RESULTS.read_text())[:3]]
    measured = [assize.price(chain), assize.with_money(chain, parties=1), assize.with_money(chain, parties=2)]
    assert all(abs(bill.gas - gas) <= BY_CHANCE for bill, gas in zip(measured, shown, strict=True))
