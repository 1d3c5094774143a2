"""Three nodes that are not of one make: anvil, hardhat, and py-evm; and what a test has to know of each."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from dev import accounts, anvil, hardhat
from dev.folders import RunFolder
from dev.supervisor import Supervisor
from settlement.chain.client import Call, Client, Price, Receipt
from settlement.signers.local import LocalSigner
from settlement.signers.signer import Signed, Unsigned
from tests.chain import pyevm
from tests.chain.node import RunFolderAt

NAMES = ("anvil", "hardhat", "py-evm")
KEY, SENDER = accounts.key(accounts.PUBLISHER), accounts.address(accounts.PUBLISHER)
WAIT_SECONDS = 5
POOR = "0x" + "11" * 32


@dataclass(frozen=True)
class Dialect:
    """A running node. `lacks` says of what it cannot do why a test of that is skipped."""

    name: str
    url: str
    chain_id: int
    hold: Callable[[], object]
    """Transactions wait from now on."""
    mine: Callable[[], object]
    """A block with all that waits; afterwards each transaction makes its block again."""
    snapshot: Callable[[], Any] | None = None
    go_back: Callable[[Any], object] | None = None
    lacks: dict[str, str] = field(default_factory=dict)

    @property
    def client(self) -> Client:
        return Client(self.url, self.chain_id)

    def send(self, call: Call, price: Price | None = None) -> Signed:
        """Signed with the next nonce, broadcast and in a block of its own."""
        client = self.client
        signed = sign(client, KEY, call, client.nonce(SENDER), price or client.price(SENDER, call))
        client.broadcast(signed.raw)
        self.wait(signed)
        return signed

    def wait(self, signed: Signed) -> Receipt:
        """Until a block has it: anvil answers before it has made the block."""
        until = time.monotonic() + WAIT_SECONDS
        while (receipt := self.client.receipt(signed.hash)) is None:
            assert time.monotonic() < until, f"{self.name} made no block"
            time.sleep(0.01)
        return receipt


@contextmanager
def running(name: str, folder: Path) -> Iterator[Dialect]:
    """A fresh chain of that make."""
    with _py_evm() if name == "py-evm" else _own_process(name, folder) as found:
        yield found


@contextmanager
def _own_process(name: str, folder: Path) -> Iterator[Dialect]:
    start: Any = {"anvil": anvil.start, "hardhat": hardhat.start}[name]
    more = {"keep_history": True} if name == "anvil" else {}
    with Supervisor(folder, owns_process=False) as supervisor:
        url = start(supervisor, cast(RunFolder, RunFolderAt(folder)), **more)

        def mine() -> None:
            anvil.call(url, "evm_mine")
            anvil.call(url, "evm_setAutomine", True)

        yield Dialect(
            name,
            url,
            anvil.CHAIN_ID,
            hold=lambda: anvil.call(url, "evm_setAutomine", False),
            mine=mine,
            snapshot=lambda: anvil.call(url, "evm_snapshot"),
            go_back=lambda mark: anvil.call(url, "evm_revert", mark),
            lacks={"five_percent": "anvil takes any replacement that pays more"} if name == "anvil" else {},
        )


@contextmanager
def _py_evm() -> Iterator[Dialect]:
    with pyevm.serving() as (url, chain):

        def mine() -> None:
            chain.enable_auto_mine_transactions()
            chain.mine_blocks(1)

        yield Dialect(
            "py-evm",
            url,
            pyevm.CHAIN_ID,
            hold=chain.disable_auto_mine_transactions,
            mine=mine,
            snapshot=chain.take_snapshot,
            go_back=chain.revert_to_snapshot,
            lacks={
                "pool": "eth-tester keeps no pool: transactions that wait are neither counted nor compared",
                "five_percent": "eth-tester keeps no pool: nothing is replaced",
                "logs_by_hash": "eth-tester cannot be asked for logs by a block's hash",
                "state_by_hash": "eth-tester cannot be asked for a state by its block's hash",
                "reward": "eth-tester's fee history has no tips",
            },
        )


def sign(client: Client, key: str, call: Call, nonce: int, price: Price) -> Signed:
    """A transaction on the client's chain, by anybody's key and at any price."""
    return LocalSigner(key).sign(Unsigned(client.chain_id, nonce, call, price))


def reverting(reason: str) -> Call:
    """The creation of a contract that reverts with this reason, or without any, whatever it is asked."""
    from eth_abi.abi import encode

    said = bytes.fromhex("08c379a0") + encode(["string"], [reason]) if reason else b""
    return Call(None, "0x" + _copied(_copied(said, 0xFD), 0xF3).hex())


def _copied(data: bytes, end: int) -> bytes:
    """Code that copies what stands behind it into memory and ends with it: RETURN or REVERT."""
    size = len(data).to_bytes(2, "big")
    return b"\x61" + size + b"\x60\x0e\x60\x00\x39\x61" + size + b"\x60\x00" + bytes([end]) + data
