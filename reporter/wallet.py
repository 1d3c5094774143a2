"""Sends transactions by plain JSON-RPC, for who pays the gas themselves. Amounts in wei."""

from __future__ import annotations

import time

from reporter.attest.chain import Chain
from reporter.keys import Key
from reporter.stop import Stop

LEAST_TIP_WEI = 10**9
PATIENCE_SECONDS = 180
POLL_SECONDS = 1


class Wallet:
    """One key on one chain; the first of the chain's nodes takes its transactions."""

    def __init__(self, chain: Chain, key: Key) -> None:
        self.chain, self.key = chain, key

    def send(self, contract: str, data: str, value: int = 0) -> str:
        """Send a call and wait for its block; the transaction's hash. Stop where it would fail, or has failed."""
        call = {"from": self.key.address, "to": contract, "data": data, "value": hex(value)}
        gas = int(self.chain.first("eth_estimateGas", [call]), 16)
        base = int(self.chain.first("eth_getBlockByNumber", ["latest", False])["baseFeePerGas"], 16)
        tip = max(LEAST_TIP_WEI, int(self.chain.first("eth_maxPriorityFeePerGas", []), 16))
        raw = self.key.sign_transaction({
            "type": 2, "chainId": self.chain.chain_id(), "to": contract, "data": data, "value": value,
            "nonce": int(self.chain.first("eth_getTransactionCount", [self.key.address, "pending"]), 16),
            "gas": gas + gas // 4, "maxFeePerGas": 2 * base + tip, "maxPriorityFeePerGas": tip,
        })  # fmt: skip
        return self._wait(str(self.chain.first("eth_sendRawTransaction", [raw])))

    def _wait(self, tx: str) -> str:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while (receipt := self.chain.first("eth_getTransactionReceipt", [tx])) is None:
            if time.monotonic() > deadline:
                raise Stop(f"{tx} waits for a block since {PATIENCE_SECONDS} s; it may still come")
            time.sleep(POLL_SECONDS)
        if int(receipt["status"], 16) != 1:
            raise Stop(f"{tx} failed in block {int(receipt['blockNumber'], 16)}")
        return tx
