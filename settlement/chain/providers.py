"""What several nodes agree on: money and prices go by the word of a quorum of providers, never of one node.

Everybody is asked at once. An answer counts where a quorum gives the very same one; a node that is dead, on another
chain, forges or leaves something out is outvoted, and named in the log by its place in RPC_URLS (addresses hold keys).
Below a quorum there is no answer: StaleReads.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

import requests
import structlog
from django.conf import settings

from protocol.hashing import from_hex, to_hex
from settlement.chain.errors import ChainError

log = structlog.get_logger(__name__)

T = TypeVar("T")
Question = tuple[str, list[Any]]
TIMEOUT_SECONDS = 10
BATCH = 50
"""Questions in one request."""
LOG_BLOCKS = 10_000
"""Blocks in one question for logs; nodes refuse long ranges."""
LOG_ADDRESSES = 200


class StaleReads(ChainError):
    """Fewer nodes than the quorum say the same: nothing is decided until they do."""


@dataclass(frozen=True, slots=True)
class Header:
    """A block's number, hash, the hash of the block below, and unix second."""

    number: int
    hash: str
    parent: str
    timestamp: int


@dataclass(frozen=True, slots=True)
class Log:
    """One event as the chain keeps it."""

    block: int
    block_hash: str
    tx: str
    log_index: int
    address: str
    topics: tuple[str, ...]
    data: str


@dataclass(frozen=True, slots=True)
class TxReceipt:
    """Where a transaction was mined, whether it succeeded, and all of its logs."""

    tx: str
    block_hash: str
    succeeded: bool
    logs: tuple[Log, ...]


class _Nothing:
    """A node gave no answer that can be read."""


NOTHING = _Nothing()


class Providers:
    """Some nodes on one chain for one round of questions; one that fails is not asked again in it."""

    def __init__(self, urls: Sequence[str], chain_id: int, quorum: int) -> None:
        self.quorum = quorum
        self._nodes = [_Node(place, url) for place, url in enumerate(urls, start=1)]
        ids = self._ask([("eth_chainId", [])], _integer)
        for node, (found,) in zip(self._nodes, ids, strict=True):
            if found != chain_id:
                node.lost("does not answer" if found is NOTHING else f"is on chain {found}")
        self.genesis = self.headers([0])[0].hash

    def head(self) -> int:
        """The highest block that a quorum of nodes has."""
        heads = sorted(
            (h for (h,) in self._ask([("eth_blockNumber", [])], _integer) if h is not NOTHING), reverse=True
        )
        if len(heads) < self.quorum:
            raise StaleReads(f"{len(heads)} nodes say where the chain ends, {self.quorum} must")
        return int(heads[self.quorum - 1])

    def final(self, tip: int) -> int:
        """The newest final block up to `tip`: by FINALITY_TAG as a quorum of nodes has it, else by FINALITY_DEPTH."""
        if settings.FINALITY_TAG == "none":
            return tip - settings.FINALITY_DEPTH
        asked: list[Question] = [("eth_getBlockByNumber", [settings.FINALITY_TAG, False])]
        found = [answer for (answer,) in self._ask(asked, _header) if not isinstance(answer, _Nothing)]
        if len(found) < self.quorum:
            raise StaleReads(f"{len(found)} nodes say what is {settings.FINALITY_TAG}, {self.quorum} must")
        numbers = sorted((header.number for header in found), reverse=True)
        return min(tip, int(numbers[self.quorum - 1]))

    def headers(self, numbers: Sequence[int]) -> list[Header]:
        """The blocks of these numbers. Nodes disagree about the newest for a moment: cut off where they begin to.

        StaleReads where not even the first is agreed on.
        """
        questions: list[Question] = [("eth_getBlockByNumber", [hex(number), False]) for number in numbers]
        answers = self._agreed(questions, lambda raw: _header(raw))
        agreed: list[Header] = []
        for number, answer in zip(numbers, answers, strict=True):
            if isinstance(answer, _Nothing) or answer.number != number:
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
        for block, answer in zip(blocks, self._agreed(questions, _logs), strict=True):
            if isinstance(answer, _Nothing) or any(
                (e.block_hash, e.address) != (block.hash, address) for e in answer
            ):
                raise StaleReads(f"fewer than {self.quorum} nodes agree on the logs of block {block.number}")
            found.append(answer)
        return found

    def receipts(self, transactions: Sequence[str]) -> dict[str, TxReceipt]:
        """The receipts of these transactions by hash."""
        questions: list[Question] = [("eth_getTransactionReceipt", [tx]) for tx in transactions]
        found = {}
        for tx, answer in zip(transactions, self._agreed(questions, _receipt), strict=True):
            if isinstance(answer, _Nothing) or answer.tx != tx:
                raise StaleReads(f"fewer than {self.quorum} nodes agree on the receipt of {tx}")
            found[tx] = answer
        return found

    def at_block(self, block: int, questions: Sequence[tuple[str, list[Any]]]) -> list[int]:
        """Integers that these questions (method, parameters before the block) answer in the state of a block."""
        asked: list[Question] = [(method, [*params, hex(block)]) for method, params in questions]
        answers = self._agreed(asked, _integer)
        if any(isinstance(answer, _Nothing) for answer in answers):
            raise StaleReads(f"fewer than {self.quorum} nodes agree on the escrow's state in block {block}")
        return [int(answer) for answer in answers if not isinstance(answer, _Nothing)]

    def calls(self, block: Header, calls: Sequence[tuple[str, bytes]]) -> list[bytes]:
        """What contracts answer to calls (address, data) in the state of a block, asked by its hash (EIP-1898)."""
        state = {"blockHash": block.hash, "requireCanonical": True}
        asked: list[Question] = [
            ("eth_call", [{"to": to, "data": to_hex(data)}, state]) for to, data in calls
        ]
        answers = [answer for answer in self._agreed(asked, _bytes) if not isinstance(answer, _Nothing)]
        if len(answers) < len(calls):
            raise StaleReads(
                f"fewer than {self.quorum} nodes agree on the contracts' state in block {block.number}"
            )
        return answers

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
            for span, answer in zip(now, self._agreed(asked, _logs), strict=True):
                if isinstance(answer, _Nothing):
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
        return sum(answer == block for (answer,) in self._ask(asked, _header))

    def _agreed(self, questions: Sequence[Question], read: Callable[[Any], T]) -> list[T | _Nothing]:
        """What a quorum answers to each question; NOTHING where there is none."""
        answers = self._ask(questions, read)
        agreed: list[T | _Nothing] = []
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

    def _ask(self, questions: Sequence[Question], read: Callable[[Any], Any]) -> list[list[Any]]:
        """Every node's answer to every question, by node."""
        with ThreadPoolExecutor(max(len(self._nodes), 1)) as pool:
            return list(pool.map(lambda node: node.answers(questions, read), self._nodes))


