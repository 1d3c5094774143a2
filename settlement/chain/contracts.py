"""Our contracts (contracts/*.vy): what they say, and the calls that can be made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings
from eth_utils.abi import function_abi_to_4byte_selector, get_abi_output_types
from web3 import Web3

import contracts
from protocol.hashing import to_hex
from settlement.chain.client import Call, Client
from settlement.chain.errors import NotDeployed, translated


@cache
def built(name: str) -> dict[str, Any]:
    """ABI and bytecode of one of our contracts."""
    return contracts.load(name)


def creation(client: Client, name: str, *arguments: Any) -> Call:
    """The call that deploys a contract."""
    made = client.w3.eth.contract(abi=built(name)["abi"], bytecode=built(name)["bytecode"])
    return Call(None, str(made.constructor(*map(_argument, arguments)).data_in_transaction))


def _argument(value: Any) -> Any:
    """Addresses as the library wants them; everything else as it is."""
    if isinstance(value, list):
        return [_argument(each) for each in value]
    return Web3.to_checksum_address(value) if isinstance(value, str) and len(value) == 42 else value


class Contract:
    """One of our contracts at an address; NotDeployed when it is asked and nothing is there."""

    name = ""

    def __init__(self, client: Client, address: str) -> None:
        if not address:
            raise NotDeployed(f"the address of {self.name} is not known; run manage.py deploy_contracts")
        self.client, self.address = client, address.lower()
        self._contract = client.w3.eth.contract(
            address=Web3.to_checksum_address(address), abi=built(self.name)["abi"]
        )

    def view(self, function: str, *arguments: Any) -> Any:
        """A view that can be asked, alone or with others."""
        return self._contract.functions[function](*map(_argument, arguments))

    def read(self, function: str, *arguments: Any) -> Any:
        """What a view answers in the newest block."""
        with translated():
            return self.view(function, *arguments).call()

    def call(self, function: str, *arguments: Any, value: int = 0) -> Call:
        """The call of a function, to be sent."""
        return Call(
            self.address, str(self._contract.encode_abi(function, list(map(_argument, arguments)))), value
        )


@dataclass(frozen=True, slots=True)
class Record:
    """What the oracle keeps of an expiry; price, set_at and final_at are 0 where none is set."""

    price: int
    set_at: int
    final_at: int
    attempt: int
    is_final: bool


@dataclass(frozen=True, slots=True)
class WaitingSet:
    """An attestor set that the owner has proposed; it can be applied from the unix second `applies_from`."""

    nonce: int
    members: tuple[str, ...]
    threshold: int
    applies_from: int


@dataclass(frozen=True, slots=True)
class Signers:
    """Who signs for the oracle and how many of them must; `set_delay` in seconds."""

    running: tuple[str, ...]
    threshold: int
    waiting: WaitingSet | None
    guardians: tuple[str, ...]
    guardian_threshold: int
    owner: str
    set_delay: int


class PriceOracle(Contract):
    """The one place where a price becomes final on chain (PROTOCOL 8)."""

    name = "PriceOracle"

    def price_of(self, expiry: str) -> int | None:
        """The final price, 18 decimals, None while there is none."""
        is_final, price = self.read("try_price_of", expiry)
        return int(price) if is_final else None

    def attestors(self) -> tuple[list[str], int]:
        """The set that signs, and how many of it must."""
        return [str(a).lower() for a in self.read("get_attestors")], int(self.read("attestor_threshold"))

    def submit(self, items: Sequence[dict[str, Any]], signatures: Sequence[str]) -> Call:
        """Set prices; `signatures` in the order of their signers."""
        fields = ("expiry", "attempt", "price", "transcript", "payouts")
        return self.call("submit", [tuple(item[f] for f in fields) for item in items], list(signatures))


@dataclass(frozen=True, slots=True)
class CreatedSeries:
    """A series as the factory's log tells of it."""

    address: str
    expiry: str
    collateral: str
    expiry_at: int
    strike: int
    p: str
    n: str
    block_number: int
    block_hash: str


class SeriesFactory(Contract):
    """Creates series, for anybody."""

    name = "SeriesFactory"

    def address_of(self, expiry: str, expiry_at: int, strike: int, collateral: str) -> str:
        """Where a series is, or would be."""
        return str(self.read("address_of", expiry, expiry_at, strike, collateral)).lower()

    def create_grid(
        self, index: str, expiry_at: int, terms: str, strikes: Sequence[int], collateral: str
    ) -> Call:
        """Create a series at each strike that has none."""
        return self.call("create_grid", index, expiry_at, terms, list(strikes), collateral)


class Series(Contract):
    """P, N and their collateral at one strike on one expiry."""

    name = "Series"


class SeriesToken(Contract):
    """P or N."""

    name = "SeriesToken"


@cache
def selector(contract: str, function: str) -> str:
    """The first four bytes of a call's data, 0x and 8 digits."""
    return to_hex(function_abi_to_4byte_selector(_function(contract, function)))


def call_data(contract: str, function: str, arguments: Sequence[Any]) -> bytes:
    """What a view is asked with."""
    return bytes.fromhex(str(_abi_of(contract).encode_abi(function, list(map(_argument, arguments))))[2:])


@cache
def output_types(contract: str, function: str) -> list[str]:
    """The types of what it answers."""
    return get_abi_output_types(_function(contract, function))


def _function(contract: str, name: str) -> Any:
    (found,) = (each for each in built(contract)["abi"] if (each["type"], each.get("name")) == ("function", name))
    return found


def oracle(client: Client) -> PriceOracle:
    """The price oracle of the settings."""
    return PriceOracle(client, settings.ORACLE_ADDRESS)


def factory(client: Client) -> SeriesFactory:
    """The series factory of the settings."""
    return SeriesFactory(client, settings.FACTORY_ADDRESS)


@cache
def _abi_of(contract: str) -> Any:
    return Web3().eth.contract(abi=built(contract)["abi"])


@cache
def topic(contract: str, name: str) -> str:
    """The first topic of an event of one of our contracts."""
    return str(_abi_of(contract).events[name]().topic)
