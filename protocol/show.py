"""Numbers and times as people read them. Exact: nothing is rounded, no float."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

DECIMALS = 18
UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))
LAST_SECOND = 253_402_300_799  # the year 9999; later instants are shown as the number they are


def decimal(value: int | None, decimals: int = DECIMALS, least: int = 2) -> str:
    """An integer with so many decimals: `2,500.00`; at least `least` of them, without further zeros at the end."""
    if value is None:
        return "–"
    whole, rest = divmod(abs(value), 10**decimals)
    digits = str(rest).rjust(decimals, "0") if decimals else ""
    kept = max(len(digits.rstrip("0")), min(least, decimals))
    fraction = f".{digits[:kept]}" if kept else ""
    return f"{'-' if value < 0 else ''}{whole:,}{fraction}"


def cut(value: int | None, decimals: int = DECIMALS, most: int = 4) -> str:
    """As `decimal`, with at most so many decimals; `…` where there would be more. For sentences and charts."""
    whole = decimal(value, decimals, least=0)
    head, point, fraction = whole.partition(".")
    return whole if len(fraction) <= most else f"{head}{point}{fraction[:most]}…"


def brief(value: int | None, decimals: int = DECIMALS, digits: int = 6) -> str:
    """As `cut`, after so many significant digits, but two decimals at least. For tables: `0.833333…`, `12.3456…`."""
    places = len(str(abs(value or 0))) - decimals
    return cut(value, decimals, max(digits - places, 2))


def typed(value: int, decimals: int = DECIMALS) -> str:
    """An integer as somebody would type it: `2500.25`; fit for a form and for an address."""
    return decimal(value, decimals, least=0).replace(",", "")


def ether(wei: int | None) -> str:
    """`1.2 ETH`; tiny amounts in wei, so that nobody counts zeros."""
    if wei is None:
        return "–"
    if 0 < abs(wei) < 10**9:
        return f"{wei:,} wei"
    return f"{decimal(wei, least=0)} ETH"


def share(part: int, whole: int) -> str:
    """`42.5 %`, cut to a tenth; a dash where there is nothing to share."""
    if not whole:
        return "–"
    tenths = part * 1000 // whole
    return f"{tenths // 10}.{tenths % 10} %"


def off(price: int, base: int) -> str:
    """How far `price` is from `base` in basis points of that, from 100 on in percent, cut to hundredths: `-99.90 bp`,
    `-4.00 %`, `0 bp`."""
    if price == base:
        return "0 bp"
    hundredths, unit = abs(price - base) * 1_000_000 // base, "bp"
    if hundredths >= 100 * 100:
        hundredths, unit = hundredths // 100, "%"
    return f"{'+' if price > base else '-'}{hundredths // 100:,}.{hundredths % 100:02d} {unit}"


def utc(second: int | None) -> str:
    """`2026-12-25 08:00:00 UTC`"""
    if second is None or not 0 <= second <= LAST_SECOND:
        return "–" if second is None else str(second)
    return f"{datetime.fromtimestamp(second, UTC):%Y-%m-%d %H:%M:%S} UTC"


def duration(seconds: int) -> str:
    """`2 d 4 h`, at most two units; `0 s`."""
    parts: list[str] = []
    left = abs(seconds)
    for size, name in UNITS:
        count, left = divmod(left, size)
        if count or (size == 1 and not parts):
            parts.append(f"{count} {name}")
        elif parts:
            break
        if len(parts) == 2:
            break
    return " ".join(parts)


def relative(second: int, now: int) -> str:
    """`in 3 h 20 min`, `5 min ago`, `now`"""
    if second == now:
        return "now"
    span = duration(second - now)
    return f"in {span}" if second > now else f"{span} ago"


def pair(spec: dict[str, Any], fallback: str) -> str:
    """What an index prices, as in ETH/USD."""
    if spec.get("base") and spec.get("quote"):
        return f"{spec['base']}/{spec['quote']}"
    return str(spec.get("pair") or spec.get("name") or fallback)
