"""Fields that read what operators type, as strictly as the commands do (oracle/management/options.py)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.management.base import CommandError

from oracle.management import options
from pages.reading import decimal


class KindForm(forms.Form):
    """What one kind asks for. A kind that needs nothing has no fields."""

    def details(self) -> dict[str, Any]:
        """As the kind's plan takes them: without what was left empty."""
        return {name: value for name, value in self.cleaned_data.items() if value not in (None, "", [], {})}


class ReadField(forms.CharField):
    """Text that one of our own readers turns into a value."""

    read: Callable[[str], Any]

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        try:
            return type(self).read(text)
        except CommandError as error:
            raise ValidationError(str(error)) from None
        except ValueError as error:
            raise ValidationError(str(error)) from None


class InstantField(ReadField):
    """Unix seconds, or ISO 8601 with its offset."""

    read = staticmethod(options.instant)


class AddressField(ReadField):
    read = staticmethod(options.address)


class EtherField(ReadField):
    """ETH, as in 1.5; gives wei."""

    read = staticmethod(decimal)


def _addresses(text: str) -> list[str]:
    return [options.address(word) for word in text.replace(",", " ").split()]


class AddressesField(ReadField):
    """Addresses, one a line or by comma."""

    read = staticmethod(_addresses)
    widget = forms.Textarea(attrs={"rows": 4, "spellcheck": "false"})


def _document(text: str) -> dict[str, Any]:
    """An object; never a file of the server's, as the commands would read it."""
    try:
        found = json.loads(text)
    except ValueError as error:
        raise ValueError(f"This is not JSON: {error}") from None
    if not isinstance(found, dict):
        raise ValueError("The JSON must be an object, as in {...}.")
    return found


class DocumentField(ReadField):
    """A JSON object."""

    read = staticmethod(_document)
    widget = forms.Textarea(attrs={"rows": 14, "spellcheck": "false"})


def _words(text: str) -> list[str]:
    return text.replace(",", " ").split()


class WordsField(ReadField):
    """Words by space or comma."""

    read = staticmethod(_words)
