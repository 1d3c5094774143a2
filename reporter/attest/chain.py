"""An attestor's own reading of the chain, by plain JSON-RPC: it trusts neither the service nor a single node."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any

import requests

from protocol.hashing import keccak, to_hex
from protocol.value_secured import collateral_rate, value_secured
from reporter.attest.nodes import ChainUnreadable, Node, Question, ask_all

AGREEING_SECONDS = 3
"""For each of the two questions by which nodes that agree are counted, of all nodes together."""
LOG_SPAN = 50_000  # blocks asked for at once
MAX_ADDRESSES = 500  # of one log query

_CREATED = to_hex(keccak(b"SeriesCreated(address,bytes32,address,uint256,uint256,address,address)"))
_SPLIT = to_hex(keccak(b"Split(address,address,uint256)"))
_MERGE = to_hex(keccak(b"Merge(address,uint256)"))
_RECORD_OF = to_hex(keccak(b"record_of(bytes32)"))[:10]
_ATTEMPT_WORD = 3  # of Record(price, set_at, final_at, attempt, is_final)

Log = dict[str, Any]


class Chain:
    """The chain as all given nodes tell it, with one voice. All are asked at once."""

    def __init__(
        self,
        urls: Sequence[str],
        session: Callable[[], requests.Session] = requests.Session,
        from_block: int = 0,
    ) -> None:
        self.nodes = [Node(url, session()) for url in urls]
        self.from_block = from_block  # nothing of ours is older
        self._times: dict[int, int] = {}

    def chain_id(self) -> int:
        return int(self._agreed("eth_chainId", []), 16)

    def has_code(self, address: str) -> bool:
        return bool(self._agreed("eth_getCode", [address, "latest"]) != "0x")

    def latest_block(self) -> int:
        """The highest block that every node has."""
        return min(int(head, 16) for head in self._answers("eth_blockNumber", []))

    def agreeing(self, chain_id: int) -> int:
        """How many nodes give the same hash to the highest block that all of those who answer have, on this chain.

        Takes 2 * AGREEING_SECONDS at most, whatever the nodes do.
        """
        where: list[Question] = [("eth_chainId", []), ("eth_blockNumber", [])]
        heads: dict[Node, int] = {}
        for node, said in zip(self.nodes, ask_all(self.nodes, where, AGREEING_SECONDS), strict=True):
            with suppress(ValueError, TypeError):
                if not isinstance(said, ChainUnreadable) and int(said[0], 16) == chain_id:
                    heads[node] = int(said[1], 16)
        if not heads:
            return 0
        lowest: list[Question] = [("eth_getBlockByNumber", [hex(min(heads.values())), False])]
        hashes: Counter[str] = Counter()
        for said in ask_all(list(heads), lowest, AGREEING_SECONDS):
            with suppress(KeyError, TypeError):
                if not isinstance(said, ChainUnreadable):
                    hashes[str(said[0]["hash"])] += 1
        return max(hashes.values(), default=0)

    def attempt_of(self, oracle: str, expiry: str) -> int:
        """The running attempt of an expiry at the price oracle (PROTOCOL 8)."""
        return word(self.view(oracle, _RECORD_OF + expiry[2:]), _ATTEMPT_WORD)

    def view(self, contract: str, data: str) -> str:
        """What a view answers in the newest block, as hex."""
        return str(self._agreed("eth_call", [{"to": contract, "data": data}, "latest"]))

    def value_secured(self, factory: str, expiry: str, expiry_at: int, rates: dict[str, int], until: int) -> int:
        """What `Opened` must say (PROTOCOL 3), in wei, from the logs of blocks up to `until`. See collateral_rate."""
        created = list(self.logs([factory], [[_CREATED], None, expiry], until))
        series = {address_of_topic(log["topics"][1]): address_of_topic(log["topics"][3]) for log in created}
        changes = [
            (log["address"].lower(), self._time_of(log), _amount(log))
            for log in self.logs(list(series), [[_SPLIT, _MERGE]], until)
        ]
        known = {address: collateral_rate(collateral, rates) for address, collateral in series.items()}
        return value_secured(changes, known, expiry_at)

    def first(self, method: str, parameters: list[Any]) -> Any:
        """What the first node says, for what only it is asked: to send, and what becomes of it."""
        return _one(ask_all(self.nodes[:1], [(method, parameters)])[0])

    def logs(
        self, addresses: list[str], topics: list[Any], until: int, first: int | None = None
    ) -> Iterator[Log]:
        """Logs of these contracts from block `first`, or the first of ours, to `until`."""
        for place in range(0, len(addresses), MAX_ADDRESSES):
            some = addresses[place : place + MAX_ADDRESSES]
            for start in range(self.from_block if first is None else first, until + 1, LOG_SPAN):
                last = min(start + LOG_SPAN - 1, until)
                where = {"address": some, "topics": topics, "fromBlock": hex(start), "toBlock": hex(last)}
                yield from self._agreed("eth_getLogs", [where])

    def _time_of(self, log: Log) -> int:
        number = int(log["blockNumber"], 16)
        if number not in self._times:
            block = self._agreed("eth_getBlockByNumber", [hex(number), False])
            if not block or block["hash"] != log["blockHash"]:
                raise ChainUnreadable(f"block {number} changed while its logs were read; trying again")
            self._times[number] = int(block["timestamp"], 16)
        return self._times[number]

    def _agreed(self, method: str, parameters: list[Any]) -> Any:
        answers = self._answers(method, parameters)
        if method == "eth_getLogs":
            answers = [[_essence(log) for log in answer] for answer in answers]
        if method == "eth_getBlockByNumber":
            answers = [answer and {key: answer[key] for key in ("hash", "timestamp")} for answer in answers]
        if any(answer != answers[0] for answer in answers[1:]):
            raise ChainUnreadable(f"the nodes do not agree about {method}; nothing is signed until they do")
        return answers[0]

    def _answers(self, method: str, parameters: list[Any]) -> list[Any]:
        """Of every node; ChainUnreadable where one gives none."""
        return [_one(said) for said in ask_all(self.nodes, [(method, parameters)])]


def _one(said: list[Any] | ChainUnreadable) -> Any:
    if isinstance(said, ChainUnreadable):
        raise said
    return said[0]


def _essence(log: Log) -> Log:
    """What of a log must be the same at every node; they decorate it differently."""
    keys = ("address", "topics", "data", "blockNumber", "blockHash", "transactionHash", "logIndex")
    return {key: log[key] for key in keys}


def _amount(log: Log) -> int:
    """Base units that a Split brought or a Merge took: the only word that is not indexed."""
    amount = word(log["data"], 0)
    return amount if log["topics"][0] == _SPLIT else -amount


def word(data: str, place: int) -> int:
    """One word of an answer or of a log's data."""
    found = data[2 + 64 * place : 66 + 64 * place]
    if len(found) != 64:
        raise ChainUnreadable("a contract answered with too few words: is its address right?")
    return int(found, 16)


def address_of_topic(topic: str) -> str:
    """The address in a word."""
    return "0x" + topic[-40:].lower()
