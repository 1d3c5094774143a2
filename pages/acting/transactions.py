"""Calls that a wallet sends to a contract itself (PROTOCOL 8): what is sent, and what its sender reads before.

Both come out of the same `Transaction`, as for signed acts in document.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from eth_abi.abi import encode

from pages.acting.document import Line, price_text
from protocol import show
from protocol.hashing import keccak, to_hex
from protocol.payoff import redeem_n, redeem_p
from settlement.models import Series
from settlement.reserves import Proven

ETH = "0x" + "00" * 20


@dataclass(frozen=True, slots=True)
class Transaction:
    """A call: to whom, which function with which arguments (name, type, value), with how much wei."""

    to: str
    function: str
    arguments: Sequence[tuple[str, str, Any]]
    value: int
    sentence: str
    lines: list[Line]

    @property
    def data(self) -> str:
        """The call's data, as hex."""
        types = [type_ for _, type_, _ in self.arguments]
        selector = keccak(f"{self.function}({','.join(types)})".encode())[:4]
        return to_hex(selector + encode(types, [_plain(value) for _, _, value in self.arguments]))

    def to_json(self) -> dict[str, str]:
        """As `eth_sendTransaction` takes it, but for `from`."""
        return {"to": self.to, "data": self.data, "value": hex(self.value)}


def deposit(account: str, amount: int) -> Transaction:
    """Put `amount` wei into the escrow as a bond of `account`."""
    escrow, wei = settings.ESCROW_ADDRESS, show.ether(amount)
    lines = [
        Line("account", "For the account", account),
        Line("value", "Amount sent", wei),
        Line("to", "To the escrow", escrow, fine=True),
    ]
    return Transaction(
        escrow, "deposit", [("account", "address", account)], amount, f"Deposit {wei} into the escrow.", lines
    )


def claim(found: Proven, paid: int) -> Transaction:
    """Have the escrow pay what was asked to be withdrawn, less the `paid` wei that went before."""
    leaf, left = found.leaf, found.leaf.withdrawable - paid
    arguments = [
        ("account", "address", leaf.account),
        ("withdrawable", "uint256", leaf.withdrawable),
        ("entitled", "uint256", leaf.entitled),
        ("deposited", "uint256", leaf.deposited),
        ("proof", "bytes32[]", found.proof),
    ]
    lines = [
        Line("account", "Paid to", leaf.account),
        Line("withdrawable", "Asked to withdraw, ever", show.ether(leaf.withdrawable)),
        Line("paid", "Paid before", show.ether(paid)),
        Line("entitled", "Owned by the root", show.ether(leaf.entitled), fine=True),
        Line("deposited", "Deposited by the root", show.ether(leaf.deposited), fine=True),
        Line("proof", "Proof", f"{len(found.proof)} hashes, root of epoch {found.root.epoch}", fine=True),
        Line("to", "By the escrow", settings.ESCROW_ADDRESS, fine=True),
    ]
    return Transaction(
        settings.ESCROW_ADDRESS, "claim", arguments, 0, f"Claim {show.ether(left)} from the escrow.", lines
    )


def redeem(series: Series, price: int, p: int, n: int, to: str) -> Transaction:
    """Burn `p` P and `n` N of a series, in base units, for what they pay at the final price."""
    arguments = [("p_amount", "uint256", p), ("n_amount", "uint256", n), ("to", "address", to)]
    paid = redeem_p(p, series.strike, price) + redeem_n(n, series.strike, price)
    unit = "ETH" if series.collateral == ETH else f"of {series.collateral}"
    pays = f"{show.decimal(paid, series.decimals, least=0)} {unit}"
    lines = [
        Line("p_amount", f"{series.p_symbol} given", show.decimal(p, series.decimals, least=0)),
        Line("n_amount", f"{series.n_symbol} given", show.decimal(n, series.decimals, least=0)),
        Line("paid", "Collateral paid", pays),
        Line("price", "At the final price", price_text(price, series.expiry)),
        Line("strike", "Strike", price_text(series.strike, series.expiry)),
        Line("to", "Paid to", to),
        Line("contract", "By the series", series.address, fine=True),
    ]
    return Transaction(series.address, "redeem", arguments, 0, f"Redeem for {pays}.", lines)


def _plain(value: Any) -> Any:
    """bytes32 come to the encoder as bytes."""
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return bytes.fromhex(value[2:]) if isinstance(value, str) and len(value) == 66 else value
