"""A wallet with a key of its own in a browser (EIP-1193), which announces itself by EIP-6963.

Signing is eth-account's work, not ours: what the page asks for is hashed and signed by somebody else's code.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from eth_account import Account
from eth_account.messages import encode_defunct, encode_typed_data
from playwright.sync_api import BrowserContext, Page
from web3 import Web3

from dev import anvil

CHAIN_ID = 31337
SIGNING = ("personal_sign", "eth_signTypedData_v4", "eth_sendTransaction")


class Mode(StrEnum):
    """What its owner does when asked."""

    APPROVE = "approve"
    REJECT = "reject"
    SILENT = "silent"  # looks elsewhere: no answer, ever


class Refused(Exception):
    """An EIP-1193 error with its code; `under` is one that the wallet has put another over."""

    def __init__(self, code: int, message: str, under: int | None = None) -> None:
        super().__init__(message)
        self.code, self.under = code, under


@dataclass
class Wallet:
    """Set `mode`, `chain_id` or `connected` at any time.

    `asked` are the methods that pages called, `signed` is what was signed: texts, typed data, transactions.
    """

    key: str
    name: str = "Test Wallet"
    rpc_url: str = ""
    chain_id: int = CHAIN_ID
    knows_chain: bool = True
    connected: bool = True
    mode: Mode = Mode.APPROVE
    trouble: Refused | None = None  # what it answers with, whatever its owner does
    legacy_v: bool = False  # as some hardware wallets: v is 0 or 1
    asked: list[str] = field(default_factory=list)
    signed: list[Any] = field(default_factory=list)
    id: str = field(default_factory=lambda: secrets.token_hex(4))

    @property
    def address(self) -> str:
        """With the checksum, as wallets spell it."""
        return str(Account.from_key(self.key).address)

    def install(self, context: BrowserContext) -> Wallet:
        """Into every page of this context, before the page's own scripts run."""
        context.expose_function(f"__ask_{self.id}", self._answer)
        info = {
            "uuid": f"00000000-0000-4000-8000-0000{self.id}",
            "name": self.name,
            "rdns": f"test.{self.name.lower().replace(' ', '.')}",
            "icon": "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 1 1'/>",
        }
        context.add_init_script(_PROVIDER.replace("ID", self.id).replace("INFO", json.dumps(info)))
        return self

    def switch_account(self, page: Page, key: str) -> None:
        """Its owner chooses another account."""
        self.key = key
        self._emit(page, "accountsChanged", [self.address])

    def switch_chain(self, page: Page, chain_id: int) -> None:
        self.chain_id = chain_id
        self._emit(page, "chainChanged", hex(chain_id))

    def count(self, method: str) -> int:
        """How often a page asked for this."""
        return self.asked.count(method)

    def _emit(self, page: Page, event: str, value: Any) -> None:
        page.evaluate(f"([event, value]) => window.__emit_{self.id}(event, value)", [event, value])

    def _answer(self, method: str, params: str) -> dict[str, Any]:
        self.asked.append(method)
        if self.mode is Mode.SILENT and method in SIGNING:
            return {"silent": True}
        try:
            return {"result": self._do(method, json.loads(params))}
        except Refused as error:
            data = {} if error.under is None else {"originalError": {"code": error.under}}
            return {"error": {"code": error.code, "message": str(error), "data": data}}

    def _do(self, method: str, params: list[Any]) -> Any:
        if self.trouble and method in (*SIGNING, "wallet_switchEthereumChain"):
            raise self.trouble
        if method in ("eth_accounts", "eth_requestAccounts"):
            return self._accounts(method)
        if method == "eth_chainId":
            return hex(self.chain_id)
        if method == "wallet_switchEthereumChain":
            return self._switch(int(params[0]["chainId"], 16))
        if method in SIGNING:
            return self._sign(method, params)
        return anvil.call(self.rpc_url, method, *params)

    def _accounts(self, method: str) -> list[str]:
        if method == "eth_requestAccounts":
            if self.mode is Mode.REJECT:
                raise Refused(4001, "User rejected the request.")
            self.connected = True
        return [self.address] if self.connected else []

    def _switch(self, chain_id: int) -> None:
        if self.mode is Mode.REJECT:
            raise Refused(4001, "User rejected the request.")
        if not self.knows_chain:
            raise Refused(4902, "Unrecognized chain ID.")
        self.chain_id = chain_id

    def _sign(self, method: str, params: list[Any]) -> str:
        if self.mode is Mode.REJECT:
            raise Refused(4001, "User denied message signature.")
        if method == "eth_sendTransaction":
            return self._send(params[0])
        asked_for, document = reversed(params) if method == "personal_sign" else params
        if asked_for.lower() != self.address.lower():
            raise Refused(4100, "The requested account has not been authorized by the user.")
        if method == "personal_sign":
            signable = encode_defunct(hexstr=document)
            self.signed.append(bytes.fromhex(document[2:]).decode())
        else:
            signable = encode_typed_data(full_message=json.loads(document))
            self.signed.append(json.loads(document))
        signature = Account.sign_message(signable, self.key).signature
        if self.legacy_v:
            signature = signature[:64] + bytes([signature[64] - 27])
        return "0x" + bytes(signature).hex()

    def _send(self, call: dict[str, Any]) -> str:
        if call["from"].lower() != self.address.lower():
            raise Refused(4100, "The requested account has not been authorized by the user.")
        w3 = Web3(Web3.HTTPProvider(self.rpc_url))
        transaction: dict[str, Any] = {
            "data": call["data"],
            "from": self.address,
            "to": Web3.to_checksum_address(call["to"]),
            "value": int(call.get("value", "0x0"), 16),
            "chainId": self.chain_id,
            "nonce": w3.eth.get_transaction_count(self.address),
            "maxFeePerGas": 10**10,
            "maxPriorityFeePerGas": 10**9,
        }
        try:
            transaction["gas"] = w3.eth.estimate_gas(transaction)
        except Exception as error:
            raise Refused(-32000, str(error)) from error
        self.signed.append(transaction)
        raw = Account.sign_transaction(transaction, self.key).raw_transaction
        return str(w3.eth.send_raw_transaction(raw).to_0x_hex())


_PROVIDER = """
(() => {
  const listeners = {};
  const provider = Object.freeze({
    request: async ({ method, params }) => {
      const answer = await window.__ask_ID(method, JSON.stringify(params ?? []));
      if (answer.silent) return new Promise(() => {});
      if (answer.error) throw Object.assign(new Error(answer.error.message), answer.error);
      return answer.result;
    },
    on: (event, listener) => { (listeners[event] ??= []).push(listener); },
    removeListener: (event, listener) => {
      listeners[event] = (listeners[event] ?? []).filter((each) => each !== listener);
    },
  });
  window.__emit_ID = (event, value) => (listeners[event] ?? []).forEach((listener) => listener(value));
  const detail = Object.freeze({ info: Object.freeze(INFO), provider });
  const announce = () => window.dispatchEvent(new CustomEvent("eip6963:announceProvider", { detail }));
  window.addEventListener("eip6963:requestProvider", announce);
  announce();
})();
"""
