"""The fault proxy does what it says, one fault at a time; a seed means the same faults each time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from dev import accounts
from settlement.chain.client import Call, Client, Price
from settlement.chain.errors import ChainDown, ChainError, NodeRefused, Underpriced, WrongChain, translated
from tests.chain.dialects import KEY, SENDER, sign
from tests.chain.node import Node, running
from tests.proxy.node import FaultyNode, before
from tests.proxy.plan import CORRUPTION, TRANSPORT, Fault, Plan
from tests.proxy.rules import Finality, Pool

PAYMENT = Call(accounts.address(20), "0x", 1)


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    with running(tmp_path_factory.mktemp("chain")) as found:
        yield found


@pytest.fixture
def faulty(node: Node) -> Iterator[FaultyNode]:
    with before(node.url, [Plan("test")]) as (found,):
        yield found


@pytest.fixture
def client(faulty: FaultyNode, node: Node) -> Client:
    return Client(faulty.url, 31337)


def only(faulty: FaultyNode, fault: Fault) -> None:
    """Every request from now on has this fault."""
    faulty.plan.rate, faulty.plan.kinds = 1.0, frozenset([fault])


def none(faulty: FaultyNode) -> None:
    faulty.plan.rate = 0.0


def sent(node: Node, hash_: str) -> bool:
    """Whether the node behind has the transaction."""
    return node.rpc("eth_getTransactionByHash", hash_) is not None


def payment(client: Client) -> tuple[str, str]:
    signed = sign(client, KEY, PAYMENT, client.nonce(SENDER), client.price(SENDER, PAYMENT))
    return signed.raw, signed.hash


def hashes(client: Client) -> list[str]:
    """Those of six blocks, asked in one request, as settlement.chain.many asks."""
    with translated(), client.w3.batch_requests() as batch:
        for number in range(6):
            batch.add(client.w3.eth.get_block(number))
        return [block["hash"].hex() for block in batch.execute()]


# -- transport --


def test_drop_before__a_broadcast__nothing_landed(node: Node, faulty: FaultyNode, client: Client) -> None:
    raw, hash_ = payment(client)
    only(faulty, Fault.DROP_BEFORE)
    with pytest.raises(ChainDown):
        client.broadcast(raw)
    assert not sent(node, hash_)


def test_drop_after__a_broadcast__it_landed(node: Node, faulty: FaultyNode, client: Client) -> None:
    raw, hash_ = payment(client)
    only(faulty, Fault.DROP_AFTER)
    with pytest.raises(ChainDown):
        client.broadcast(raw)
    assert sent(node, hash_)


def test_late__a_broadcast__lands_after_the_next_request(
    node: Node, faulty: FaultyNode, client: Client
) -> None:
    raw, hash_ = payment(client)
    only(faulty, Fault.LATE)
    with pytest.raises(ChainDown):
        client.broadcast(raw)
    assert not sent(node, hash_)
    client.block()
    assert sent(node, hash_)


def test_duplicate__a_broadcast__either_answer_and_one_transaction(
    node: Node, faulty: FaultyNode, client: Client
) -> None:
    raw, hash_ = payment(client)
    only(faulty, Fault.DUPLICATE)
    try:
        client.broadcast(raw)
    except NodeRefused:
        pass  # the second answer: it is known already
    assert sent(node, hash_)
    assert len(faulty.plan.injected) == 1


def test_delay__a_question__the_true_answer(node: Node, faulty: FaultyNode, client: Client) -> None:
    only(faulty, Fault.DELAY)
    assert client.block().number == node.height()


def test_shuffle__a_batch__answers_are_matched_by_their_id(
    node: Node, faulty: FaultyNode, client: Client
) -> None:
    node.mine(6)
    faulty.plan.rate = 0.0
    true = hashes(client)
    assert len(set(true)) == len(true)
    for request in range(20):
        faulty.plan.seed = f"shuffle {request}"
        only(faulty, Fault.SHUFFLE)
        assert hashes(client) == true
    assert faulty.plan.counts()[Fault.SHUFFLE] == 20


# -- corruption --


@pytest.mark.parametrize("fault", sorted(CORRUPTION))
def test_corruption__any_answer__a_chain_error_and_never_a_value(
    node: Node, faulty: FaultyNode, client: Client, fault: Fault
) -> None:
    """C-33, as the client meets it: twenty answers of each kind."""
    raw, _ = payment(client)
    for request in range(20):
        faulty.plan.seed = f"{fault} {request}"
        only(faulty, fault)
        for ask in (
            lambda: client.block(),
            lambda: client.nonce(SENDER),
            lambda: client.receipt("0x" + "01" * 32),
            lambda: client.balance(SENDER),
            lambda: hashes(client),
            lambda: client.logs([SENDER], [], 0, 1),
            lambda: client.broadcast(raw),
        ):
            with pytest.raises(ChainError):
                ask()


# -- lies --


def lied(faulty: FaultyNode, fault: Fault, method: str, *params: Any) -> Any:
    only(faulty, fault)
    question = {"jsonrpc": "2.0", "id": 7, "method": method, "params": list(params)}
    answer = requests.post(faulty.url, json=question, timeout=5).json()
    none(faulty)
    assert answer["id"] == 7
    return answer["result"]


def test_wrong_chain__said__the_client_refuses_the_node(faulty: FaultyNode) -> None:
    only(faulty, Fault.WRONG_CHAIN)
    with pytest.raises(WrongChain):
        Client(faulty.url, 31337)


def test_wrong_nonce__said__not_the_accounts(node: Node, faulty: FaultyNode, client: Client) -> None:
    true = int(node.rpc("eth_getTransactionCount", SENDER, "latest"), 16)
    assert (
        int(lied(faulty, Fault.WRONG_NONCE, "eth_getTransactionCount", SENDER, "latest"), 16) != true
        or true == 0
    )


def test_old_head__said__a_block_below(node: Node, faulty: FaultyNode) -> None:
    node.mine(6)
    assert int(lied(faulty, Fault.OLD_HEAD, "eth_blockNumber"), 16) < node.height()
    assert (
        int(lied(faulty, Fault.OLD_HEAD, "eth_getBlockByNumber", "latest", False)["number"], 16)
        < node.height()
    )
    assert lied(faulty, Fault.OLD_HEAD, "eth_getBlockByNumber", "0x1", False)["number"] == "0x1"


def test_missing_block_and_receipt__said__nothing(node: Node, faulty: FaultyNode, client: Client) -> None:
    raw, hash_ = payment(client)
    client.broadcast(raw)
    node.settle()
    assert lied(faulty, Fault.MISSING_BLOCK, "eth_getBlockByNumber", "0x1", False) is None
    assert lied(faulty, Fault.NO_RECEIPT, "eth_getTransactionReceipt", hash_) is None
    assert client.receipt(hash_) is not None


def test_other_receipt__said__a_success_under_this_hash(
    node: Node, faulty: FaultyNode, client: Client
) -> None:
    raw, _ = payment(client)
    client.broadcast(raw)
    node.settle()
    never = "0x" + "ab" * 32
    told = lied(faulty, Fault.OTHER_RECEIPT, "eth_getTransactionReceipt", never)
    assert (told["transactionHash"], told["status"]) == (never, "0x1")
    assert client.receipt(never) is None


def test_logs__forged_and_omitted__other_logs(node: Node, faulty: FaultyNode, client: Client) -> None:
    emits = "0x" + "600160005260206000a000"  # a log without topics, 32 bytes
    code = "0x600a600c600039600a6000f3" + emits[2:]
    made = sign(client, KEY, Call(None, code), client.nonce(SENDER), client.price(SENDER, Call(None, code)))
    client.broadcast(made.raw)
    node.settle()
    created = client.receipt(made.hash)
    assert created is not None
    call = Call(created.contract, "0x")
    client.broadcast(sign(client, KEY, call, client.nonce(SENDER), Price(100_000, 10**11, 10**9)).raw)
    node.settle()
    where = {"address": created.contract, "fromBlock": "0x0", "toBlock": "latest"}
    (true,) = node.rpc("eth_getLogs", where)
    assert lied(faulty, Fault.OMITTED_LOG, "eth_getLogs", where) == []
    forged, invented = lied(faulty, Fault.FORGED_LOG, "eth_getLogs", where)
    assert forged["data"] != true["data"]
    assert int(invented["logIndex"], 16) == 1_000
    receipt = lied(faulty, Fault.OMITTED_LOG, "eth_getTransactionReceipt", true["transactionHash"])
    assert receipt["logs"] == []


# -- rules --


def test_pool__a_replacement_under_ten_percent__refused_as_geth_does(node: Node) -> None:
    with before(node.url, [Plan("a"), Plan("b")], pool=Pool()) as (one, other):
        client, second = Client(one.url, 31337), Client(other.url, 31337)
        node.hold()
        try:
            nonce, price = client.nonce(SENDER), client.price(SENDER, PAYMENT)
            client.broadcast(sign(client, KEY, PAYMENT, nonce, price).raw)
            for ppm, taken in ((50_000, False), (99_000, False), (125_000, True)):
                more = [each * (10**6 + ppm) // 10**6 + 1 for each in (price.max_fee, price.tip)]
                raw = sign(second, KEY, PAYMENT, nonce, Price(price.gas, *more)).raw
                if taken:
                    second.broadcast(raw)
                else:
                    with pytest.raises(Underpriced):
                        second.broadcast(raw)
        finally:
            node.rpc("evm_mine")
            node.rpc("evm_setAutomine", True)


def test_finality__stalled__stays_where_it_was(node: Node) -> None:
    finality = Finality(depth=3)
    with before(node.url, [Plan("a")], finality=finality) as (faulty,):
        client = Client(faulty.url, 31337)
        node.mine(5)
        final = client.block("finalized")
        assert final.number == node.height() - 3
        finality.stalled = True
        node.mine(4)
        assert client.block("finalized") == final
        finality.stalled = False
        assert client.block("safe").number == node.height() - 3


# -- plans --


def questions(faulty: FaultyNode) -> list[str]:
    """What a fixed run of requests meets."""
    for number in range(60):
        body = {"jsonrpc": "2.0", "id": number, "method": "eth_blockNumber", "params": []}
        try:
            requests.post(faulty.url, json=body, timeout=5)
        except requests.RequestException:
            pass
    return [str(each) for each in faulty.plan.injected]


def test_plan__the_same_seed__the_same_schedule(node: Node) -> None:
    met = []
    for seed in ("one", "one", "two"):
        with before(node.url, [Plan(seed, rate=0.3)]) as (faulty,):
            met.append(questions(faulty))
    assert met[0] == met[1]
    assert met[0] != met[2]
    assert 5 < len(met[0]) < 35


def test_plan__printed__every_fault_on_a_line(node: Node) -> None:
    with before(node.url, [Plan("printed", rate=0.3)]) as (faulty,):
        met = questions(faulty)
    lines = faulty.plan.schedule().splitlines()
    assert lines == [f"printed {each}" for each in met]
    assert sum(faulty.plan.counts().values()) == len(met)
    assert set(faulty.plan.counts()) <= {str(fault) for fault in TRANSPORT | CORRUPTION}


def test_body__a_plan_without_faults__answers_as_the_node(node: Node, faulty: FaultyNode) -> None:
    questions = [{"jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": []}]
    said = [requests.post(url, json=questions, timeout=5).json() for url in (faulty.url, node.url)]
    assert said[0] == said[1] == [{"jsonrpc": "2.0", "id": 1, "result": "0x7a69"}]
