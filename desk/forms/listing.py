"""Listing an index and an expiry: what is frozen from then on."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from desk.forms.base import AddressesField, DocumentField, InstantField, KindForm, ReadField
from oracle.management import options
from oracle.models import Index
from pages.reading import decimal
from pages.terms_words import MEANING, readable
from protocol.show import typed
from protocol.terms import Terms

PERCENT_DECIMALS = 4
"""Of a share in percent: a millionth is 0.0001 %."""
_OTHERS = ("service", "guardians", "guardian_threshold", "value_rates")
_ETHER = (
    "min_report_stake",
    "min_report_bond",
    "max_report_bond",
    "min_challenge_bond",
    "min_pledge",
    "arbitration_bond",
)


class IndexField(ReadField):
    """Gives the id: which version is meant must not change while a proposal waits."""

    @staticmethod
    def read(text: str) -> str:
        return options.index(text).id


class IndexForm(KindForm):
    """The spec is prefilled from the newest version of the slug in the address, else from the newest index."""

    slug = forms.SlugField(help_text="as in eth-usd; the same slug again lists a new version")
    spec = DocumentField(
        help_text="pair, min_price, max_price, tick and sources; prices have 18 decimals and are strings"
    )

    def __init__(self, *args: Any, **given: Any) -> None:
        super().__init__(*args, **given)
        slug = self.initial.get("slug")
        rows = Index.objects.filter(slug=slug) if slug else Index.objects.all()
        newest = rows.order_by("-version").first()
        if newest is not None:
            self.initial.setdefault("slug", newest.slug)
            self.initial.setdefault("spec", json.dumps(newest.spec, indent=2))


class ExpiryForm(KindForm):
    """Terms by name, each with its default; only what differs is written."""

    slug = forms.SlugField(help_text="as in eth-usd-2026-12-25", max_length=100)
    index = IndexField(help_text="its slug, for the newest version as of now; or an id")
    expiry_at = InstantField(label="Instant", help_text="as in 2026-12-25T08:00Z, or unix seconds")
    guardians = AddressesField(help_text="who rules when ballots fail, one address a line")
    guardian_threshold = forms.IntegerField(
        min_value=1, required=False, help_text="of them make a ruling; a majority where left empty"
    )
    value_rates = DocumentField(
        required=False,
        help_text="wei that a unit of each collateral counts for, where it is not ETH: {address: wei}",
    )

    def __init__(self, *args: Any, **given: Any) -> None:
        super().__init__(*args, **given)
        self.fields["value_rates"].widget.attrs["rows"] = 2
        for name, default in Terms().to_json().items():
            if name not in _OTHERS:
                self.fields[name] = _field(name, default)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        for name in self.term_names():
            if text := cleaned.get(name):
                try:
                    cleaned[name] = _read(name, text)
                except ValueError as error:
                    self.add_error(name, ValidationError(str(error)))
        return cleaned

    def term_names(self) -> list[str]:
        """Those that have a field of their own."""
        return [each.name for each in fields(Terms) if each.name in self.fields and each.name not in _OTHERS]

    def details(self) -> dict[str, Any]:
        found = super().details()
        terms = {name: str(found.pop(name)) for name in self.term_names() if name in found}
        if rates := found.pop("value_rates", None):
            terms["value_rates"] = rates
        return {**found, "terms": terms}


def _field(name: str, default: str) -> forms.Field:
    """Empty is the default, which stands in it in grey."""
    unit = "ETH" if name in _ETHER else "%" if name.endswith("_ppm") else "s" if _is_time(name) else ""
    shown = typed(int(default)) if unit == "ETH" else _percent(int(default)) if unit == "%" else default
    widget = forms.TextInput(attrs={"placeholder": f"{shown} {unit}".strip()})
    label = f"{name}, in {unit}" if unit else name
    return forms.CharField(
        required=False,
        label=label,
        widget=widget,
        help_text=f"{MEANING[name]}; {readable(name, default)} by default",
    )


def _read(name: str, text: str) -> int:
    text = text.removesuffix("ETH").removesuffix("%").removesuffix("s").strip()
    if name in _ETHER:
        return decimal(text)
    if name.endswith("_ppm"):
        return decimal(text, PERCENT_DECIMALS)
    if not (text.isascii() and text.isdigit()):
        raise ValueError("Write a whole number.")
    return int(text)


def _percent(ppm: int) -> str:
    return typed(ppm, PERCENT_DECIMALS)


def _is_time(name: str) -> bool:
    return name.endswith(("_window", "_delay"))
