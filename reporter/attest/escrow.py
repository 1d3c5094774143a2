"""An attestor's own reading of the escrow: its deposits, its oracle, its next epoch (PROTOCOL 8, Escrow)."""

from __future__ import annotations

from dataclasses import dataclass

from protocol.hashing import keccak, to_hex
from reporter.attest.chain import Chain, Log, address_of_topic, word
from reporter.attest.nodes import ChainUnreadable

_DEPOSITED = to_hex(keccak(b"Deposited(address,address,uint256,uint256)"))
_NEXT_EPOCH = to_hex(keccak(b"next_epoch()"))[:10]
_ORACLE = to_hex(keccak(b"ORACLE()"))[:10]

Place = tuple[str, int]
"""A log: transaction hash and index in its block, as a Deposit names it."""


@dataclass(frozen=True, slots=True)
class Deposit:
    """A log of the escrow: whom it credits with how many wei, in which block."""

    account: str
    amount: int
    block: int


class EscrowReader:
    """The escrow at `address`. Deposits are read once; blocks that are asked for must be deep enough to stay."""

    def __init__(self, chain: Chain, address: str) -> None:
        self.chain, self.address = chain, address
        self._deposits: dict[Place, Deposit] = {}
        self._read_to = chain.from_block - 1

    def oracle(self) -> str:
        """The price oracle whose attestors sign for it."""
        return address_of_topic(self.chain.view(self.address, _ORACLE))

    def next_epoch(self) -> int:
        return word(self.chain.view(self.address, _NEXT_EPOCH), 0)

    def deposits(self, until: int) -> dict[Place, Deposit]:
        """All deposits in the blocks up to `until`."""
        for log in self.chain.logs([self.address], [[_DEPOSITED]], until, self._read_to + 1):
            self._deposits[log["transactionHash"], int(log["logIndex"], 16)] = _deposit(log)
        self._read_to = max(self._read_to, until)
        return {place: each for place, each in self._deposits.items() if each.block <= until}


def _deposit(log: Log) -> Deposit:
    if len(log["topics"]) != 3:
        raise ChainUnreadable("a Deposited log with other topics than the escrow's: is its address right?")
    return Deposit(address_of_topic(log["topics"][1]), word(log["data"], 0), int(log["blockNumber"], 16))
