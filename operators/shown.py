"""How the admin shows a column: times in UTC, amounts in ETH, prices as decimals. The exact number is the title."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import admin
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils.html import format_html
from django.utils.safestring import SafeString

from protocol import show

Show = Callable[[Any], str | SafeString]

# Names are the words of the protocol, so they say what a number is.
TIMES = {"at", "since", "deadline", "clock", "last_seen", "timestamp", "held_until"}
PRICES = {"price", "standing", "tentative", "strike", "best_ballot_price"}
ADDRESS_LENGTH = 42


def time(second: int) -> SafeString:
    """Unix seconds."""
    return format_html('<time class="desk-value" title="{}">{}</time>', second, show.utc(second))


def price(value: int) -> SafeString:
    """18 decimals."""
    return format_html('<span class="desk-value" title="{}">{}</span>', value, show.decimal(value))


def ether(wei: int) -> SafeString:
    """Wei."""
    return format_html('<span class="desk-value" title="{} wei">{}</span>', wei, show.ether(wei))


def units(value: int) -> SafeString:
    """What has no decimals, or those of a token that another column names."""
    return format_html('<span class="desk-value">{}</span>', f"{value:,}")


def lines(value: Any) -> SafeString:
    """JSON."""
    return format_html('<pre class="desk-lines">{}</pre>', json.dumps(value, indent=2, ensure_ascii=False))


def word(text: str) -> str | SafeString:
    """A hash or an address in a list: its ends, with the whole of it as the title; any other word as it is."""
    if not text.startswith("0x") or len(text) < ADDRESS_LENGTH:
        return text
    return format_html('<code class="desk-value" title="{}">{}…{}</code>', text, text[:8], text[-4:])


def how(field: models.Field[Any, Any], *, in_list: bool) -> Show | None:
    """What a column of this name and type is shown by; None: as Django does."""
    if field.name in TIMES or field.name.endswith("_at"):
        return time
    if field.name in PRICES:
        return price
    if isinstance(field, models.JSONField):
        return lines
    if field.get_internal_type() == "WholeField":
        return ether
    return word if in_list and isinstance(field, models.TextField) and not field.choices else None


def column(
    model: type[models.Model], name: Any, overrides: Mapping[str, Show], *, in_list: bool = False
) -> Any:
    """`name` of a list or form of the admin, as something that is shown in our words where it is such a column."""
    if not isinstance(name, str):
        return name
    try:
        field = model._meta.get_field(name)
    except FieldDoesNotExist:
        return name
    if not isinstance(field, models.Field):
        return name
    shows = overrides.get(name) or how(field, in_list=in_list)
    if shows is None:
        return name

    @admin.display(description=field.verbose_name, ordering=name, empty_value="–")
    def shown(row: models.Model) -> str | SafeString | None:
        value = getattr(row, name)
        return None if value is None else shows(value)

    shown.__name__ = name  # by which the admin finds its help text
    return shown
