"""One node of the chain: blocks, logs, fees, transactions; and `Connection`, which knows the others.

Addresses and hashes are lower-case 0x strings on our side of this module, whatever the library likes. Times are unix
seconds, amounts wei. Every method may raise a ChainError.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from web3 import Web3
from web3.exceptions import TransactionNotFound

from protocol.hashing import to_hex
from settlement.chain import providers
from settlement.chain.errors import ChainError, NodeRefused, Reverted, TooDear, WrongChain, translated
from settlement.chain.fees import BLOCKS, PERCENTILE, Fees, History, suggested
from settlement.chain.providers import Providers
from settlement.chain.transport import CheckedProvider

TIMEOUT_SECONDS = 10
LOG_BLOCKS = 10_000
"""Blocks in one question for logs; nodes refuse long ranges."""
LOG_ADDRESSES = 200
BATCH = 100
"""Questions in one request."""
GAS_MARGIN_PPM = 250_000
"""Above the estimate: a slot that is written first between estimate and block costs more."""
MOST_GAS = 2**24
"""EIP-7825: no block takes a transaction of more."""
GWEI = 10**9


@dataclass(frozen=True, slots=True)
class Block:
    """A block's number, hash and unix second."""

    number: int
    hash: str
    timestamp: int


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a contract; `to` is None where it creates one."""

    to: str | None
    data: str
    value: int = 0


@dataclass(frozen=True, slots=True)
class Price:
    """What a transaction may cost: gas, and wei per gas (EIP-1559)."""

    gas: int
    max_fee: int
    tip: int


@dataclass(frozen=True, slots=True)
class Receipt:
    """Where a transaction was mined, and how it went."""

    block_number: int
    block_hash: str
    gas_used: int
    succeeded: bool
    contract: str | None


class Client:
    """A connection that was checked to be on the right chain when it was made."""

    def __init__(self, url: str, chain_id: int) -> None:
        self._open(url, chain_id)
        with translated():
            found = self.w3.eth.chain_id
        if found != chain_id:
            raise WrongChain(f"the node is on chain {found}, CHAIN_ID is {chain_id}: set RPC_URL or CHAIN_ID")
        # Two development chains share an id; what was sent on the one is nothing on the other.
        self.genesis = self.block(0).hash

    def _open(self, url: str, chain_id: int) -> None:
        self.w3 = Web3(CheckedProvider(url, timeout_seconds=TIMEOUT_SECONDS))
        self.chain_id = chain_id

    def block(self, number: int | str | None = None) -> Block:
        """The block of a number or tag, or the newest."""
        with translated():
            found = self.w3.eth.get_block("latest" if number is None else number)  # type: ignore[arg-type]
            return Block(int(found["number"]), to_hex(found["hash"]), int(found["timestamp"]))

    def logs(self, addresses: Sequence[str], topics: Sequence[Any], first: int, last: int) -> list[Any]:
        """All logs of these contracts with these topics in the blocks first to last, in order of the chain."""
        found: list[Any] = []
        for start in range(first, last + 1, LOG_BLOCKS):
            end = min(start + LOG_BLOCKS - 1, last)
            for place in range(0, len(addresses), LOG_ADDRESSES):
                some = [Web3.to_checksum_address(a) for a in addresses[place : place + LOG_ADDRESSES]]
                found += self._some_logs(some, topics, start, end)
        return sorted(found, key=lambda log: (log["blockNumber"], log["logIndex"]))

    def _some_logs(self, addresses: list[Any], topics: Sequence[Any], first: int, last: int) -> list[Any]:
        """Nodes refuse an answer that would be too long: then ask for each half."""
        wanted: Any = {"address": addresses, "topics": list(topics), "fromBlock": first, "toBlock": last}
        try:
            with translated():
                return list(self.w3.eth.get_logs(wanted))
        except NodeRefused:
            if first == last:
                raise
        middle = (first + last) // 2
        halves = ((first, middle), (middle + 1, last))
        return [log for half in halves for log in self._some_logs(addresses, topics, *half)]

    def has_code(self, address: str) -> bool:
        """Is there a contract?"""
        with translated():
            return bool(self.w3.eth.get_code(Web3.to_checksum_address(address)))

    def balance(self, address: str) -> int:
        """Wei of an account, in the newest block."""
        with translated():
            return int(self.w3.eth.get_balance(Web3.to_checksum_address(address)))

    def nonce(self, address: str, *, pending: bool = True) -> int:
        """How many transactions the account has sent, with those that wait for a block or without."""
        account = Web3.to_checksum_address(address)
        with translated():
            return int(self.w3.eth.get_transaction_count(account, "pending" if pending else "latest"))

    def price(self, sender: str, call: Call) -> Price:
        """Gas and fees of a first attempt. Reverted says why the contract would refuse it; TooDear: not now."""
        fees = self.fees()
        return Price(self.gas(sender, call), fees.max_fee, fees.tip)

    def gas(self, sender: str, call: Call) -> int:
        """The estimate with a margin. Reverted says why not."""
        transaction: Any = {"from": Web3.to_checksum_address(sender), "data": call.data, "value": call.value}
        if call.to is not None:
            transaction["to"] = Web3.to_checksum_address(call.to)
        with translated():
            gas = int(self.w3.eth.estimate_gas(transaction))
        return max(gas, min(gas + gas * GAS_MARGIN_PPM // 10**6, MOST_GAS))

    def fees(self) -> Fees:
        """What is paid these days, up to MAX_FEE_GWEI. TooDear where the next block would not take that."""
        history, ceiling = self.fee_history(), settings.MAX_FEE_GWEI * GWEI
        if history.base_fee > ceiling:
            raise TooDear(f"the next block's base fee is {history.base_fee} wei, MAX_FEE_GWEI allows {ceiling}")
        return suggested(history, least_tip=settings.LEAST_TIP_GWEI * GWEI, ceiling=ceiling)

    def fee_history(self) -> History:
        """The next block's base fee, and what the middle of each of the last blocks paid above theirs."""
        with translated():
            found = self.w3.eth.fee_history(BLOCKS, "latest", [PERCENTILE])
            tips = [int(each[0]) for each in found.get("reward") or [] if each]
            return History(int(found["baseFeePerGas"][-1]), tips)

    def block_gas(self) -> int:
        """How much gas a block can have."""
        with translated():
            return int(self.w3.eth.get_block("latest")["gasLimit"])

    def broadcast(self, raw: str) -> None:
        """Hand the bytes to the node. An error does not mean that they did not land: ask for the receipt."""
        try:
            with translated():
                self.w3.eth.send_raw_transaction(raw)  # type: ignore[arg-type]
        except Reverted as error:
            # hardhat says so of a transaction that it has just mined
            raise NodeRefused(str(error)) from error

    def receipt(self, hash_: str) -> Receipt | None:
        """Where it was mined; None while it is not, as far as this node knows."""
        try:
            with translated():
                return _receipt(self.w3.eth.get_transaction_receipt(hash_), hash_)  # type: ignore[arg-type]
        except ChainError as error:
            if isinstance(error.__cause__, TransactionNotFound):
                return None
            raise


