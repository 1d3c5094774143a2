"""Many views in few requests: a grid of series is read like one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from eth_typing import HexStr
from hexbytes import HexBytes
from web3 import Web3

from protocol.hashing import keccak, to_hex
from settlement.chain.client import Client
from settlement.chain.contracts import Contract, SeriesFactory
from settlement.chain.errors import Reverted, translated

BATCH = 100
"""Questions in one request."""
WORD_BYTES = 32

Question = tuple[Contract, str, tuple[Any, ...]]


def read_many(client: Client, questions: Sequence[Question]) -> list[Any]:
    """What each view (contract, function, arguments) answers in the newest block, in their order."""
    found: list[Any] = []
    for start in range(0, len(questions), BATCH):
        with translated(), client.w3.batch_requests() as batch:
            for contract, function, arguments in questions[start : start + BATCH]:
                batch.add(contract.view(function, *arguments))
            found += batch.execute()
    return found


def series_addresses(
    factory: SeriesFactory, expiry: str, expiry_at: int, strikes: Sequence[int], collateral: str
) -> dict[int, str]:
    """Where the series of each strike is, or would be."""
    questions: list[Question] = [(factory, "address_of", (expiry, expiry_at, s, collateral)) for s in strikes]
    found = read_many(factory.client, questions)
    return {strike: str(address).lower() for strike, address in zip(strikes, found, strict=True)}


def created_among(factory: SeriesFactory, addresses: Sequence[str]) -> set[str]:
    """Those of these that the factory has made."""
    made = read_many(factory.client, [(factory, "is_series", (address,)) for address in addresses])
    return {address for address, is_made in zip(addresses, made, strict=True) if is_made}


def block_gas_limit(client: Client) -> int:
    """Gas that all transactions of the newest block might use together."""
    with translated():
        return int(client.w3.eth.get_block("latest")["gasLimit"])


def view_answers(client: Client, address: str, views: Sequence[str], block_hash: str) -> list[str] | None:
    """Those of these views that a contract answers with at least a word; None where there is no contract."""
    target, found = Web3.to_checksum_address(address), []
    with translated():
        if not client.w3.eth.get_code(target, HexBytes(block_hash)):
            return None
    for view in views:
        data = to_hex(keccak(f"{view}()".encode())[:4])
        try:
            with translated():
                answer = client.w3.eth.call({"to": target, "data": HexStr(data)}, HexBytes(block_hash))
        except Reverted:
            continue
        if len(answer) >= WORD_BYTES:
            found.append(view)
    return found
