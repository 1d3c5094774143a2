"""One form for each transaction that a wallet sends itself: deposit, claim, redeem."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.conf import settings

from pages.acting import transactions
from pages.acting.fields import DecimalField, EtherField
from pages.acting.forms import Trouble
from pages.acting.transactions import Transaction
from protocol import show
from protocol.stages import Stage
from settlement import reserves
from settlement.models import Series
from settlement.selectors import paid_to, publication_of


class SendForm(forms.Form):
    """What all have in common: a transaction, or the trouble with it."""

    title: ClassVar[str]
    button: ClassVar[str]
    command: ClassVar[str] = ""
    after: ClassVar[str]  # what happens once the transaction is in a block

    def __init__(self, data: Any = None, *, series: Series | None = None, **options: Any) -> None:
        super().__init__(data, prefix=None, auto_id="id_%s", **options)
        self.series = series
        self.prepare()

    def prepare(self) -> None:
        """Set labels that depend on the series."""

    def closed(self) -> Trouble | None:
        """Why nobody could do this now."""
        return None if settings.ESCROW_ADDRESS else Trouble("There is no escrow here.")

    def made(self, account: str) -> Transaction | Trouble:
        raise NotImplementedError


class DepositForm(SendForm):
    title, button, command = "Deposit", "Send the deposit", "deposit"
    after = "It is spendable once its block is final and counted. Your account's page shows it on its way."

    amount = EtherField(
        label="Amount", help_text="Goes into the escrow contract, as a bond of the account that is connected."
    )

    def made(self, account: str) -> Transaction | Trouble:
        return transactions.deposit(account, self.cleaned_data["amount"])


class ClaimForm(SendForm):
    title, button, command = "Claim a withdrawal", "Send the claim", "claim"
    after = "The escrow has paid it to the account's own address."

    def made(self, account: str) -> Transaction | Trouble:
        root = reserves.kept_root(None)
        found = reserves.proven(root, account) if root else None
        paid = paid_to(account)
        if found is None:
            return Trouble(
                "No final root counts this account yet. A withdrawal is in the next root after it."
            )
        if found.leaf.withdrawable <= paid:
            return Trouble("There is nothing to claim: all that the last final root counts has been paid.")
        return transactions.claim(found, paid)


class RedeemForm(SendForm):
    title, button = "Redeem P and N", "Send the redemption"
    after = "The series has paid its collateral to the account's own address."

    p = DecimalField(required=False)
    n = DecimalField(required=False)

    @property
    def on(self) -> Series:
        assert self.series is not None
        return self.series

    def prepare(self) -> None:
        for name, symbol in (("p", self.on.p_symbol), ("n", self.on.n_symbol)):
            field = self.fields[name]
            assert isinstance(field, DecimalField)
            field.label, field.decimals, field.unit = f"Amount of {name.upper()}", self.on.decimals, symbol
            field.help_text = "Filled in with all that the connected account holds."

    def closed(self) -> Trouble | None:
        if self.on.expiry.stage != Stage.FINAL:
            return Trouble("The price is not final yet.")
        found = publication_of(self.on.expiry_id)
        if found is None or found.final_on_chain_at is None:
            return Trouble(
                "The price is final here, and still on its way to the chain; its series pay once it is final there."
            )
        return None

    def made(self, account: str) -> Transaction | Trouble:
        p, n = self.cleaned_data["p"] or 0, self.cleaned_data["n"] or 0
        if not p + n:
            return Trouble("Give an amount of P or of N.", "p")
        assert self.on.expiry.price is not None
        if max(p, n) >= 2**128:
            return Trouble(
                f"That is more than a series can hold: {show.decimal(max(p, n), self.on.decimals)}.", "p"
            )
        return transactions.redeem(self.on, self.on.expiry.price, p, n, account)


ACCOUNT_SENDS: dict[str, type[SendForm]] = {"deposit": DepositForm, "claim": ClaimForm}
"""Transactions of an account: /me/<word>/."""
