"""A chain that makes blocks when the schedule says so, and on which other people are about.

Everything here goes straight to the node: what the service sees of it goes through the proxies.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from dev import accounts
from settlement.chain.client import Call, Price
from settlement.signers.local import LocalSigner
from settlement.signers.signer import Signed, Unsigned
from tests.proxy.wire import Upstream

GWEI = 10**9
CHAIN_ID = 31337


class Refused(Exception):
    """The node did not take it."""


@dataclass
class Chain:
    """One anvil without automine. A snapshot before every block is where a reorganisation goes back to."""

    url: str
    _ids: Any = field(default_factory=count)
    _marks: dict[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._wire = Upstream(self.url)

    def rpc(self, method: str, *params: Any) -> Any:
        question = {"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": params}
        answer = json.loads(self._wire.post(json.dumps(question).encode()))
        if "error" in answer:
            raise Refused(f"{method}: {answer['error']['message']}")
        return answer["result"]

    def head(self) -> int:
        return int(self.rpc("eth_blockNumber"), 16)

    def now(self) -> int:
        return int(self.rpc("eth_getBlockByNumber", "latest", False)["timestamp"], 16)

    def again(self) -> None:
        """A chain that begins anew."""
        self._marks.clear()

    def mine(self, at: int) -> None:
        """One block at unix second `at`, or a second after the newest where that is later."""
        self._marks[self.head()] = self.rpc("evm_snapshot")
        self.rpc("evm_setNextBlockTimestamp", max(at, self.now() + 1))
        self.rpc("evm_mine")

    def base_fee(self, wei: int) -> None:
        """Of the next block; it falls again by an eighth with every empty block."""
        self.rpc("anvil_setNextBlockBaseFeePerGas", hex(wei))

    def reorg(self, depth: int, chance: random.Random) -> int:
        """The last `depth` blocks become others. Their transactions are gone, or wait again; how many."""
        head, at = self.head(), self.now()
        depth = next(each for each in range(depth, -1, -1) if head - each in self._marks or not each)
        raws = []
        for number in range(head - depth + 1, head + 1):
            block = self.rpc("eth_getBlockByNumber", hex(number), False)
            raws += [self.rpc("eth_getRawTransactionByHash", each) for each in block["transactions"]]
        if not depth:
            return 0
        # Not anvil_reorg: the states of its new blocks are without contracts' code.
        self.rpc("evm_revert", self._marks[head - depth])
        for _ in range(depth + 1):
            self.mine(at + 1)
        if chance.random() < 0.6:
            for raw in raws:
                self.offer(raw)
        return len(raws)

    def offer(self, raw: str) -> bool:
        """Whether the node takes it."""
        try:
            self.rpc("eth_sendRawTransaction", raw)
        except Refused:
            return False
        return True

    def send(self, who: int, call: Call, *, gas: int = 1_000_000, fee: int = 3_000 * GWEI) -> Signed | None:
        """By an account of dev/accounts.py, at a price that every block takes; None where the node refuses it."""
        key, address = accounts.key(who), accounts.address(who)
        nonce = int(self.rpc("eth_getTransactionCount", address, "pending"), 16)
        signed = LocalSigner(key).sign(Unsigned(CHAIN_ID, nonce, call, Price(gas, fee, 2 * GWEI)))
        return signed if self.offer(signed.raw) else None

    def take_nonce(self, who: int) -> Signed | None:
        """Somebody else uses the account's next nonce, and pays so much that theirs goes first (C-25)."""
        key, address = accounts.key(who), accounts.address(who)
        nonce = int(self.rpc("eth_getTransactionCount", address, "latest"), 16)
        call = Call(accounts.address(39), "0x", 1)
        signed = LocalSigner(key).sign(
            Unsigned(CHAIN_ID, nonce, call, Price(21_000, 20_000 * GWEI, 900 * GWEI))
        )
        return signed if self.offer(signed.raw) else None

    def transactions_of(self, address: str) -> list[dict[str, Any]]:
        """Every transaction of an account that the canonical chain has, with its receipt's status."""
        found = []
        for number in range(1, self.head() + 1):
            for each in self.rpc("eth_getBlockByNumber", hex(number), True)["transactions"]:
                if each["from"].lower() == address:
                    receipt = self.rpc("eth_getTransactionReceipt", each["hash"])
                    found.append({**each, "status": int(receipt["status"], 16)})
        return found
