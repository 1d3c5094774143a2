"""What a stricter node does than the one behind: a replacement pays 10 % more as geth wants it, and finality can stall.

Several proxies before one node share one set of rules: they are the network's.
"""

from __future__ import annotations

from typing import Any

from eth_account import Account
from eth_account.typed_transactions import TypedTransaction
from eth_utils import keccak, to_hex
from hexbytes import HexBytes

from tests.proxy.lies import Ask

REPLACEMENT_PPM = 100_000
UNDERPRICED = {"code": -32000, "message": "replacement transaction underpriced"}


class Pool:
    """What waits under each nonce of each sender, and whether another may take its place."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[str, int], tuple[str, int, int]] = {}
        self.refused = 0

    def again(self) -> None:
        """A chain that begins anew."""
        self._waiting.clear()
        self.refused = 0

    def refusal(self, raw: str, ask: Ask) -> dict[str, Any] | None:
        """The error that geth would answer with, None where it would take the transaction."""
        try:
            fields = TypedTransaction.from_bytes(HexBytes(raw)).as_dict()
            sender = str(Account.recover_transaction(raw))
        except Exception:  # noqa: BLE001 - what cannot be read is for the node to refuse
            return None
        place, hash_ = (sender, int(fields["nonce"])), to_hex(keccak(HexBytes(raw)))
        max_fee, tip = int(fields["maxFeePerGas"]), int(fields["maxPriorityFeePerGas"])
        before = self._waiting.get(place, ("", 0, 0))
        takes_a_place = before[0] not in ("", hash_) and self._waits(before[0], ask)
        if takes_a_place and not (_enough(before[1], max_fee) and _enough(before[2], tip)):
            self.refused += 1
            return UNDERPRICED
        self._waiting[place] = (hash_, max_fee, tip)
        return None

    def _waits(self, hash_: str, ask: Ask) -> bool:
        found = ask("eth_getTransactionByHash", [hash_])
        return found is not None and found.get("blockNumber") is None


def _enough(before: int, now: int) -> bool:
    return now * 10**6 >= before * (10**6 + REPLACEMENT_PPM)


class Finality:
    """Which block is final: `depth` below the head, and never less than it was; while stalled, what it was then."""

    def __init__(self, depth: int) -> None:
        self.depth = depth
        self.stalled = False
        self._number = 0

    def tagged(self, params: list[Any], ask: Ask) -> list[Any]:
        """The parameters of eth_getBlockByNumber with a number in the place of `finalized` and `safe`."""
        if not params or params[0] not in ("finalized", "safe"):
            return params
        return [hex(self.number(ask)), *params[1:]]

    def number(self, ask: Ask) -> int:
        if not self.stalled:
            self._number = max(self._number, int(ask("eth_blockNumber", []), 16) - self.depth)
        return self._number

    def again(self) -> None:
        """A chain that begins anew."""
        self._number, self.stalled = 0, False
