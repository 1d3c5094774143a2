"""An in-process chain for the contract tests and the gas bench: deploy, send, expect a revert, set the clock, sign.

Typed data is signed through eth-account, so that it checks the contract against somebody else's reading of EIP-712.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eth_abi import encode
from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_account.signers.local import LocalAccount
from eth_tester import EthereumTester, PyEVMBackend
from eth_tester.exceptions import TransactionFailed
from eth_utils import keccak
from web3 import EthereumTesterProvider, Web3
from web3.contract import Contract

from contracts import load
from contracts.build import compile_contract

MOCKS = Path(__file__).parent / "mocks"
ETH = "0x" + "00" * 20
UNIT = 10**18
DELAY_S = 3_600
SET_DELAY_S = 7_200
GAS = 12_000_000

TYPES: dict[str, list[dict[str, str]]] = {
    "Attestations": [{"name": "items", "type": "Attestation[]"}],
    "Attestation": [
        {"name": "expiry", "type": "bytes32"},
        {"name": "attempt", "type": "uint256"},
        {"name": "price", "type": "uint256"},
        {"name": "transcript", "type": "bytes32"},
        {"name": "payouts", "type": "bytes32"},
    ],
    "Cancel": [{"name": "expiry", "type": "bytes32"}, {"name": "attempt", "type": "uint256"}],
    "VetoSet": [{"name": "nonce", "type": "uint256"}],
    "Root": [
        {"name": "epoch", "type": "uint256"},
        {"name": "root", "type": "bytes32"},
        {"name": "block", "type": "uint256"},
    ],
    "CancelRoot": [{"name": "epoch", "type": "uint256"}],
}
DOMAIN_TYPE = [
    {"name": "name", "type": "string"},
    {"name": "version", "type": "string"},
    {"name": "chainId", "type": "uint256"},
    {"name": "verifyingContract", "type": "address"},
]


def signers(word: str, count: int) -> list[LocalAccount]:
    """`count` accounts with fixed keys, in the order of their addresses, as the contract wants signatures."""
    made = [Account.from_key(keccak(text=f"{word} {i}")) for i in range(count)]
    return sorted(made, key=lambda account: int(account.address, 16))


ATTESTORS = signers("attestor", 5)
GUARDIANS = signers("guardian", 3)


def word(text: str) -> bytes:
    """Some bytes32 that `text` stands for."""
    return keccak(text=text)


def expiry_id(index: bytes, expiry_at: int, terms: bytes) -> bytes:
    """PROTOCOL 7."""
    return keccak(encode(["bytes32", "uint256", "bytes32"], [index, expiry_at, terms]))


class Evm:
    """One chain. Its accounts are unlocked and hold a million ETH each."""

    def __init__(self) -> None:
        self.tester = EthereumTester(PyEVMBackend())
        self.w3 = Web3(EthereumTesterProvider(self.tester))
        self.accounts: list[str] = list(self.w3.eth.accounts)

    def now(self) -> int:
        """The time of the next transaction."""
        return int(self.tester.get_block_by_number("pending")["timestamp"])

    def set_time(self, at: int) -> None:
        """The next transaction and the next call happen at exactly `at`."""
        assert at >= self.now(), "time runs forward"
        chain = self.tester.backend.chain
        chain.header = chain.header.copy(timestamp=at)

    def deploy(self, name: str, *arguments: Any) -> Contract:
        """A contract of the project."""
        return self._deploy(load(name), arguments)

    def deploy_mock(self, name: str, *arguments: Any, value: int = 0) -> Contract:
        """A contract of tests/contracts/mocks."""
        return self._deploy(compile_contract(MOCKS / f"{name}.vy"), arguments, value)

    def constructor_fails(self, reason: str, name: str, *arguments: Any) -> None:
        built = load(name)
        creation = self.w3.eth.contract(abi=built["abi"], bytecode=built["bytecode"]).constructor(*arguments)
        data = creation.data_in_transaction
        self._expect(reason, lambda: self.w3.eth.call({"from": self.accounts[0], "data": data}, "pending"))

    def _deploy(self, built: dict[str, Any], arguments: Sequence[Any], value: int = 0) -> Contract:
        creation = self.w3.eth.contract(abi=built["abi"], bytecode=built["bytecode"]).constructor(*arguments)
        receipt = self.w3.eth.get_transaction_receipt(
            creation.transact({"from": self.accounts[0], "gas": GAS, "value": value})
        )
        assert receipt["status"] == 1, "the constructor reverted"
        return self.w3.eth.contract(address=receipt["contractAddress"], abi=built["abi"])

    def at(self, name: str, address: str) -> Contract:
        """A contract of the project that stands at `address`."""
        return self.w3.eth.contract(address=Web3.to_checksum_address(address), abi=load(name)["abi"])

    def send(self, function: Any, sender: str | None = None, value: int = 0) -> Any:
        """Send, demand success, return the receipt."""
        sent = function.transact({"from": sender or self.accounts[0], "value": value, "gas": GAS})
        receipt = self.w3.eth.get_transaction_receipt(sent)
        if receipt["status"] != 1:
            self.read(function, sender, value)  # raises with the reason
            raise AssertionError("the transaction reverted")
        return receipt

    def read(self, function: Any, sender: str | None = None, value: int = 0) -> Any:
        """What the call would return in the next transaction."""
        transaction = {"from": sender or self.accounts[0], "value": value, "gas": GAS}
        return function.call(transaction, block_identifier="pending")

    def fails(self, reason: str, function: Any, sender: str | None = None, value: int = 0) -> None:
        """Demand that the call reverts with exactly this text ('' where the compiler's own check gives none)."""
        self._expect(reason, lambda: self.read(function, sender, value))

    def _expect(self, reason: str, act: Callable[[], Any]) -> None:
        try:
            act()
        except TransactionFailed as error:
            said = str(error.args[0]).removeprefix("execution reverted: ")
            assert said == reason or (not reason and said in ("b''", "")), f"reverted with {said!r}"
        else:
            raise AssertionError(f"no revert with {reason!r}")

    def balance(self, address: str) -> int:
        return int(self.w3.eth.get_balance(Web3.to_checksum_address(address)))


@dataclass(frozen=True)
class Court:
    """The deployed contracts, and the acts on them that most tests need."""

    evm: Evm
    oracle: Contract
    factory: Contract
    feeds: Contract

    def item(self, expiry: bytes, price: int, attempt: int = 0, note: str = "") -> tuple[Any, ...]:
        """An Attestation; `note` makes another transcript and payouts."""
        return (expiry, attempt, price, word("transcript" + note), word("payouts" + note))

    def digest(self, kind: str, message: dict[str, Any], **domain: Any) -> Any:
        """A signable EIP-712 message of the oracle's domain, or of one changed by keyword."""
        types = {kind: TYPES[kind], "EIP712Domain": DOMAIN_TYPE}
        if kind == "Attestations":
            types["Attestation"] = TYPES["Attestation"]
        base = {
            "name": "Assize",
            "version": "1",
            "chainId": self.evm.w3.eth.chain_id,
            "verifyingContract": self.oracle.address,
        }
        full = {"types": types, "primaryType": kind, "domain": base | domain, "message": message}
        return encode_typed_data(full_message=full)

    def sign(self, keys: Sequence[LocalAccount], kind: str, message: dict[str, Any], **domain: Any) -> list[bytes]:
        signable = self.digest(kind, message, **domain)
        return [bytes(key.sign_message(signable).signature) for key in keys]

    def attest(self, items: Sequence[tuple[Any, ...]], keys: Sequence[LocalAccount], **domain: Any) -> list[bytes]:
        """Signatures of `keys`, in their order, over exactly these items."""
        names = [field["name"] for field in TYPES["Attestation"]]
        message = {"items": [dict(zip(names, item, strict=True)) for item in items]}
        return self.sign(keys, "Attestations", message, **domain)

    def submission(self, *items: tuple[Any, ...]) -> Any:
        """The submit of these items with the signatures of three of the five attestors."""
        return self.oracle.functions.submit(list(items), self.attest(items, ATTESTORS[:3]))

    def cancellation(self, expiry: bytes, attempt: int, keys: Sequence[LocalAccount] = GUARDIANS[:2]) -> Any:
        signatures = self.sign(keys, "Cancel", {"expiry": expiry, "attempt": attempt})
        return self.oracle.functions.cancel(expiry, attempt, signatures)

    def make_final(self, expiry: bytes, price: int) -> None:
        """Publish a price and let the oracle's delay pass."""
        self.evm.send(self.submission(self.item(expiry, price)))
        self.evm.set_time(self.evm.now() + DELAY_S)

    def create_series(
        self, strike: int, expiry_at: int, collateral: str = ETH, index: bytes = word("index")
    ) -> Contract:
        create = self.factory.functions.create(index, expiry_at, word("terms"), strike, collateral)
        address = self.evm.read(create)
        self.evm.send(create)
        return self.evm.at("Series", address)

    def create_feed(self, expiry: bytes, decimals: int = 18) -> Contract:
        create = self.feeds.functions.create(expiry, decimals)
        address = self.evm.read(create)
        self.evm.send(create)
        return self.evm.at("PriceFeed", address)

    def tokens(self, series: Contract) -> tuple[Contract, Contract]:
        """P and N."""
        p, n = series.functions.p().call(), series.functions.n().call()
        return self.evm.at("SeriesToken", p), self.evm.at("SeriesToken", n)

    def events(self, contract: Contract, name: str, receipt: Any) -> list[dict[str, Any]]:
        """The arguments of the events of that name that `contract` wrote in the transaction."""
        own = [entry for entry in receipt["logs"] if entry["address"] == contract.address]
        event = contract.events[name]()
        return [dict(event.process_log(entry)["args"]) for entry in own if entry["topics"][0] == event_topic(event)]


def event_topic(event: Any) -> bytes:
    types = ",".join(field["type"] for field in event.abi["inputs"])
    return keccak(text=f"{event.abi['name']}({types})")


def oracle_arguments(owner: str) -> list[Any]:
    """What the tests' oracle is built with: 3 of 5 attestors, 2 of 3 guardians."""
    attestors = [account.address for account in ATTESTORS]
    guardians = [account.address for account in GUARDIANS]
    return [owner, attestors, 3, guardians, 2, DELAY_S, SET_DELAY_S]


def deploy_court(evm: Evm) -> Court:
    oracle = evm.deploy("PriceOracle", *oracle_arguments(evm.accounts[0]))
    token = evm.deploy("SeriesToken")
    series = evm.deploy("Series", oracle.address, token.address)
    feed = evm.deploy("PriceFeed", oracle.address)
    factory, feeds = evm.deploy("SeriesFactory", series.address), evm.deploy("PriceFeedFactory", feed.address)
    return Court(evm=evm, oracle=oracle, factory=factory, feeds=feeds)
