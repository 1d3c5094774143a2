"""A key in Web3Signer, another program: `eth_signTransaction` of its JSON-RPC API.

It does not have to be trusted to sign what it was asked: its answer is read and compared. What it can do is not to
answer, and to sign other things for whoever else asks it: let only the worker reach it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import requests

from settlement.signers.signer import CannotSign, Signed, Unsigned, believed

TIMEOUT_SECONDS = 5
"""To connect, and again to answer."""
MAX_ERROR_CHARACTERS = 200


class Web3Signer:
    """Signs as `address`, which the program at `url` must have a key for."""

    def __init__(
        self,
        url: str,
        address: str,
        *,
        client_certificate: Path | None = None,
        ca: Path | None = None,
        timeout_seconds: int = TIMEOUT_SECONDS,
    ) -> None:
        """`client_certificate`: PEM with certificate and key, shown to it. `ca`: PEM that checks its own."""
        self.address = address
        self._url, self._timeout = url, timeout_seconds
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy and no .netrc comes between
        self._session.cert = str(client_certificate) if client_certificate else None
        self._session.verify = str(ca) if ca else True

    def sign(self, unsigned: Unsigned) -> Signed:
        """Exactly this, signed; CannotSign where it does not answer, refuses, or answers something else."""
        fields: dict[str, Any] = unsigned.fields()
        asked = {
            name: hex(value) if isinstance(value, int) else value for name, value in fields.items() if name != "type"
        }
        answer = self._ask("eth_signTransaction", {"from": self.address, **asked})
        if not isinstance(answer, str):
            raise CannotSign("Web3Signer's answer is no signed transaction")
        return believed(answer.lower(), unsigned, self.address)

    def accounts(self) -> list[str]:
        """The accounts that it has keys for."""
        answer = self._ask("eth_accounts")
        if not isinstance(answer, list):
            raise CannotSign("Web3Signer's answer is no list of accounts")
        return [str(each).lower() for each in answer]

    def _ask(self, method: str, *params: Any) -> Any:
        question: Any = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}
        try:
            response = self._session.post(self._url, json=question, timeout=self._timeout, allow_redirects=False)
            answer = response.json()
        except ValueError:  # requests' own JSON error is one
            raise CannotSign("Web3Signer's answer is not JSON") from None
        except (requests.RequestException, OSError) as error:
            # Not its text: that holds the address, which may hold a password.
            raise CannotSign(f"Web3Signer does not answer: {type(error).__name__}") from None
        if not isinstance(answer, dict) or ("result" not in answer and "error" not in answer):
            raise CannotSign("Web3Signer's answer is no JSON-RPC")
        if answer.get("error"):
            raise CannotSign(f"Web3Signer refuses: {_short(answer['error'])}")
        return answer.get("result")


def _short(error: Any) -> str:
    text = error.get("message") if isinstance(error, dict) else error
    return " ".join(str(text).split())[:MAX_ERROR_CHARACTERS]
