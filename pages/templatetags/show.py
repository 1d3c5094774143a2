"""protocol/show.py in templates."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from html import escape
from typing import Any

from django import template
from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import SafeString

from oracle import sealing
from oracle.models import Act, Expiry
from pages import dispute_words, terms_words, told
from pages.acting.document import SENTENCES, Line, summary
from pages.charts import Chart, Mark
from protocol import show, signing
from settlement.models import ETH

KINDS = {"VoteCommit": "Vote (sealed)", "VoteReveal": "Vote revealed"}

register = template.Library()

register.filter("ether", show.ether)
register.filter("utc", show.utc)
register.filter("duration", show.duration)
register.filter("share_of", show.share)
register.filter("percent", terms_words.percent)
register.filter("materiality", dispute_words.materiality)
register.filter("moves", dispute_words.moves)
register.filter("why_refused", dispute_words.why_refused)
register.filter("most_moved", dispute_words.most_moved)
register.filter("quote_rows", dispute_words.quote_rows)
register.filter("left_out", dispute_words.left_out)
register.filter("verdict", dispute_words.verdict)
register.filter("could_gain", dispute_words.could_gain)
register.filter("at_stake", dispute_words.at_stake)


@register.filter
def price(value: int | None) -> str:
    """A price with 18 decimals."""
    return show.decimal(value)


@register.filter
def signed_ether(wei: int | None) -> str:
    """`+1.2 ETH`, `-0.4 ETH`, cut to four decimals"""
    return f"{'+' if wei is not None and wei > 0 else ''}{about_ether(wei)}"


@register.filter
def about_ether(wei: int | None) -> str:
    """For a sentence, and for a table whose rows can be long; a receipt and the transcript have it in full."""
    return "–" if wei is None else f"{show.cut(wei)} ETH" if abs(wei) >= 10**14 else show.ether(wei)


@register.filter
def typed(value: int) -> str:
    """A price as somebody would type it, for an address."""
    return show.typed(value)


@register.filter
def units(value: int, decimals: int) -> str:
    """An amount of a token."""
    return show.decimal(value, decimals, least=0)


@register.filter
def short(value: str | None) -> str | SafeString:
    """A hash or an address by its ends, for a link to where the whole of it stands; elsewhere it is `whole`."""
    if not value:
        return "–"
    return SafeString(f'<code title="{escape(value)}">{escape(value[:8])}…{escape(value[-4:])}</code>')


@register.filter
def whole(value: str | None) -> str | SafeString:
    """A hash or an address by its ends, unfolding to all of it: also by keyboard and touch. Not for inside a <p>."""
    if not value:
        return "–"
    return SafeString(
        f'<details class="whole"><summary>{short(value)}</summary><code>{escape(value)}</code></details>'
    )


@register.filter
def on_chain(address: str | None, full: bool = False) -> str | SafeString:
    """An address, as a link to the block explorer where there is one; `full` in a sentence or where there is room."""
    return _at_explorer("address", address, full)


@register.filter
def transaction(tx: str | None, full: bool = False) -> str | SafeString:
    """A transaction's hash, likewise."""
    return _at_explorer("tx", tx, full)


def _at_explorer(kind: str, value: str | None, full: bool) -> str | SafeString:
    if not value:
        return "–"
    shown = SafeString(f"<code>{escape(value)}</code>") if full else short(value)
    if settings.EXPLORER_URL:
        return SafeString(f'<a href="{settings.EXPLORER_URL}/{kind}/{escape(value)}" rel="noreferrer">{shown}</a>')
    return shown if full else whole(value)


@register.simple_tag(takes_context=True)
def when(context: dict[str, Any], second: int | None) -> str | SafeString:
    """An instant in UTC, and how far off it is from `now`."""
    if second is None or not 0 <= second <= show.LAST_SECOND:
        return show.utc(second)
    iso = datetime.fromtimestamp(second, UTC).isoformat()
    near = show.relative(second, context["now"])
    return format_html('<time datetime="{}">{}</time> <small class="near">({})</small>', iso, show.utc(second), near)


@register.simple_tag(takes_context=True)
def nav(context: dict[str, Any], path: str, word: str) -> SafeString:
    """A link of the site's menu, marked on the pages below it."""
    request = context.get("request")
    here = ' aria-current="page"' if request is not None and request.path.startswith(path) else ""
    return SafeString(f'<a href="{path}"{here}>{word}</a>')


@register.simple_tag
def event_words() -> str:
    """What is said of each kind of event to whoever has the page open, as JSON."""
    return json.dumps(told.HAPPENED)


@register.filter
def title(expiry: Expiry) -> str:
    """`ETH/USD`"""
    return show.pair(expiry.index.spec, expiry.index.slug)


@register.filter
def account_link(address: str | None) -> str | SafeString:
    """An address as a link to its page."""
    if not address:
        return "–"
    return SafeString(f'<a href="/accounts/{escape(address)}/">{short(address)}</a>')


@register.filter
def is_sealed(act: Act) -> bool:
    return sealing.is_sealed(act)


@register.filter
def public_price(act: Act) -> str:
    """The price an act names, or that it is sealed."""
    return "sealed" if sealing.is_sealed(act) else show.decimal(sealing.public_price(act))


@register.filter
def amount(act: Act) -> int | None:
    """Wei that the act moved: what was taken of a bond, else the amount that it names."""
    if not act.amount and "amount" in act.message:
        return int(act.message["amount"])
    return act.amount


@register.filter
def public_message(act: Act) -> str:
    """The message as indented JSON, without what is sealed."""
    return json.dumps(sealing.public_message(act), indent=2)


@register.filter
def kind(act: Act) -> str:
    """An act's kind for a person; transcripts have the protocol's name of it."""
    return KINDS.get(act.kind, act.kind)


@register.filter
def in_words(act: Act) -> list[Line]:
    """What its author read before signing it, but for fine print and what is sealed; nothing where no account did."""
    if act.kind not in SENTENCES:
        return []
    told_by = sealing.public_message(act)
    lines = summary(act.kind, signing.parse(act.kind, act.message), act.expiry)
    return [line for line in lines if line.field in told_by and not line.fine]


@register.filter
def about_units(value: int | str | None, decimals: int) -> str:
    """An amount of a token for a table, in six digits or so: where it leads has it in full. A dash where there is none
    (a name that a template does not find is empty text)."""
    return show.brief(value, decimals) if isinstance(value, int) else "–"


@register.filter
def token(address: str, full: bool = False) -> str | SafeString:
    """A collateral: ETH, or the token's address."""
    return "ETH" if address == ETH else on_chain(address, full)


@register.filter
def marks(chart: Chart) -> SafeString:
    """What stands in a chart's SVG; a template takes twenty times as long for hundreds of attributes."""
    return SafeString("".join(_mark(mark) for mark in chart.marks))


def _mark(mark: Mark) -> str:
    attributes = "".join(f' {name}="{escape(value)}"' for name, value in mark.attributes)
    title = f"<title>{escape(mark.title)}</title>" if mark.title else ""
    return f"<{mark.tag}{attributes}>{title}{escape(mark.text)}</{mark.tag}>"
