"""Assize on the same chain.

Reports, disputes and votes are signed acts and cost no gas, so a dispute costs the price alone what silence costs it.
What parties do pay for is money in and out: a deposit each, a claim, and a root that all share.
"""

from __future__ import annotations

from typing import Any

from bench.peers.chain import ETHER, Bill, Build, Chain
from contracts import load
from tests.contracts.bonds import ROOT_DELAY_S, Bonds, Leaf
from tests.contracts.evm import ATTESTORS, DELAY_S, GUARDIANS, SET_DELAY_S, Court, word

PRICE = 3_512_450_000_000_000_000_000
EXIT_DELAY_S = 86_400
FIRST_EPOCH = 1


class _Evm:
    """As much of the contract tests' chain as signing asks for."""

    def __init__(self, chain: Chain) -> None:
        self.w3 = chain.w3

    def read(self, call: Any) -> Any:
        return call.call()


def price(chain: Chain) -> Bill:
    """Submitted with 3 of 5 signatures; undisputed, escalated or voted on makes no difference."""
    court = _court(chain)
    return Bill([("submit", chain.send(court.submission(court.item(word("price"), PRICE))))])


def with_money(chain: Chain, *, parties: int) -> Bill:
    """The same with the deposits of that many parties, and the root and claim that pay the winner, all made for this
    one price."""
    court = _court(chain)
    escrow = _deploy(
        chain, "Escrow", chain.accounts[0], court.oracle.address, ROOT_DELAY_S, EXIT_DELAY_S, 0, FIRST_EPOCH
    )
    bonds = Bonds(court, escrow)
    bill = Bill()
    for party in range(1, parties + 1):
        bill.steps.append(("deposit", chain.send(escrow.functions.deposit(chain.accounts[party]), party, ETHER)))
    counted_to = chain.w3.eth.block_number
    bill.steps.append(("submit", chain.send(court.submission(court.item(word("price"), PRICE)))))
    leaves = [_leaf(chain, party, parties) for party in range(1, parties + 1)]
    bill.steps.append(("post_root", chain.send(bonds.root(leaves, counted_to=counted_to))))
    chain.pass_time(ROOT_DELAY_S)
    bill.steps.append(("claim", chain.send(bonds.claim(leaves[0], leaves))))
    return bill


def _leaf(chain: Chain, party: int, parties: int) -> Leaf:
    """The first party has won, and withdraws all."""
    won = parties * ETHER if party == 1 else 0
    return Leaf(chain.accounts[party], won, won, ETHER)


def _court(chain: Chain) -> Court:
    attestors, guardians = ([each.address for each in group] for group in (ATTESTORS, GUARDIANS))
    oracle = _deploy(chain, "PriceOracle", chain.accounts[0], attestors, 3, guardians, 2, DELAY_S, SET_DELAY_S)
    return Court(_Evm(chain), oracle, oracle, oracle)  # type: ignore[arg-type]


def _deploy(chain: Chain, name: str, *arguments: Any) -> Any:
    built = load(name)
    return chain.deploy(Build(built["abi"], built["bytecode"]), *arguments)
