"""What holders do on the chain themselves: split, hand over, redeem. The service has no part in it."""

from __future__ import annotations

from typing import Any

from web3 import Web3

import contracts
from demo.cast import Person
from demo.tell import Failed


class Wallet:
    """The chain as a holder sees it, through a node."""

    def __init__(self, rpc_url: str) -> None:
        self.w3 = Web3(Web3.HTTPProvider(rpc_url))

    def at(self, name: str, address: str) -> Any:
        """One of our contracts."""
        return self.w3.eth.contract(
            address=Web3.to_checksum_address(address), abi=contracts.load(name)["abi"]
        )

    def send(self, who: Person, call: Any, value: int = 0) -> int:
        """Sign and send a call as `who`, wait until it is mined; the gas it used. Raises Failed where it reverts."""
        sender = Web3.to_checksum_address(who.address)
        nonce = self.w3.eth.get_transaction_count(sender, "pending")
        transaction = call.build_transaction({"from": sender, "nonce": nonce, "value": value})
        signed = self.w3.eth.account.sign_transaction(transaction, who.key)
        hash_ = self.w3.eth.send_raw_transaction(signed.raw_transaction)
        receipt = self.w3.eth.wait_for_transaction_receipt(hash_, timeout=60, poll_latency=0.2)
        if receipt["status"] != 1:
            raise Failed(f"the transaction {hash_.to_0x_hex()} of {who.name} reverted")
        return int(receipt["gasUsed"])

    def balance(self, address: str) -> int:
        """Wei of an address."""
        return int(self.w3.eth.get_balance(Web3.to_checksum_address(address)))
