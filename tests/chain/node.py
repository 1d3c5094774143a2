"""A development chain of one's own, and what time and reorganisations do to it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from dev import anvil
from dev.folders import RunFolder
from dev.supervisor import Supervisor

SETTLE_SECONDS = 2


@dataclass(frozen=True)
class Node:
    """A running anvil. Each transaction makes its block unless `hold` says otherwise.

    The node answers a transaction before it has made its block. Whoever then reads or moves the clock would race with
    that block, so all that looks at time or makes blocks here waits for it first.
    """

    url: str

    def rpc(self, method: str, *params: Any) -> Any:
        return anvil.call(self.url, method, *params)

    def settle(self) -> None:
        """Wait until each transaction that can have a block has it."""
        until = time.monotonic() + SETTLE_SECONDS
        while self.rpc("anvil_getAutomine") and int(self.rpc("txpool_status")["pending"], 16):
            if time.monotonic() > until:
                return  # what pays too little for a block waits for ever
            time.sleep(0.005)

    def block(self) -> dict[str, Any]:
        self.settle()
        return cast(dict[str, Any], self.rpc("eth_getBlockByNumber", "latest", False))

    def now(self) -> int:
        """The time of the newest block."""
        return int(self.block()["timestamp"], 16)

    def height(self) -> int:
        return int(self.block()["number"], 16)

    def mine(self, count: int = 1) -> None:
        self.settle()
        for _ in range(count):
            self.rpc("evm_mine")

    def next_at(self, at: int) -> None:
        """The next block, and the transaction that makes it, lies at this second."""
        self.settle()
        self.rpc("evm_setNextBlockTimestamp", at)

    def mine_at(self, at: int) -> None:
        """An empty block at this second."""
        self.next_at(at)
        self.mine()

    def hold(self) -> None:
        """Transactions wait until `mine`."""
        self.rpc("evm_setAutomine", False)

    def reorg(self, depth: int) -> None:
        """The last `depth` blocks become others, without any transaction."""
        self.settle()
        self.rpc("anvil_reorg", depth, [])


class RunFolderAt:
    """As much of a run's folder as a node asks for."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def folder(self, name: str) -> Path:
        made = self.path / name
        made.mkdir()
        return made


@contextmanager
def running(folder: Path, *, chain_id: int = anvil.CHAIN_ID) -> Iterator[Node]:
    """A fresh chain that ends with the test, or with the process."""
    with Supervisor(folder, owns_process=False) as supervisor:
        place = cast(RunFolder, RunFolderAt(folder))
        yield Node(anvil.start(supervisor, place, chain_id=chain_id, keep_history=True))
