"""What can go wrong with the chain. Foreign errors are translated into these once, in `translated`.

JSON-RPC has no codes for why a transaction was not taken: every node has words of its own. DIALECTS has them all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests
from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError
from web3.exceptions import BadFunctionCallOutput, ContractLogicError, Web3RPCError

from settlement.chain.answers import Answer


class ChainError(Exception):
    """The chain did not give an answer to build on. Nothing has been decided: ask again later."""


class ChainDown(ChainError):
    """Nobody answered, or not in JSON-RPC. What was sent may have landed all the same."""


class WrongChain(ChainError):
    """The node is on another chain than the settings name."""


class NodeRefused(ChainError):
    """The node answered with an error. What was sent may have landed all the same."""

    answer = Answer.REFUSED


class AlreadyKnown(NodeRefused):
    """The node has this very transaction: look for its receipt."""

    answer = Answer.ALREADY_KNOWN


class NonceTooLow(NodeRefused):
    """A block has a transaction of this nonce, perhaps this one: look for every receipt."""

    answer = Answer.NONCE_TOO_LOW


class Underpriced(NodeRefused):
    """Another transaction waits under this nonce, and this one does not pay enough more to take its place."""

    answer = Answer.UNDERPRICED


class FeeTooLow(NodeRefused):
    """It does not pay what the next block, or the node, wants at least."""

    answer = Answer.FEE_TOO_LOW


class InsufficientFunds(NodeRefused):
    """The sender cannot pay for it."""

    answer = Answer.NO_FUNDS


class Reverted(ChainError):
    """The contract refuses the call; the text is its reason."""


class NotDeployed(ChainError):
    """No contract at an address where one is wanted."""


class TooDear(ChainError):
    """No block would take a transaction at the highest fee that the settings allow."""


DIALECTS: tuple[tuple[type[NodeRefused], tuple[tuple[str, str], ...]], ...] = (
    (
        AlreadyKnown,
        (
            ("transaction already imported", "anvil"),
            ("known transaction", "hardhat, besu"),
            ("already known", "geth, reth, erigon"),
            ("AlreadyKnown", "nethermind"),
        ),
    ),
    (
        NonceTooLow,
        (
            ("nonce too low", "anvil, hardhat, geth, reth, besu"),
            ("Invalid transaction nonce: Expected", "py-evm, also of a nonce that is too high"),
            ("below sender account nonce", "besu"),
            ("OldNonce", "nethermind"),
        ),
    ),
    (
        Underpriced,
        (
            ("replacement transaction underpriced", "anvil, hardhat, geth, reth, besu"),
            ("ReplacementNotAllowed", "nethermind"),
        ),
    ),
    (
        FeeTooLow,
        (
            ("max fee per gas less than block base fee", "anvil, geth, reth"),
            ("is too low for the next block, which has a baseFeePerGas", "hardhat"),
            ("is lower than block's base fee per gas", "py-evm"),
            ("transaction underpriced", "geth, reth"),
            ("gas price below configured minimum", "besu"),
            ("FeeTooLow", "nethermind"),
        ),
    ),
    (
        InsufficientFunds,
        (
            ("insufficient funds for gas", "anvil, geth, reth"),
            ("doesn't have enough funds to send tx", "hardhat"),
            ("cannot afford txn gas", "py-evm"),
            ("upfront cost exceeds account balance", "besu"),
            ("InsufficientFunds", "nethermind"),
        ),
    ),
)
"""What a refusal means: words of the node's text, in whatever case, and which nodes say so; the first that fits counts.

anvil, hardhat and py-evm are run by tests/chain/test_dialects.py; the others are as their sources say.
"""


def refusal(text: str) -> NodeRefused:
    """A node's words as one of our types; a plain NodeRefused where no row has them."""
    said = text.lower()
    for kind, rows in DIALECTS:
        if any(words.lower() in said for words, _ in rows):
            return kind(text)
    return NodeRefused(text)


@contextmanager
def translated() -> Iterator[None]:
    """Turn what web3 and its transport raise into one of the above."""
    try:
        yield
    except ContractLogicError as error:
        raise Reverted(_reason(error)) from error
    except BadFunctionCallOutput as error:
        raise NotDeployed(f"no such contract: {_short(error)}") from error
    except Web3RPCError as error:
        text = _said(error)
        raise (Reverted(text) if "revert" in text.lower() else refusal(text)) from error
    except (requests.RequestException, OSError) as error:
        raise ChainDown(f"the node does not answer: {_short(error)}") from error
    except ChainError:
        raise
    except Exception as error:
        # Whatever the library stumbles over in an answer that is no JSON-RPC: a node can say anything at all.
        raise ChainDown(f"the node's answer makes no sense: {_short(error)}") from error


_ERROR = "0x08c379a0"
"""Error(string), the form of a revert's reason."""
_WRAPPED = re.compile(r"reverted with reason string '(.*)'", re.DOTALL)  # hardhat


def _reason(error: ContractLogicError) -> str:
    """The contract's own words: out of the returned bytes, which mean the same everywhere, else out of the text."""
    data: Any = error.data
    if isinstance(data, dict):  # hardhat puts them one level deeper
        data = data.get("data")
    if isinstance(data, str) and data.startswith(_ERROR):
        try:
            return str(decode(["string"], bytes.fromhex(data.removeprefix(_ERROR)))[0])
        except (DecodingError, ValueError):
            pass  # not what it claims to be: the text then
    text = str(error.message or error)
    wrapped = _WRAPPED.search(text)
    return wrapped[1] if wrapped else text.removeprefix("execution reverted: ")


def _said(error: Web3RPCError) -> str:
    """The node's own message, without the library's wrapping."""
    answer: Any = error.rpc_response
    said = answer.get("error") if isinstance(answer, dict) else None
    message = said.get("message") if isinstance(said, dict) else None
    return " ".join(str(message or error).split())[:300]


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:300]
