"""Gnosis Conditional Tokens: a trusted reporter says the payouts of one condition."""

from __future__ import annotations

from bench.peers.chain import Bill, Build, Chain, package

PACKAGE = ("@gnosis.pm/conditional-tokens-contracts", "1.0.3")
P_AND_N = 2


def undisputed(chain: Chain) -> Bill:
    """One condition of two outcomes: prepared, then reported. Payouts depend on the strike: one condition a series."""
    tokens = chain.deploy(Build.of_artifact(package(*PACKAGE) / "build/contracts/ConditionalTokens.json"))
    question = b"\x01" * 32
    bill = Bill()
    prepare = tokens.functions.prepareCondition(chain.accounts[0], question, P_AND_N)
    bill.steps.append(("prepareCondition", chain.send(prepare)))
    bill.steps.append(("reportPayouts", chain.send(tokens.functions.reportPayouts(question, [3, 7]))))
    return bill
