"""Form fields whose values are integers and whose text is decimal."""

from __future__ import annotations

from typing import Any

from django import forms

from pages import reading
from protocol import show


class DecimalField(forms.CharField):
    """A decimal number as an integer with `decimals`; None where it is empty and not required."""

    def __init__(self, *, decimals: int = show.DECIMALS, unit: str = "", **options: Any) -> None:
        self.decimals, self.unit = decimals, unit
        # `text`, not `number`: a browser's number field rounds, and turns at the mouse wheel.
        attrs = {"inputmode": "decimal", "autocomplete": "off", "spellcheck": "false"}
        super().__init__(widget=forms.TextInput(attrs=attrs), **options)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        try:
            found = reading.decimal(text, self.decimals)
        except ValueError as error:
            raise forms.ValidationError(str(error)) from None
        if found == 0:
            raise forms.ValidationError("It must be more than 0.")
        return found


class EtherField(DecimalField):
    """ETH as wei."""

    def __init__(self, **options: Any) -> None:
        super().__init__(unit="ETH", **options)
