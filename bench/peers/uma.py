"""UMA: optimistic oracles V3 and V2, and its token holders' vote (VotingV2) where an assertion is disputed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bench.peers.chain import ETHER, Bill, Build, Chain, package

PACKAGE = ("@uma/core", "2.62.2")
LIVENESS = 7_200
PHASE = 86_400
BOND = 100 * ETHER
VOTERS = range(5, 11)
STAKE = 1_000_000 * ETHER
IDENTIFIER = b"ASSERT_TRUTH".ljust(32, b"\0")
NOBODY = "0x" + "00" * 20
NO_DOMAIN = b"\0" * 32
CLAIM = b"ETH/USD at 2026-12-25T08:00:00Z was 3512.45"
TRUE = 10**18

_ROOT = "artifacts/contracts"
_DVM = f"{_ROOT}/data-verification-mechanism/implementation"
WHERE = {
    "AddressWhitelist": f"{_ROOT}/common/implementation",
    "TestnetERC20": f"{_ROOT}/common/implementation",
    "OptimisticOracleV2": f"{_ROOT}/optimistic-oracle-v2/implementation",
    "OptimisticOracleV3": f"{_ROOT}/optimistic-oracle-v3/implementation",
}


@dataclass(frozen=True)
class World:
    """UMA on this chain: what oracles need, a currency that two parties hold, staked voters."""

    chain: Chain
    finder: Any
    currency: Any
    registry: Any
    voting: Any

    def oracle(self, name: str, *arguments: Any) -> Any:
        """An optimistic oracle that may ask for votes, and may take the parties' bonds."""
        made = deploy(self.chain, name, *arguments)
        self.chain.send(self.registry.functions.registerContract([], made.address))
        for party in (1, 2):
            self.chain.send(self.currency.functions.approve(made.address, 2**255), party)
        return made


def deploy(chain: Chain, name: str, *arguments: Any) -> Any:
    """One of UMA's contracts."""
    folder = package(*PACKAGE) / WHERE.get(name, _DVM)
    return chain.deploy(Build.of_artifact(folder / f"{name}.sol" / f"{name}.json"), *arguments)


