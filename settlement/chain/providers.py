"""What several nodes agree on: money and prices go by the word of a quorum of providers, never of one node.

Everybody is asked at once. An answer counts where a quorum gives the very same one; a node that is dead, on another
chain, forges or leaves something out is outvoted, and named in the log by its place in RPC_URLS (addresses hold keys).
Below a quorum there is no answer: StaleReads.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

import structlog
from django.conf import settings

from protocol.hashing import to_hex
from settlement.chain import readings
from settlement.chain.answers import Sent
from settlement.chain.errors import ChainError, WrongChain
from settlement.chain.provider import BATCH, NOTHING, Nothing, Provider, Question, Reader
from settlement.chain.readings import Header, Log, Mined, TxReceipt

log = structlog.get_logger(__name__)

T = TypeVar("T")
LOG_BLOCKS = 10_000
"""Blocks in one question for logs; nodes refuse long ranges."""
LOG_ADDRESSES = 200


class StaleReads(ChainError):
    """Fewer nodes than the quorum say the same: nothing is decided until they do."""


class Providers:
    """Some nodes on one chain for one round of questions; one that fails is not asked again in it."""

    def __init__(self, urls: Sequence[str], chain_id: int, quorum: int) -> None:
        self.quorum, self.chain_id = quorum, chain_id
        self._nodes = [Provider(place, url) for place, url in enumerate(urls, start=1)]
        said = self._ask([("eth_chainId", []), ("eth_getBlockByNumber", ["0x0", False])], readings.integer_or_header)
        ids = [found for found, _ in said]
        for node, found in zip(self._nodes, ids, strict=True):
            if found != chain_id and not node.is_lost:
                node.lost("does not answer" if found is NOTHING else f"is on chain {found}")
        elsewhere = {found for found in ids if found is not NOTHING} - {chain_id}
        if elsewhere and chain_id not in ids:
            raise WrongChain(
                f"the node is on chain {min(elsewhere)}, CHAIN_ID is {chain_id}: set RPC_URL or CHAIN_ID"
            )
        begins = {
            node.url: first.hash
            for node, (_, first) in zip(self._nodes, said, strict=True)
            if not node.is_lost and isinstance(first, Header) and first.number == 0
        }
        hash_, count = Counter(begins.values()).most_common(1)[0] if begins else ("", 0)
        if count < quorum:
            raise StaleReads(f"fewer than {quorum} nodes agree on block 0")
        self.genesis = hash_
        self.sound = [url for url, first in begins.items() if first == hash_]
        """Addresses of those that are on this chain, in the order of RPC_URLS."""

    def head(self) -> int:
        """The highest block that a quorum of nodes has."""
        heads = sorted(
            (h for (h,) in self._ask([("eth_blockNumber", [])], readings.integer) if h is not NOTHING), reverse=True
        )
        if len(heads) < self.quorum:
            raise StaleReads(f"{len(heads)} nodes say where the chain ends, {self.quorum} must")
        return int(heads[self.quorum - 1])

    def final(self, tip: int) -> int:
        """The newest final block up to `tip`: by FINALITY_TAG as a quorum of nodes has it, else by FINALITY_DEPTH."""
        if settings.FINALITY_TAG == "none":
            return tip - settings.FINALITY_DEPTH
        asked: list[Question] = [("eth_getBlockByNumber", [settings.FINALITY_TAG, False])]
        found = [answer for (answer,) in self._ask(asked, readings.header) if not isinstance(answer, Nothing)]
        if len(found) < self.quorum:
            raise StaleReads(f"{len(found)} nodes say what is {settings.FINALITY_TAG}, {self.quorum} must")
        numbers = sorted((header.number for header in found), reverse=True)
        return min(tip, int(numbers[self.quorum - 1]))

    def headers(self, numbers: Sequence[int]) -> list[Header]:
        """The blocks of these numbers. Nodes disagree about the newest for a moment: cut off where they begin to.

        StaleReads where not even the first is agreed on.
        """
        questions: list[Question] = [("eth_getBlockByNumber", [hex(number), False]) for number in numbers]
        answers = self._agreed(questions, readings.header)
        agreed: list[Header] = []
        for number, answer in zip(numbers, answers, strict=True):
            if isinstance(answer, Nothing) or answer.number != number:
                break
            agreed.append(answer)
        if numbers and not agreed:
            raise StaleReads(f"fewer than {self.quorum} nodes agree on block {numbers[0]}")
        return agreed

    def logs(self, address: str, blocks: Sequence[Header]) -> list[tuple[Log, ...]]:
        """All logs of a contract in each of these blocks, asked by the block's hash."""
        questions: list[Question] = [
            ("eth_getLogs", [{"blockHash": block.hash, "address": address}]) for block in blocks
        ]
        found = []
        for block, answer in zip(blocks, self._agreed(questions, readings.logs), strict=True):
            if isinstance(answer, Nothing) or any(
                (e.block_hash, e.address) != (block.hash, address) for e in answer
            ):
                raise StaleReads(f"fewer than {self.quorum} nodes agree on the logs of block {block.number}")
            found.append(answer)
        return found

    def receipts(self, transactions: Sequence[str]) -> dict[str, TxReceipt]:
        """The receipts of these transactions by hash."""
        questions: list[Question] = [("eth_getTransactionReceipt", [tx]) for tx in transactions]
        found = {}
        for tx, answer in zip(transactions, self._agreed(questions, readings.receipt), strict=True):
            if isinstance(answer, Nothing) or answer.tx != tx:
                raise StaleReads(f"fewer than {self.quorum} nodes agree on the receipt of {tx}")
            found[tx] = answer
        return found

    def at_block(self, block: int, questions: Sequence[tuple[str, list[Any]]]) -> list[int]:
        """Integers that these questions (method, parameters before the block) answer in the state of a block."""
        asked: list[Question] = [(method, [*params, hex(block)]) for method, params in questions]
        answers = self._agreed(asked, readings.integer)
        if any(isinstance(answer, Nothing) for answer in answers):
            raise StaleReads(f"fewer than {self.quorum} nodes agree on the state in block {block}")
        return [int(answer) for answer in answers if not isinstance(answer, Nothing)]

    def calls(self, block: Header, calls: Sequence[tuple[str, bytes]]) -> list[bytes]:
        """What contracts answer to calls (address, data) in the state of a block, asked by its hash (EIP-1898)."""
        return self._complete(block, self._agreed(_calls(block, calls), readings.data))

    def calls_or_reverts(self, block: Header, calls: Sequence[tuple[str, bytes]]) -> list[bytes | None]:
        """The same of contracts that nobody knows: None where a quorum says that the call is refused."""
        return self._complete(block, self._agreed(_calls(block, calls), readings.data, readings.reverted))

    def has_code(self, block: Header, address: str) -> bool:
        """Is there a contract, in the state of a block?"""
        asked: list[Question] = [("eth_getCode", [address, _state(block)])]
        return bool(self._complete(block, self._agreed(asked, readings.data))[0])

    def mined(self, transactions: Sequence[str], head: Header) -> dict[str, Mined]:
        """Those of these transactions that the chain under block `head` has, by hash.

        A receipt of a block that is not on that chain is none; nor is one of a later block, which others may not have.
        """
        asked: list[Question] = [("eth_getTransactionReceipt", [tx]) for tx in transactions]
        found: dict[str, Mined] = {}
        for tx, answer in zip(
            transactions, self._agreed(asked, partial(readings.mined, up_to=head.number)), strict=True
        ):
            if isinstance(answer, Nothing) or (answer is not None and answer.tx != tx):
                raise StaleReads(f"fewer than {self.quorum} nodes agree on where {tx} is")
            if answer is not None:
                found[tx] = answer
        numbers = sorted({each.block_number for each in found.values()})
        hashes = {header.number: header.hash for header in self.headers(numbers)} | {head.number: head.hash}
        if missing := set(numbers) - set(hashes):
            raise StaleReads(f"fewer than {self.quorum} nodes agree on block {min(missing)}")
        return {tx: each for tx, each in found.items() if hashes[each.block_number] == each.block_hash}

    def nonces(self, accounts: Iterable[str], block: Header) -> dict[str, int]:
        """How many transactions each of these accounts has in the blocks up to this one."""
        some = list(accounts)
        asked = [("eth_getTransactionCount", [account]) for account in some]
        return dict(zip(some, self.at_block(block.number, asked), strict=True))

    def send(self, raw: str) -> list[Sent]:
        """Hand a signed transaction to all of them at once; what each said, in the order of RPC_URLS."""
        return self._each(lambda node: node.send(raw))

    def logs_between(
        self, addresses: Sequence[str], topics: Sequence[Any], first: int, last: int
    ) -> list[Log]:
        """All logs of these contracts with these topics in final blocks first to last, in order of the chain.

        Nodes refuse an answer that would be too long: where there is no quorum for a span, each half is asked for.
        """
        chunks = [list(addresses[at : at + LOG_ADDRESSES]) for at in range(0, len(addresses), LOG_ADDRESSES)]
        spans = [
            (some, start, min(start + LOG_BLOCKS - 1, last))
            for start in range(first, last + 1, LOG_BLOCKS)
            for some in chunks
        ]
        found: list[Log] = []
        while spans:
            now, spans = spans[:BATCH], spans[BATCH:]
            asked: list[Question] = [("eth_getLogs", [_filter(*span, topics)]) for span in now]
            for span, answer in zip(now, self._agreed(asked, readings.logs), strict=True):
                if isinstance(answer, Nothing):
                    spans += self._halves(*span)
                elif any(e.address not in span[0] or not span[1] <= e.block <= span[2] for e in answer):
                    raise StaleReads(f"a log that was not asked for, in blocks {span[1]} to {span[2]}")
                else:
                    found += answer
        return sorted(found, key=lambda each: (each.block, each.log_index))

    def _halves(self, addresses: list[str], first: int, last: int) -> list[tuple[list[str], int, int]]:
        if first == last or sum(not node.is_lost for node in self._nodes) < self.quorum:
            raise StaleReads(f"fewer than {self.quorum} nodes agree on the logs of block {first}")
        middle = (first + last) // 2
        return [(addresses, first, middle), (addresses, middle + 1, last)]

    def supporters(self, block: Header) -> int:
        """How many of the nodes have this very block."""
        asked: list[Question] = [("eth_getBlockByNumber", [hex(block.number), False])]
        return sum(answer == block for (answer,) in self._ask(asked, readings.header))

    def _complete(self, block: Header, answers: Sequence[T | Nothing]) -> list[T]:
        found = [answer for answer in answers if not isinstance(answer, Nothing)]
        if len(found) < len(answers):
            raise StaleReads(
                f"fewer than {self.quorum} nodes agree on the contracts' state in block {block.number}"
            )
        return found

    def _agreed(
        self, questions: Sequence[Question], read: Callable[[Any], T], of_error: Callable[[Any], T] | None = None
    ) -> list[T | Nothing]:
        """What a quorum answers to each question; NOTHING where there is none."""
        if not questions:
            return []
        answers = self._ask(questions, read, of_error)
        agreed: list[T | Nothing] = []
        for place, question in enumerate(questions):
            votes: Counter[Any] = Counter(own[place] for own in answers if own[place] is not NOTHING)
            answer, count = votes.most_common(1)[0] if votes else (NOTHING, 0)
            agreed.append(answer if count >= self.quorum else NOTHING)
            if len(votes) > 1:
                others = [
                    n.place for n, own in zip(self._nodes, answers, strict=True) if own[place] != answer
                ]
                log.warning(
                    "providers.disagree", question=question[0], alone=others, agreed=count >= self.quorum
                )
        return agreed

    def _ask(
        self, questions: Sequence[Question], read: Reader, of_error: Reader | None = None
    ) -> list[list[Any]]:
        """Every node's answer to every question, by node."""
        return self._each(lambda node: node.answers(questions, read, of_error))

    def _each(self, ask: Callable[[Provider], T]) -> list[T]:
        """The same of every node at once."""
        with ThreadPoolExecutor(max(len(self._nodes), 1)) as pool:
            return list(pool.map(ask, self._nodes))


def _calls(block: Header, calls: Sequence[tuple[str, bytes]]) -> list[Question]:
    return [("eth_call", [{"to": to, "data": to_hex(data)}, _state(block)]) for to, data in calls]


def _state(block: Header) -> dict[str, Any]:
    return {"blockHash": block.hash, "requireCanonical": True}


def _filter(addresses: list[str], first: int, last: int, topics: Sequence[Any]) -> dict[str, Any]:
    return {"address": addresses, "topics": list(topics), "fromBlock": hex(first), "toBlock": hex(last)}


def connect() -> Providers:
    """The nodes of the settings."""
    return Providers(settings.RPC_URLS, settings.CHAIN_ID, settings.RPC_QUORUM)
