"""Sends at once and waits for the block: for deployment and for holders in tests.

Nothing is stored, so a crash after the broadcast forgets what was sent. Whatever must happen exactly once goes through
settlement/services/transactions.py instead.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from settlement.chain.client import Call, Client, Receipt, address_of
from settlement.chain.errors import ChainDown, Reverted

POLL_SECONDS = 0.05


@dataclass(frozen=True)
class Wallet:
    """A key that pays, on one chain."""

    client: Client
    key: str

    @property
    def address(self) -> str:
        """Whose money it is."""
        return address_of(self.key)

    def send(self, call: Call, *, patience_seconds: float = 60) -> Receipt:
        """Mined and succeeded, or: Reverted with the reason, ChainDown where no block took it in time."""
        price = self.client.price(self.address, call)
        signed = self.client.sign(self.key, call, self.client.nonce(self.address), price)
        self.client.broadcast(signed.raw)
        deadline = time.monotonic() + patience_seconds
        while (receipt := self.client.receipt(signed.hash)) is None:
            if time.monotonic() > deadline:
                raise ChainDown(f"{signed.hash} was not mined within {patience_seconds:.0f} s")
            time.sleep(POLL_SECONDS)
        if not receipt.succeeded:
            raise Reverted(f"{signed.hash} reverted in block {receipt.block_number}")
        return receipt
