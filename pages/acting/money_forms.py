"""One form for each act on an account alone: stake, unstake, withdraw."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.db.models import BigIntegerField, Max
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast

from ledger import names
from ledger.selectors import balance
from oracle import stakes
from oracle.models import Expiry
from pages.acting.fields import EtherField
from pages.acting.forms import ActForm, Trouble, short_of
from pages.terms_words import percent
from protocol import show
from protocol.signing import Message
from protocol.stages import Stage


class MoneyForm(ActForm):
    """Acts on an account alone."""

    amount = EtherField(label="Amount")

    def message(self, account: str, now: int) -> Message:
        return {"account": account, "amount": self.cleaned_data["amount"], "nonce": secrets.randbits(128)}

    def trouble_of_account(self, message: Message) -> Trouble | None:
        return short_of(message["account"], message["amount"], "amount")


class StakeForm(MoneyForm):
    kind, title, button, command = "Stake", "Stake", "Sign and send", "stake"

    def outlook(self) -> str:
        return (
            f"{cuts()} What an expiry counts on stays locked until that is final; the rest is free"
            f" {show.duration(settings.UNBONDING_DELAY)} after it is taken out."
        )


class WithdrawForm(MoneyForm):
    kind, title, button, command = "Withdrawal", "Withdraw", "Sign and send", "withdraw"

    def outlook(self) -> str:
        if not settings.ESCROW_ADDRESS:
            return "There is no escrow here that could pay it."
        return (
            "It leaves the free balance at once; the ETH comes by a second step. Attestors sign what everybody is owed,"
            " and once that root is final in the escrow, after a delay, you claim it by a transaction of your own."
        )


class UnstakeForm(MoneyForm):
    kind, title, button, command = "Unstake", "Unstake", "Sign and send", "unstake"

    def outlook(self) -> str:
        return (
            "It leaves the stake at once, votes in no ballot whose electorate is taken later, and is free"
            f" {show.duration(settings.UNBONDING_DELAY)} after."
        )

    def trouble_of_account(self, message: Message) -> Trouble | None:
        account, amount = message["account"], message["amount"]
        held, locked = balance(names.stake(account)), stakes.locked_stake(account)
        if amount > held:
            return Trouble(f"{show.ether(held)} is staked.", "amount")
        if held - amount < locked:
            rest = show.ether(held - locked)
            text = f"Unfinished expiries count on {show.ether(locked)} of the stake; {rest} can be taken out."
            return Trouble(text, "amount")
        return None


ACCOUNT_FORMS: dict[str, type[ActForm]] = {
    "stake": StakeForm,
    "unstake": UnstakeForm,
    "withdraw": WithdrawForm,
}
"""Acts on an account alone: /me/<word>/."""


def cuts() -> str:
    """What voters can lose in a ballot: at most, by the terms of all that is not final."""
    shares = ("wrong_slash_ppm", "unrevealed_slash_ppm", "absent_slash_ppm")
    most = {name: Max(Cast(KeyTextTransform(name, "terms"), BigIntegerField())) for name in shares}
    found = Expiry.objects.exclude(stage=Stage.FINAL).aggregate(**most)
    if None in found.values():
        return (
            "The terms of each expiry say how much of the stake in a ballot is lost for a wrong price, for a vote that"
            " is committed and not revealed, and for no vote."
        )
    wrong, unrevealed, absent = (percent(found[name]) for name in shares)
    return (
        f"Of the stake in a ballot, up to {wrong} is lost for a wrong price, up to {unrevealed} for a vote that is"
        f" committed and not revealed, up to {absent} for no vote, by the terms of the expiries that are not final."
    )