class _Node:
    """One provider; once lost, it answers nothing."""

    def __init__(self, place: int, url: str) -> None:
        self.place, self._url = place, url
        self.is_lost = False
        self._session = requests.Session()

    def lost(self, why: str) -> None:
        self.is_lost = True
        log.warning("providers.lost", provider=self.place, why=why)

    def answers(self, questions: Sequence[Question], read: Callable[[Any], Any]) -> list[Any]:
        """Its answers in the order of the questions, NOTHING for each that cannot be read."""
        found: list[Any] = []
        for start in range(0, len(questions), BATCH):
            some = questions[start : start + BATCH]
            found += [NOTHING] * len(some) if self.is_lost else self._batch(some, read)
        return found

    def _batch(self, questions: Sequence[Question], read: Callable[[Any], Any]) -> list[Any]:
        body: Any = [
            {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
            for number, (method, params) in enumerate(questions)
        ]
        try:
            response = self._session.post(self._url, json=body, timeout=TIMEOUT_SECONDS)
            by_id = {each["id"]: each.get("result") for each in response.json()}
        except (
            requests.RequestException,
            ValueError,
            TypeError,
            KeyError,
            AttributeError,
            RecursionError,
        ) as error:
            self.lost(type(error).__name__)
            return [NOTHING] * len(questions)
        return [_readable(by_id.get(number), read) for number in range(len(questions))]


def _readable(raw: Any, read: Callable[[Any], Any]) -> Any:
    """A node can answer anything at all; what cannot be read is no answer."""
    try:
        return read(raw)
    except (ValueError, TypeError, KeyError, AttributeError):
        return NOTHING


def _integer(raw: Any) -> int:
    return int(raw, 16)


def _word(raw: Any, size: int = 32) -> str:
    word = str(raw).lower()
    from_hex(word, size)
    return word


def _header(raw: Any) -> Header:
    return Header(
        _integer(raw["number"]), _word(raw["hash"]), _word(raw["parentHash"]), _integer(raw["timestamp"])
    )


def _log(raw: Any) -> Log:
    return Log(
        block=_integer(raw["blockNumber"]),
        block_hash=_word(raw["blockHash"]),
        tx=_word(raw["transactionHash"]),
        log_index=_integer(raw["logIndex"]),
        address=_word(raw["address"], 20),
        topics=tuple(_word(each) for each in raw["topics"]),
        data=str(raw["data"]).lower(),
    )


def _logs(raw: Any) -> tuple[Log, ...]:
    return tuple(sorted((_log(each) for each in raw), key=lambda found: (found.block, found.log_index)))


def _filter(addresses: list[str], first: int, last: int, topics: Sequence[Any]) -> dict[str, Any]:
    return {"address": addresses, "topics": list(topics), "fromBlock": hex(first), "toBlock": hex(last)}


def _bytes(raw: Any) -> bytes:
    if not raw.startswith("0x"):
        raise ValueError("no bytes")
    return bytes.fromhex(raw[2:])


def _receipt(raw: Any) -> TxReceipt:
    return TxReceipt(
        _word(raw["transactionHash"]),
        _word(raw["blockHash"]),
        _integer(raw["status"]) == 1,
        _logs(raw["logs"]),
    )


def connect() -> Providers:
    """The nodes of the settings."""
    return Providers(settings.RPC_URLS, settings.CHAIN_ID, settings.RPC_QUORUM)
