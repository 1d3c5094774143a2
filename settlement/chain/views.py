"""What views of contracts answer in one block, by a quorum of nodes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError

from protocol.hashing import to_hex
from settlement.chain import contracts
from settlement.chain.errors import NotDeployed
from settlement.chain.providers import Providers
from settlement.chain.readings import Header


@dataclass(frozen=True, slots=True)
class View:
    """A question to a contract at an address; `contract` names the one of ours whose interface it has."""

    contract: str
    address: str
    function: str
    arguments: tuple[Any, ...] = ()

    @property
    def call(self) -> tuple[str, bytes]:
        """As Providers take it."""
        if not self.address:
            raise NotDeployed(f"the address of {self.contract} is not known; run manage.py deploy_contracts")
        return self.address, contracts.call_data(self.contract, self.function, self.arguments)

    def decoded(self, answer: bytes) -> Any:
        """In our spelling, lists where the contract has several words; NotDeployed where these are no such bytes."""
        try:
            values = decode(contracts.output_types(self.contract, self.function), answer)
        except DecodingError as error:
            raise NotDeployed(f"no {self.contract} at {self.address}: {error}") from error
        return _plain(values[0] if len(values) == 1 else values)


def read(nodes: Providers, block: Header, views: Sequence[View]) -> list[Any]:
    """What these views answer in the state of a block, many in one request. StaleReads where there is no quorum."""
    answers = nodes.calls(block, [view.call for view in views])
    return [view.decoded(answer) for view, answer in zip(views, answers, strict=True)]


def read_or_refused(nodes: Providers, block: Header, views: Sequence[View]) -> list[Any]:
    """The same of contracts that nobody knows: None where a quorum says that the view is refused."""
    answers = nodes.calls_or_reverts(block, [view.call for view in views])
    return [
        None if answer is None else view.decoded(answer) for view, answer in zip(views, answers, strict=True)
    ]


def _plain(value: Any) -> Any:
    """Words as hex, addresses in lower case."""
    if isinstance(value, bytes):
        return to_hex(value)
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value.lower() if isinstance(value, str) and value.startswith("0x") else value