def setup(chain: Chain) -> World:
    """Everything that is there before a price is asked for."""
    finder, registry = deploy(chain, "Finder"), deploy(chain, "Registry")
    currency = deploy(chain, "TestnetERC20", "USD", "USD", 18)
    store = deploy(chain, "Store", (0,), (0,), NOBODY)
    collateral, identifiers = deploy(chain, "AddressWhitelist"), deploy(chain, "IdentifierWhitelist")
    voting = _voting(chain, finder)
    for name, contract in {
        "Store": store, "CollateralWhitelist": collateral, "IdentifierWhitelist": identifiers,
        "Oracle": voting, "Registry": registry,
    }.items():  # fmt: skip
        chain.send(finder.functions.changeImplementationAddress(name.encode().ljust(32, b"\0"), contract.address))
    chain.send(collateral.functions.addToWhitelist(currency.address))
    chain.send(identifiers.functions.addSupportedIdentifier(IDENTIFIER))
    chain.send(store.functions.setFinalFee(currency.address, (BOND // 2,)))
    chain.send(registry.functions.addMember(1, chain.accounts[0]))
    for party in (1, 2):
        chain.send(currency.functions.allocateTo(chain.accounts[party], 1_000 * BOND))
    return World(chain, finder, currency, registry, voting)


def _voting(chain: Chain, finder: Any) -> Any:
    """The token, and voters who have staked it."""
    token = deploy(chain, "VotingToken")
    chain.send(token.functions.addMember(1, chain.accounts[0]))
    for voter in VOTERS:
        chain.send(token.functions.mint(chain.accounts[voter], STAKE))
    slashing = deploy(chain, "FixedSlashSlashingLibrary", 10**15, 0)
    voting = deploy(
        chain, "VotingV2", 0, 7 * 86_400, PHASE, 4, 1_000, 5_000_000 * ETHER, 65 * 10**16,
        token.address, finder.address, slashing.address, NOBODY,
    )  # fmt: skip
    for voter in VOTERS:
        chain.send(token.functions.approve(voting.address, STAKE), voter)
        chain.send(voting.functions.stake(STAKE), voter)
    return voting


def v3(world: World, *, disputed: bool) -> Bill:
    """OOv3: asserted, (disputed, voted,) settled."""
    chain, oracle = world.chain, world.oracle(
        "OptimisticOracleV3", world.finder.address, world.currency.address, LIVENESS
    )  # fmt: skip
    chain.send(oracle.functions.syncUmaParams(IDENTIFIER, world.currency.address))
    claim = oracle.functions.assertTruth(
        CLAIM, chain.accounts[1], NOBODY, NOBODY, LIVENESS, world.currency.address, BOND, IDENTIFIER, NO_DOMAIN
    )
    bill = Bill([("assertTruth", chain.send(claim, 1))])
    assertion = oracle.events.AssertionMade().get_logs(from_block="latest")[0]["args"]["assertionId"]
    if disputed:
        dispute = oracle.functions.disputeAssertion(assertion, chain.accounts[2])
        bill.steps.append(("disputeAssertion", chain.send(dispute, 2)))
        bill.steps += _vote(world)
    else:
        chain.pass_time(LIVENESS + 1)
    bill.steps.append(("settleAssertion", chain.send(oracle.functions.settleAssertion(assertion))))
    return bill


def v2(world: World, *, disputed: bool) -> Bill:
    """OOv2: requested, proposed, (disputed, voted,) settled."""
    chain = world.chain
    oracle = world.oracle("OptimisticOracleV2", LIVENESS, world.finder.address, NOBODY)
    at, requester = chain.now(), chain.accounts[0]
    asked = (IDENTIFIER, at, CLAIM)
    request = oracle.functions.requestPrice(*asked, world.currency.address, 0)
    propose = oracle.functions.proposePrice(requester, *asked, 3_512 * ETHER)
    bill = Bill([("requestPrice", chain.send(request)), ("proposePrice", chain.send(propose, 1))])
    if disputed:
        bill.steps.append(("disputePrice", chain.send(oracle.functions.disputePrice(requester, *asked), 2)))
        bill.steps += _vote(world)
    else:
        chain.pass_time(LIVENESS + 1)
    bill.steps.append(("settle", chain.send(oracle.functions.settle(requester, *asked))))
    return bill


def _vote(world: World) -> list[tuple[str, int]]:
    """The next whole round: every voter commits, then reveals."""
    chain, voting = world.chain, world.voting.functions
    _to_phase(world, 0, skip_current=True)
    identifier, at, data = _pending(world)
    salt, steps = 7, []
    round_id = voting.getCurrentRoundId().call()
    for voter in VOTERS:
        hashed = chain.w3.solidity_keccak(
            ["int256", "int256", "address", "uint256", "bytes", "uint256", "bytes32"],
            [TRUE, salt, chain.accounts[voter], at, data, round_id, identifier],
        )
        steps.append(("commitVote", chain.send(voting.commitVote(identifier, at, data, hashed), voter)))
    _to_phase(world, 1)
    for voter in VOTERS:
        reveal = voting.revealVote(identifier, at, TRUE, data, salt)
        steps.append(("revealVote", chain.send(reveal, voter)))
    _to_phase(world, 0, skip_current=True)
    return steps


def _to_phase(world: World, phase: int, *, skip_current: bool = False) -> None:
    """Phases are whole multiples of their length: even ones commit, odd ones reveal."""
    chain = world.chain
    number = chain.now() // PHASE + int(skip_current)
    while number % 2 != phase:
        number += 1
    if number * PHASE > chain.now():
        chain.pass_time(number * PHASE + 60 - chain.now())


def _pending(world: World) -> tuple[bytes, int, bytes]:
    """The one request that is voted on."""
    found = world.voting.functions.getPendingRequests().call()[0]
    return found[4], int(found[2]), found[5]
