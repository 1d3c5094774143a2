"""The attestor's own reading of the chain: what it asks nodes, and that one lying node is not believed."""

import json
from typing import Any

import pytest
import requests

from protocol.hashing import keccak, to_hex
from reporter.attest.chain import Chain
from reporter.attest.nodes import ChainUnreadable

FACTORY, ORACLE, EXPIRY = "0x" + "fa" * 20, "0x" + "0c" * 20, "0x" + "e1" * 32
ETH_SERIES, TOKEN_SERIES, TOKEN = "0x" + "a1" * 20, "0x" + "a2" * 20, "0x" + "70" * 20
ZERO = "0x" + "00" * 20
AT = 1_790_000_000
DAY = 86_400


def topic(text: str) -> str:
    return to_hex(keccak(text.encode()))


def word(value: str | int) -> str:
    return f"{value:064x}" if isinstance(value, int) else value[2:].rjust(64, "0")


CREATED = topic("SeriesCreated(address,bytes32,address,uint256,uint256,address,address)")


class Node:
    """A node in memory: one block for each of `times`; logs as (block, address, topics, data)."""

    def __init__(self) -> None:
        self.times = {1: AT - 2 * DAY, 2: AT - DAY, 3: AT - DAY // 2, 4: AT + 5}
        self.logs = [
            (1, FACTORY, [CREATED, word(ETH_SERIES), word(EXPIRY), word(ZERO)], word(AT) + word(1) + 2 * word(ZERO)),
            (1, FACTORY, [CREATED, word(TOKEN_SERIES), word(EXPIRY), word(TOKEN)], word(AT) + word(2) + 2 * word(ZERO)),
            (2, ETH_SERIES, [topic("Split(address,address,uint256)"), word(TOKEN), word(TOKEN)], word(100)),
            (2, TOKEN_SERIES, [topic("Split(address,address,uint256)"), word(TOKEN), word(TOKEN)], word(1000)),
            (3, ETH_SERIES, [topic("Merge(address,uint256)"), word(TOKEN)], word(60)),
            (4, ETH_SERIES, [topic("Merge(address,uint256)"), word(TOKEN)], word(40)),
        ]

    def answer(self, method: str, parameters: list[Any]) -> Any:
        if method == "eth_getBlockByNumber":
            number = int(parameters[0], 16)
            return {"hash": f"0x{number:064x}", "timestamp": hex(self.times[number]), "decoration": id(self)}
        if method == "eth_getLogs":
            return [self.shown(place, log) for place, log in enumerate(self.logs) if self.wanted(log, parameters[0])]
        if method == "eth_call":
            assert parameters[0] == {"to": ORACLE, "data": topic("record_of(bytes32)")[:10] + EXPIRY[2:]}
            return "0x" + word(0) + word(0) + word(0) + word(3) + word(0)
        return {"eth_chainId": "0x7a69", "eth_blockNumber": "0x4", "eth_getCode": "0x"}[method]

    def wanted(self, log: tuple[int, str, list[str], str], where: dict[str, Any]) -> bool:
        block, address, topics, _ = log
        if not int(where["fromBlock"], 16) <= block <= int(where["toBlock"], 16) or address not in where["address"]:
            return False
        asked = [each if isinstance(each, list) else each and [each] for each in where["topics"]]
        return all(each is None or _hex(topics[place]) in each for place, each in enumerate(asked))

    def shown(self, place: int, log: tuple[int, str, list[str], str]) -> dict[str, Any]:
        block, address, topics, data = log
        return {
            "address": address.upper().replace("0X", "0x"), "topics": [_hex(each) for each in topics],
            "data": "0x" + data, "blockNumber": hex(block), "blockHash": f"0x{block:064x}",
            "transactionHash": f"0x{block:064x}", "logIndex": hex(place), "removed": False,
        }


def _hex(text: str) -> str:
    return text if text.startswith("0x") else "0x" + text


class Session(requests.Session):
    """Answers for nodes by their address."""

    def __init__(self, nodes: dict[str, Node]) -> None:
        super().__init__()
        self.nodes = nodes

    def post(self, url: Any, *args: Any, json: Any = None, **others: Any) -> requests.Response:
        if url not in self.nodes:
            raise requests.ConnectionError("gone")
        response = requests.Response()
        response.status_code = 200
        response._content = _dump(self.nodes[url].answer(json["method"], json["params"]))
        return response


def _dump(result: Any) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": 1, "result": result}).encode()


def chain(*nodes: Node) -> Chain:
    named = {f"node{number}": node for number, node in enumerate(nodes)}
    return Chain(list(named), lambda: Session(named))


RATES = {TOKEN: 10**17}


def test_value_secured__eth_and_a_rated_token__is_the_mean_of_the_day() -> None:
    value = chain(Node()).value_secured(FACTORY, EXPIRY, AT, RATES, 4)
    assert value == 100 // 2 + 40 // 2 + 1000 // 10


@pytest.mark.parametrize(("until", "wei"), [(1, 0), (2, 100), (3, 70), (4, 70)])
def test_value_secured__up_to_a_block__leaves_later_logs_out(until: int, wei: int) -> None:
    assert chain(Node()).value_secured(FACTORY, EXPIRY, AT, {}, until) == wei


def test_value_secured__another_expiry__has_no_series() -> None:
    assert chain(Node()).value_secured(FACTORY, "0x" + "e2" * 32, AT, RATES, 4) == 0


def test_value_secured__many_blocks__asks_in_spans(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reporter.attest.chain.LOG_SPAN", 1)
    assert chain(Node()).value_secured(FACTORY, EXPIRY, AT, {}, 4) == 70


def test_attempt_of__record__is_its_fourth_word() -> None:
    assert chain(Node()).attempt_of(ORACLE, EXPIRY) == 3


def test_chain_id_and_code__of_a_node__are_read() -> None:
    assert (chain(Node()).chain_id(), chain(Node()).has_code(ORACLE)) == (31337, False)


def test_two_nodes__same_logs__are_believed() -> None:
    assert chain(Node(), Node()).value_secured(FACTORY, EXPIRY, AT, {}, 4) == 70


def test_two_nodes__one_forges_a_log__nothing_is_believed() -> None:
    liar = Node()
    liar.logs.append((3, ETH_SERIES, [topic("Split(address,address,uint256)"), word(TOKEN), word(TOKEN)], word(10**18)))
    with pytest.raises(ChainUnreadable, match="do not agree"):
        chain(Node(), liar).value_secured(FACTORY, EXPIRY, AT, {}, 4)


def test_two_nodes__one_omits_a_log__nothing_is_believed() -> None:
    liar = Node()
    del liar.logs[2]
    with pytest.raises(ChainUnreadable, match="do not agree"):
        chain(Node(), liar).value_secured(FACTORY, EXPIRY, AT, {}, 4)


def test_two_nodes__one_is_gone__nothing_is_believed() -> None:
    reader = Chain(["node0", "another"], lambda: Session({"node0": Node()}))
    with pytest.raises(ChainUnreadable, match="does not answer"):
        reader.chain_id()


def test_node__error_or_garbage__is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    for garbage in (b"<html>", b"[]", b'{"error": {"message": "busy"}}', b'{"result": "0x"}'):
        monkeypatch.setattr(f"{__name__}._dump", lambda result, garbage=garbage: garbage)
        with pytest.raises(ChainUnreadable):
            chain(Node()).attempt_of(ORACLE, EXPIRY)


def test_block__changed_while_reading__is_read_again_later(monkeypatch: pytest.MonkeyPatch) -> None:
    node = Node()
    plain = node.answer

    def answer(method: str, parameters: list[Any]) -> Any:
        result = plain(method, parameters)
        return {**result, "hash": "0x" + "99" * 32} if method == "eth_getBlockByNumber" else result

    monkeypatch.setattr(node, "answer", answer)
    with pytest.raises(ChainUnreadable, match="changed while"):
        chain(node).value_secured(FACTORY, EXPIRY, AT, {}, 4)
