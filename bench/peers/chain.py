"""A development chain, contracts by their published builds, and the gas of what is sent to them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from web3 import HTTPProvider, Web3

from dev import npm
from dev.folders import TOOLS
from tests.chain.node import Node, running

ETHER = 10**18


@dataclass
class Bill:
    """Gas and transactions of one way to a price, by step. Setting up the peer is not in it, nor are redemptions."""

    steps: list[tuple[str, int]] = field(default_factory=list)

    @property
    def gas(self) -> int:
        return sum(gas for _, gas in self.steps)

    @property
    def transactions(self) -> int:
        return len(self.steps)

    def times(self, count: int) -> Bill:
        """The same again for each of that many series."""
        return Bill(self.steps * count)


class Chain:
    """Deploys and sends by the node's own unlocked accounts; every transaction must succeed."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.w3 = Web3(HTTPProvider(node.url))
        self.accounts: list[Any] = list(self.w3.eth.accounts)

    def deploy(self, build: Build, *arguments: Any) -> Any:
        """A contract of this build, made by the first account."""
        factory = self.w3.eth.contract(abi=build.abi, bytecode=build.bytecode)
        sent = factory.constructor(*arguments).transact({"from": self.accounts[0]})
        made = self.w3.eth.wait_for_transaction_receipt(sent)["contractAddress"]
        return self.w3.eth.contract(address=made, abi=build.abi)

    def send(self, call: Any, sender: int = 0, value: int = 0) -> int:
        """Send a contract's call; its gas."""
        sent = call.transact({"from": self.accounts[sender], "value": value})
        receipt = self.w3.eth.wait_for_transaction_receipt(sent, poll_latency=0.01)
        if receipt["status"] != 1:
            raise RuntimeError(f"{call.fn_name} reverted")
        return int(receipt["gasUsed"])

    def now(self) -> int:
        """The newest block's time."""
        return self.node.now()

    def pass_time(self, seconds: int) -> None:
        """A block that many seconds later."""
        self.node.mine_at(self.now() + seconds)


@dataclass(frozen=True)
class Build:
    """What a peer has published of one contract."""

    abi: Any
    bytecode: str

    @classmethod
    def of_artifact(cls, path: Path) -> Build:
        """A compiler's JSON with `abi` and `bytecode`."""
        found = json.loads(path.read_text())
        return cls(found["abi"], found["bytecode"])


def package(name: str, version: str) -> Path:
    """A package of the npm registry, unpacked once; its build files are read and nothing of it is run."""
    folder = TOOLS / f"{name.replace('/', '-').lstrip('@')}-{version}"
    return npm.unpack(f"{name}@{version}", folder)


@contextmanager
def fresh() -> Iterator[Chain]:
    """A chain for one run."""
    with TemporaryDirectory() as folder, running(Path(folder)) as node:
        yield Chain(node)
