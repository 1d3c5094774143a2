"""What goes on chain: grids, rewards, cancels, keys and sets."""

from __future__ import annotations

from django import forms
from django.core.exceptions import ValidationError

from desk.forms.base import AddressesField, AddressField, EtherField, KindForm, WordsField
from settlement.strikes import InvalidStrikes, parse_strikes


class GridForm(KindForm):
    """Strikes on an expiry, as `manage.py list_series` takes them."""

    expiry = forms.CharField(help_text="its slug or id; its instant must be ahead")
    strikes = WordsField(help_text="prices and ranges FROM:TO:STEP, as in 2000:4000:100 4250.5")
    collateral = AddressField(required=False, help_text="an ERC-20; ETH where left empty")

    def clean_strikes(self) -> list[str]:
        words: list[str] = self.cleaned_data["strikes"]
        try:
            parse_strikes(words)
        except InvalidStrikes as error:
            raise ValidationError(str(error)) from None
        return words


class FundRewardForm(KindForm):
    """From the publisher's ether to whoever reports right."""

    expiry = forms.CharField(help_text="its slug or id; it must not have opened")
    amount = EtherField(label="Amount, in ETH", help_text="as in 1.5")


class CancelForm(KindForm):
    """A transaction that no block takes."""

    transaction = forms.CharField(help_text="its number among the chain transactions")


class RotatePublisherForm(KindForm):
    """Who signs the service's transactions."""

    address = AddressField(help_text="of the new key; give it to the publisher process once this is done")


class ChangeAttestorsForm(KindForm):
    """Who attests."""

    attestors = AddressesField(help_text="the whole new set, one address a line")
    threshold = forms.IntegerField(min_value=1, help_text="of them sign a price")