def _receipt(found: Any, wanted: str) -> Receipt:
    if to_hex(found["transactionHash"]) != wanted:
        raise ValueError(f"a receipt of {to_hex(found['transactionHash'])} for {wanted}")
    created = found.get("contractAddress")
    return Receipt(
        int(found["blockNumber"]),
        to_hex(found["blockHash"]),
        int(found["gasUsed"]),
        found["status"] == 1,
        str(created).lower() if created else None,
    )


class Connection(Client):
    """One node, whose word costs time or money and decides nothing (docs/chain.md), and all of them, who decide."""

    def __init__(self, url: str, nodes: Providers) -> None:
        self.nodes = nodes
        if url in nodes.sound:
            self._open(url, nodes.chain_id)  # it was asked with the others, a moment ago
            self.genesis = nodes.genesis
            return
        super().__init__(url, nodes.chain_id)
        if self.genesis != nodes.genesis:
            raise WrongChain(f"the node's chain begins with {self.genesis}, the others' with {nodes.genesis}")


def connect() -> Connection:
    """The nodes of the settings, on the chain of the settings; the one is RPC_URL, or the next of them that answers."""
    nodes = providers.connect()
    if settings.RPC_URL in nodes.sound or settings.RPC_URL not in settings.RPC_URLS:
        with suppress(ChainError):
            return Connection(settings.RPC_URL, nodes)
    return Connection(nodes.sound[0], nodes)
