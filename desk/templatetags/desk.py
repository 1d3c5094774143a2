"""What the desk's templates ask for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django import template
from django.db.models import Model
from django.template.defaultfilters import capfirst
from django.utils.html import format_html
from django.utils.safestring import SafeString

from desk.kinds import title_of
from desk.queue import Section, queue
from desk.why.page import Link
from operators.models import Proposal
from oracle import clock
from pages.terms_words import readable
from protocol import show

register = template.Library()


@register.simple_tag(takes_context=True)
def work(context: dict[str, Any]) -> Sequence[Section]:
    """The queue, as whoever looks sees it. Sets `now`."""
    context["now"] = clock.now()
    return queue(context["request"].user, now=context["now"])


@register.simple_tag(takes_context=True)
def instant(context: dict[str, Any], second: int | None) -> str | SafeString:
    """An instant in UTC, and how far off it is."""
    if second is None or not 0 <= second <= show.LAST_SECOND:
        return show.utc(second)
    iso, near = datetime.fromtimestamp(second, UTC).isoformat(), show.relative(second, context["now"])
    return format_html(
        '<span><time datetime="{}">{}</time> <small>({})</small></span>', iso, show.utc(second), near
    )


@register.filter
def cell(value: str | Link) -> str | SafeString:
    """Words, or words that lead somewhere."""
    return format_html('<a href="{}">{}</a>', value.href, value.text) if isinstance(value, Link) else value


@register.filter
def crumb(title: Any) -> str:
    """A step of the way to a page. What a row is called is written as it is: a slug, an address, a purpose."""
    if isinstance(title, Proposal):
        return title_of(title)
    return str(title if isinstance(title, Model) else capfirst(title))


@register.filter
def in_units(value: str, what: str) -> str:
    """A term of an expiry also as the form takes it: `50000000000000000 (0.05 ETH)`. Two people agree to the number."""
    name = what.removeprefix("terms.")
    told = value if name == what else readable(name, value)
    return value if told == value else f"{value} ({told})"
