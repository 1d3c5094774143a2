"""A chain in memory that does what chains do: blocks, reorganisations, transactions that move, come late or go."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from protocol.hashing import address_word, keccak, to_hex, uint256_word
from settlement.chain import events
from settlement.chain.readings import Header, Log, TxReceipt

GENESIS = "0x" + "6" * 64


@dataclass(frozen=True)
class Tx:
    """A deposit or a claim: one log."""

    kind: str
    account: str
    amount: int
    number: int

    @property
    def hash(self) -> str:
        return f"0x{self.number:064x}"

    def log(self, block: Header, place: int) -> Log:
        topic = next(t for t, each in events._events().items() if each["name"] == self.kind)
        who, amount = to_hex(address_word(self.account)), uint256_word(self.amount)
        data = to_hex(amount + uint256_word(0))
        return Log(block.number, block.hash, self.hash, place, settings.ESCROW_ADDRESS, (topic, who, who), data)


@dataclass
class FakeChain:
    """Answers as `Providers` does. Never takes back a block that lies `bound` or more below the highest there was."""

    chance: random.Random
    bound: int
    genesis: str = GENESIS
    blocks: list[tuple[Header, list[Tx]]] = field(default_factory=lambda: [(Header(0, GENESIS, GENESIS, 0), [])])
    waiting: list[Tx] = field(default_factory=list)
    highest: int = 0
    made: int = 0

    # ------------------------------------------------------------ what happens to it

    def send(self, kind: str, account: str, amount: int) -> Tx:
        self.made += 1
        self.waiting.append(Tx(kind, account, amount, self.made))
        return self.waiting[-1]

    def mine(self) -> None:
        """A block with some of what waits, in any order."""
        taken = [tx for tx in self.waiting if self.chance.random() < 0.6]
        self.waiting = [tx for tx in self.waiting if tx not in taken]
        self.chance.shuffle(taken)
        top = self.blocks[-1][0]
        salt = self.chance.randbytes(8)
        header = Header(top.number + 1, to_hex(keccak(top.hash.encode() + salt)), top.hash, top.timestamp + 12)
        self.blocks.append((header, taken))
        self.highest = max(self.highest, header.number)

    def reorganise(self) -> None:
        """Other blocks take the place of the newest; a few of their deposits are never seen again."""
        deepest = len(self.blocks) - 1 - max(self.highest - self.bound, 0)
        if deepest < 1:
            return
        depth = self.chance.randint(1, deepest)
        gone = [tx for _, txs in self.blocks[-depth:] for tx in txs]
        del self.blocks[-depth:]
        self.waiting += [tx for tx in gone if tx.kind == "Claimed" or self.chance.random() < 0.8]
        for _ in range(self.chance.randint(0, depth + 1)):
            self.mine()

    def until(self, block: int, kind: str) -> list[Tx]:
        return [tx for _, txs in self.blocks[: block + 1] for tx in txs if tx.kind == kind]

    # ------------------------------------------------------------ what it answers

    def head(self) -> int:
        return len(self.blocks) - 1

    def final(self, tip: int) -> int:
        return tip - settings.FINALITY_DEPTH

    def headers(self, numbers: Sequence[int]) -> list[Header]:
        return [self.blocks[number][0] for number in numbers if number < len(self.blocks)]

    def logs(self, address: str, blocks: Sequence[Header]) -> list[tuple[Log, ...]]:
        assert all(self.blocks[block.number][0] == block for block in blocks)
        return [self._logs(*self.blocks[block.number]) for block in blocks]

    def receipts(self, transactions: Sequence[str]) -> dict[str, TxReceipt]:
        found = {}
        for header, txs in self.blocks:
            for place, tx in enumerate(txs):
                if tx.hash in transactions:
                    found[tx.hash] = TxReceipt(tx.hash, header.hash, True, (tx.log(header, place),))
        return found

    def at_block(self, block: int, questions: Sequence[tuple[str, list[Any]]]) -> list[int]:
        deposited = sum(tx.amount for tx in self.until(block, "Deposited"))
        paid = sum(tx.amount for tx in self.until(block, "Claimed"))
        return [deposited - paid, deposited, paid]

    def _logs(self, header: Header, txs: list[Tx]) -> tuple[Log, ...]:
        return tuple(tx.log(header, place) for place, tx in enumerate(txs))
