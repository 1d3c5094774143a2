"""What can go wrong with the chain. Foreign errors are translated into these once, in `translated`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import requests
from web3.exceptions import BadFunctionCallOutput, ContractLogicError, Web3Exception, Web3RPCError


class ChainError(Exception):
    """The chain did not give an answer to build on. Nothing has been decided: ask again later."""


class ChainDown(ChainError):
    """Nobody answered, or not in JSON-RPC. What was sent may have landed all the same."""


class WrongChain(ChainError):
    """The node is on another chain than the settings name."""


class NodeRefused(ChainError):
    """The node answered with an error: nonce too low, already known, underpriced."""


class Reverted(ChainError):
    """The contract refuses the call; the text is its reason."""


class NotDeployed(ChainError):
    """No contract at an address where one is wanted."""


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
        if "revert" in str(error).lower():
            raise Reverted(_short(error)) from error
        raise NodeRefused(_short(error)) from error
    except (requests.RequestException, OSError) as error:
        raise ChainDown(f"the node does not answer: {_short(error)}") from error
    except (Web3Exception, ValueError, TypeError, KeyError) as error:
        raise ChainDown(f"the node's answer makes no sense: {_short(error)}") from error


def _reason(error: ContractLogicError) -> str:
    return str(error.message or error).removeprefix("execution reverted: ")


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:300]
