"""Puts our contracts on a chain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from settlement.chain.contracts import creation
from settlement.chain.wallet import Wallet


@dataclass(frozen=True, slots=True)
class Rules:
    """What the price oracle is built with (contracts/PriceOracle.vy); delays in seconds."""

    owner: str
    attestors: Sequence[str]
    attestor_threshold: int
    guardians: Sequence[str]
    guardian_threshold: int
    delay: int
    set_delay: int


@dataclass(frozen=True, slots=True)
class EscrowRules:
    """What the escrow is built with (contracts/Escrow.vy); delays in seconds, the cap in wei."""

    delay: int
    exit_delay: int
    outflow_cap: int = 0
    first_epoch: int = 1


@dataclass(frozen=True, slots=True)
class Deployed:
    """Where they are, and the blocks from which on their logs are to be read."""

    oracle: str
    factory: str
    block: int
    escrow: str
    escrow_block: int
    feeds: str


def deploy(wallet: Wallet, rules: Rules, escrow_rules: EscrowRules) -> Deployed:
    """All of them, one after the other. Reverted says what is wrong with the rules."""
    oracle, block = _create(
        wallet,
        "PriceOracle",
        rules.owner,
        _ascending(rules.attestors),
        rules.attestor_threshold,
        _ascending(rules.guardians),
        rules.guardian_threshold,
        rules.delay,
        rules.set_delay,
    )
    token, _ = _create(wallet, "SeriesToken")
    series, _ = _create(wallet, "Series", oracle, token)
    factory, _ = _create(wallet, "SeriesFactory", series)
    feeds = deploy_feeds(wallet, oracle)
    escrow, escrow_block = deploy_escrow(wallet, rules.owner, oracle, escrow_rules)
    return Deployed(oracle, factory, block, escrow, escrow_block, feeds)


def deploy_feeds(wallet: Wallet, oracle: str) -> str:
    """The factory of the price feeds that answer for this oracle."""
    feed, _ = _create(wallet, "PriceFeed", oracle)
    return _create(wallet, "PriceFeedFactory", feed)[0]


def deploy_escrow(wallet: Wallet, owner: str, oracle: str, rules: EscrowRules) -> tuple[str, int]:
    """An escrow whose attestors and guardians are the oracle's; its address and block."""
    return _create(
        wallet, "Escrow", owner, oracle, rules.delay, rules.exit_delay, rules.outflow_cap, rules.first_epoch
    )


def _ascending(members: Sequence[str]) -> list[str]:
    return sorted(members, key=lambda each: int(each, 16))


def _create(wallet: Wallet, name: str, *arguments: object) -> tuple[str, int]:
    receipt = wallet.send(creation(wallet.client, name, *arguments))
    assert receipt.contract is not None, f"{name} was created nowhere"
    return receipt.contract, receipt.block_number
