"""Sends at once and waits for the block: for deployment and for holders in tests.

Nothing is stored, so a crash after the broadcast forgets what was sent. Whatever must happen exactly once goes through
settlement/services/transactions.py instead.
"""

from __future__ import annotations

import time

from settlement.chain.client import Call, Client, Receipt
from settlement.chain.errors import ChainDown, Reverted
from settlement.signers.local import LocalSigner
from settlement.signers.signer import Signer, Unsigned

POLL_SECONDS = 0.05


class Wallet:
    """Who pays, on one chain: a signer, or a person of a test by their private key."""

    def __init__(self, client: Client, payer: Signer | str) -> None:
        self.client = client
        self.signer = LocalSigner(payer) if isinstance(payer, str) else payer

    @property
    def address(self) -> str:
        """Whose money it is."""
        return self.signer.address

    def send(self, call: Call, *, patience_seconds: float = 60) -> Receipt:
        """Mined and succeeded, or: Reverted with the reason, ChainDown where no block took it in time."""
        price = self.client.price(self.address, call)
        nonce = self.client.nonce(self.address)
        signed = self.signer.sign(Unsigned(self.client.chain_id, nonce, call, price))
        self.client.broadcast(signed.raw)
        deadline = time.monotonic() + patience_seconds
        while (receipt := self.client.receipt(signed.hash)) is None:
            if time.monotonic() > deadline:
                raise ChainDown(f"{signed.hash} was not mined within {patience_seconds:.0f} s")
            time.sleep(POLL_SECONDS)
        if not receipt.succeeded:
            raise Reverted(f"{signed.hash} reverted in block {receipt.block_number}")
        return receipt
