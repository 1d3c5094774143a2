"""The chain adapters say the same of three nodes that are not of one make (issue 4, 6)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from dev import accounts
from protocol import signing
from settlement.chain import contracts, quorum
from settlement.chain.client import Call, Client, Price
from settlement.chain.deploy import Deployed, EscrowRules, Rules, deploy
from settlement.chain.errors import (
    AlreadyKnown,
    ChainError,
    FeeTooLow,
    InsufficientFunds,
    NodeRefused,
    NonceTooLow,
    NotDeployed,
    Reverted,
    Underpriced,
    WrongChain,
)
from settlement.chain.escrow import Escrow
from settlement.chain.events import read
from settlement.chain.providers import Providers
from settlement.chain.wallet import Wallet
from tests.chain import dialects
from tests.chain.dialects import KEY, POOR, SENDER, Dialect, sign

PAYMENT = Call(accounts.address(20), "0x", 1)
NOBODY = accounts.address(30)
MEMBERS = [accounts.address(number) for number in accounts.ATTESTORS[:3]]


@pytest.fixture(scope="module", params=dialects.NAMES)
def running(request: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dialect]:
    with dialects.running(request.param, tmp_path_factory.mktemp(request.param)) as found:
        yield found


@pytest.fixture
def node(running: Dialect, request: Any) -> Iterator[Dialect]:
    """The node, for tests of what it can do; the mark `needs(name)` skips where it cannot, with the reason why."""
    for mark in request.node.iter_markers("needs"):
        if (why := running.lacks.get(mark.args[0])) is not None:
            pytest.skip(why)
    yield running
    running.mine()


@pytest.fixture
def client(node: Dialect) -> Client:
    return node.client


@pytest.fixture(scope="module")
def places(running: Dialect) -> Deployed:
    """Our contracts on this node."""
    rules = Rules(SENDER, MEMBERS, 2, MEMBERS, 2, delay=30, set_delay=100)
    return deploy(Wallet(running.client, KEY), rules, EscrowRules(delay=30, exit_delay=1_000))


def waiting(node: Dialect, client: Client) -> tuple[int, Price]:
    """A payment that waits for a block; its nonce and what it pays."""
    nonce, price = client.nonce(SENDER), client.price(SENDER, PAYMENT)
    node.hold()
    client.broadcast(sign(client, KEY, PAYMENT, nonce, price).raw)
    return nonce, price


def raised(price: Price, ppm: int) -> Price:
    more = 10**6 + ppm
    return Price(price.gas, price.max_fee * more // 10**6 + 1, price.tip * more // 10**6 + 1)


# -- blocks --


def test_client__another_chain_id__wrong_chain(node: Dialect) -> None:
    with pytest.raises(WrongChain, match=f"on chain {node.chain_id}, CHAIN_ID is 1"):
        Client(node.url, 1)


def test_block__by_number_and_tag__its_header(node: Dialect, client: Client) -> None:
    node.send(PAYMENT)
    newest = client.block()
    assert client.block("latest") == client.block(newest.number) == newest
    with pytest.raises(ChainError):
        client.block(newest.number + 1_000)


@pytest.mark.parametrize("tag", ["finalized", "safe"])
def test_final_block__by_tag__a_block_of_the_chain(
    node: Dialect, client: Client, settings: Any, tag: str
) -> None:
    settings.FINALITY_TAG = tag
    final = quorum.final_block(Providers([node.url], node.chain_id, 1))
    assert final is not None
    assert client.block(final.number).hash == final.hash
    assert final.number <= client.block().number


def test_headers__chained__each_names_the_one_below(node: Dialect, client: Client) -> None:
    for _ in range(2):
        node.send(PAYMENT)
    below, above = Providers([node.url], node.chain_id, 1).headers(
        [client.block().number - 1, client.block().number]
    )
    assert above.parent == below.hash
    assert above.timestamp >= below.timestamp


# -- contracts, logs and states --


def test_contracts__deployed__their_views_and_logs(places: Deployed, node: Dialect, client: Client) -> None:
    oracle, escrow = contracts.PriceOracle(client, places.oracle), Escrow(client, places.escrow)
    assert oracle.attestors() == (sorted(MEMBERS), 2)
    assert client.has_code(places.escrow)
    before = client.balance(places.escrow)
    node.send(escrow.call("deposit", SENDER, value=5))
    assert client.balance(places.escrow) - before == 5
    head = client.block().number
    deposited, claimed = contracts.topic("Escrow", "Deposited"), contracts.topic("Escrow", "Claimed")
    log = client.logs([places.escrow], [deposited], places.escrow_block, head)[-1]
    assert log["blockNumber"] == head
    assert client.logs([places.escrow], [claimed], places.escrow_block, head) == []


@pytest.mark.needs("state_by_hash")
def test_oracle_at__a_block_by_its_hash__records_and_set(
    places: Deployed, node: Dialect, client: Client, settings: Any
) -> None:
    settings.ORACLE_ADDRESS = places.oracle
    nodes = Providers([node.url], node.chain_id, 1)
    words = ["0x" + f"{number:064x}" for number in range(3)]
    oracle = quorum.OracleAt(nodes, quorum.block(nodes, nodes.head()))
    records = oracle.records_of(words)
    assert [(records[word].attempt, records[word].price) for word in words] == [(0, 0)] * 3
    assert oracle.attestors() == (sorted(MEMBERS), 2)
    oldest = quorum.OracleAt(nodes, quorum.block(nodes, 0))
    with pytest.raises(NotDeployed):
        oldest.records_of(words)


def test_contracts__a_call_that_they_refuse__their_own_words(places: Deployed, client: Client) -> None:
    oracle = contracts.PriceOracle(client, places.oracle)
    word = "0x" + "01" * 32
    item = {"expiry": word, "attempt": 0, "price": 1, "transcript": word, "payouts": word}
    with pytest.raises(Reverted) as refused:
        client.price(SENDER, oracle.submit([item], []))
    assert str(refused.value) == "too few signatures"


@pytest.mark.needs("logs_by_hash")
def test_providers_logs__by_the_blocks_hash__the_event(
    places: Deployed, node: Dialect, client: Client
) -> None:
    paid = node.send(Escrow(client, places.escrow).call("deposit", SENDER, value=5))
    receipt = client.receipt(paid.hash)
    assert receipt is not None
    nodes = Providers([node.url], node.chain_id, 1)
    ((log,),) = nodes.logs(places.escrow, nodes.headers([receipt.block_number]))
    name, told = read(log)
    assert (name, told["account"], told["amount"]) == ("Deposited", SENDER, 5)
    assert nodes.receipts([paid.hash])[paid.hash].logs == (log,)


def test_at_block__an_older_state__as_it_was(node: Dialect, client: Client) -> None:
    to = accounts.address(25)
    before = client.block().number
    node.send(Call(to, "0x", 7))
    asked = [("eth_getBalance", [contracts.Web3.to_checksum_address(to)])]
    nodes = Providers([node.url], node.chain_id, 1)
    old, new = nodes.at_block(before, asked)[0], nodes.at_block(before + 1, asked)[0]
    assert new - old == 7


def test_read__no_contract_there__not_deployed(client: Client) -> None:
    with pytest.raises(NotDeployed):
        contracts.PriceOracle(client, NOBODY).attestors()
    assert not client.has_code(NOBODY)


def test_read__several_in_one_question__in_their_order(node: Dialect, client: Client) -> None:
    """A batch: each answer belongs to its question."""
    numbers = range(client.block().number + 1)
    found = Providers([node.url], node.chain_id, 1).headers(numbers)
    assert [header.number for header in found] == list(numbers)
    assert [header.timestamp for header in found] == sorted(header.timestamp for header in found)


# -- what a contract refuses --


@pytest.mark.parametrize("reason", ["the window is closed", "it's closed", "état: 'fermé'"])
def test_price__the_contract_reverts__its_own_words(node: Dialect, client: Client, reason: str) -> None:
    receipt = client.receipt(node.send(dialects.reverting(reason)).hash)
    assert receipt is not None
    with pytest.raises(Reverted) as refused:
        client.price(SENDER, Call(receipt.contract, "0x12"))
    assert str(refused.value) == reason


def test_price__the_contract_reverts_without_a_word__reverted(node: Dialect, client: Client) -> None:
    receipt = client.receipt(node.send(dialects.reverting("")).hash)
    assert receipt is not None
    with pytest.raises(Reverted):
        client.price(SENDER, Call(receipt.contract, "0x12"))


def test_receipt__it_reverted__mined_and_not_succeeded(node: Dialect, client: Client) -> None:
    """Sent all the same: hardhat answers with the revert although a block has it."""
    created = client.receipt(node.send(dialects.reverting("no")).hash)
    assert created is not None
    price = client.price(SENDER, PAYMENT)
    call = Call(created.contract, "0x12")
    signed = sign(client, KEY, call, client.nonce(SENDER), Price(100_000, 2 * price.max_fee, price.tip))
    if node.name == "hardhat":
        with pytest.raises(NodeRefused):
            client.broadcast(signed.raw)
    else:
        client.broadcast(signed.raw)
    receipt = node.wait(signed)
    assert (receipt.succeeded, receipt.contract) == (False, None)
    assert not Providers([node.url], node.chain_id, 1).receipts([signed.hash])[signed.hash].succeeded


# -- transactions --


def test_receipt__before_and_after_its_block__none_then_where(node: Dialect, client: Client) -> None:
    node.hold()
    signed = sign(client, KEY, PAYMENT, client.nonce(SENDER), client.price(SENDER, PAYMENT))
    assert client.receipt(signed.hash) is None
    client.broadcast(signed.raw)
    assert client.receipt(signed.hash) is None
    node.mine()
    receipt = client.receipt(signed.hash)
    assert receipt is not None
    assert (receipt.succeeded, receipt.gas_used, receipt.contract) == (True, 21_000, None)
    assert client.block(receipt.block_number).hash == receipt.block_hash


def test_broadcast__a_nonce_that_a_block_has__nonce_too_low(node: Dialect, client: Client) -> None:
    signed = node.send(PAYMENT)
    with pytest.raises(NonceTooLow):
        client.broadcast(signed.raw)
    other = sign(client, KEY, Call(NOBODY, "0x", 2), client.nonce(SENDER) - 1, client.price(SENDER, PAYMENT))
    with pytest.raises(NonceTooLow):
        client.broadcast(other.raw)


@pytest.mark.needs("pool")
def test_broadcast__the_same_bytes_while_they_wait__already_known(node: Dialect, client: Client) -> None:
    nonce, price = waiting(node, client)
    with pytest.raises(AlreadyKnown):
        client.broadcast(sign(client, KEY, PAYMENT, nonce, price).raw)
    assert (client.nonce(SENDER), client.nonce(SENDER, pending=False)) == (nonce + 1, nonce)


@pytest.mark.needs("pool")
def test_broadcast__another_that_pays_no_more__underpriced(node: Dialect, client: Client) -> None:
    nonce, price = waiting(node, client)
    with pytest.raises(Underpriced):
        client.broadcast(sign(client, KEY, Call(NOBODY, "0x", 2), nonce, price).raw)


@pytest.mark.needs("five_percent")
def test_broadcast__another_that_pays_a_twentieth_more__underpriced(node: Dialect, client: Client) -> None:
    nonce, price = waiting(node, client)
    with pytest.raises(Underpriced):
        client.broadcast(sign(client, KEY, PAYMENT, nonce, raised(price, 50_000)).raw)


@pytest.mark.needs("pool")
def test_broadcast__another_that_pays_an_eighth_more__takes_its_place(node: Dialect, client: Client) -> None:
    nonce, price = waiting(node, client)
    first = sign(client, KEY, PAYMENT, nonce, price)
    second = sign(client, KEY, PAYMENT, nonce, raised(price, 125_000))
    client.broadcast(second.raw)
    node.mine()
    assert client.receipt(second.hash) is not None
    assert client.receipt(first.hash) is None


def test_broadcast__less_than_the_base_fee__fee_too_low(client: Client) -> None:
    cheap = Price(21_000, 1, 1)
    with pytest.raises(FeeTooLow):
        client.broadcast(sign(client, KEY, PAYMENT, client.nonce(SENDER), cheap).raw)


def test_broadcast__an_empty_account__insufficient_funds(client: Client) -> None:
    price = client.price(SENDER, PAYMENT)
    assert client.nonce(signing.address_of(POOR)) == 0
    with pytest.raises(InsufficientFunds):
        client.broadcast(sign(client, POOR, PAYMENT, 0, price).raw)


def test_broadcast__no_transaction_at_all__refused(client: Client) -> None:
    with pytest.raises(NodeRefused) as refused:
        client.broadcast("0x02abcdef")
    assert type(refused.value) is NodeRefused


def test_fee_history__four_blocks__a_base_fee_for_the_next(node: Dialect, client: Client) -> None:
    for _ in range(4):
        node.send(PAYMENT)
    told = client.w3.eth.fee_history(4, "latest", [50])
    assert len(told["baseFeePerGas"]) >= 4
    assert all(fee > 0 for fee in told["baseFeePerGas"])


@pytest.mark.needs("reward")
def test_fee_history__percentiles__tips_of_each_block(node: Dialect, client: Client) -> None:
    node.send(PAYMENT)
    told = client.w3.eth.fee_history(1, "latest", [10, 90])
    ((low, high),) = told["reward"]
    assert 0 < low <= high


# -- reorganisations --


def test_receipt__its_block_is_gone__none(node: Dialect, client: Client) -> None:
    assert node.snapshot is not None
    assert node.go_back is not None
    node.send(PAYMENT)
    before, mark = client.block(), node.snapshot()
    signed = node.send(Call(NOBODY, "0x", 3))
    assert client.receipt(signed.hash) is not None
    node.go_back(mark)
    assert client.block() == before
    assert client.receipt(signed.hash) is None
    with pytest.raises(ChainError):
        client.block(before.number + 1)
    client.broadcast(signed.raw)
    node.mine()
    assert client.receipt(signed.hash) is not None
