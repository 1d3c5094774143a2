"""Small charts as plain lists of SVG marks: integers and names in, integers out; no float, no clock, no database.

Every chart is WIDTH units wide and is scaled by the sheet. Colour is never the only sign: each kind of thing has
its own shape or dash as well, and its name beside it. There is a table behind each chart; `label` is it in a sentence.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import isqrt

from protocol.payoff import redeem_n, redeem_p
from protocol.show import cut, decimal
from protocol.terms import PPM

WIDTH = 640
LEFT, RIGHT = 16, WIDTH - 16
ROW = 70
BIN = 12  # dots that are nearer than this are drawn as one
DOT = 20  # radius of the heaviest
LINE = 34  # for one row of words
STEPS = 48
UNIT = 10**18

Attributes = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """One element: its tag, its attributes in order, the words in it, and what it says when pointed at."""

    tag: str
    attributes: Attributes
    text: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    height: int
    label: str
    marks: tuple[Mark, ...]
    width: int = WIDTH


@dataclass(frozen=True, slots=True)
class Level:
    """A price that is named in a chart; `kind` is one of standing, tentative, final, counter, strike."""

    name: str
    price: int
    kind: str


@dataclass(frozen=True, slots=True)
class Dot:
    """Money on a price. `row` is the row that it is drawn in, `weight` its wei."""

    row: str
    price: int
    weight: int


@dataclass(frozen=True, slots=True)
class Line:
    """What one source saw: (unix second, price) in order of time."""

    name: str
    points: Sequence[tuple[int, int]]


def place(value: int, low: int, high: int, start: int, end: int) -> int:
    """Where `value` of [low, high] lies in [start, end], rounded down; the middle where there is no span."""
    if high == low:
        return (start + end) // 2
    return start + (value - low) * (end - start) // (high - low)


def ticks(low: int, high: int, most: int = 5) -> list[int]:
    """At most `most` round values within [low, high]: multiples of 1, 2 or 5 times a power of ten."""
    if high <= low:
        return [low]
    step = 1
    while True:
        for factor in (1, 2, 5):
            first = -(-low // (step * factor)) * step * factor
            found = list(range(first, high + 1, step * factor)) if _few(first, high, step * factor, most) else None
            if found is not None:
                return found
        step *= 10


def _few(first: int, high: int, step: int, most: int) -> bool:
    return (high - first) // step + 1 <= most


def span(values: Iterable[int]) -> tuple[int, int]:
    """The least and the greatest, with a tenth of room on either side; never below 0."""
    known = list(values)
    low, high = min(known), max(known)
    room = max((high - low) // 10, high // 1000, 1)
    return max(low - room, 0), high + room


def band(price: int, tolerance_ppm: int) -> tuple[int, int]:
    """The least and the greatest price that agree with `price` (PROTOCOL 4)."""
    low = -(-price * (PPM - tolerance_ppm) // PPM)
    return low, price * PPM // (PPM - tolerance_ppm)


def bonds(dots: Sequence[Dot], levels: Sequence[Level], tolerance_ppm: int) -> Chart:
    """Who put how much on which price: a row of marks for each kind of stake, their areas by wei."""
    prices = [dot.price for dot in dots] + [level.price for level in levels]
    centre = _centre(levels)
    agreeing = band(centre.price, tolerance_ppm) if centre else None
    low, high = span([*prices, *(agreeing or ())])
    rows = list(dict.fromkeys(dot.row for dot in dots))
    head = LINE * len(levels)
    foot = head + ROW * len(rows)
    marks = [] if agreeing is None else [_band_across(agreeing, low, high, head, foot)]
    marks += _upright(levels, low, high, foot)
    heaviest = max((weight for row in rows for _, _, weight, _ in _bins(dots, row, low, high)), default=1)
    for number, row in enumerate(rows):
        middle = head + ROW * number + ROW // 2 + 6
        marks.append(_words(row, LEFT, middle - ROW // 2 + 18, "row", "start"))
        for x, price, weight, count in _bins(dots, row, low, high):
            size = max(isqrt(DOT * DOT * weight // heaviest), 4)
            marks.append(_stake(row, x, middle, size, _says(row, price, weight, count)))
            if count > 1:
                marks.append(_words(str(count), x, middle + size + 18, "count", "middle"))
    marks += _price_axis(low, high, foot)
    parts = [f"{len([d for d in dots if d.row == row])} {row}" for row in rows]
    return Chart(foot + LINE + 8, _sentence("Bonds by price", parts, levels), tuple(marks))


def _centre(levels: Sequence[Level]) -> Level | None:
    """What everything is compared with: the final price, else the one that stands."""
    by_kind = {level.kind: level for level in levels}
    return by_kind.get("final") or by_kind.get("standing")


def _bins(dots: Sequence[Dot], row: str, low: int, high: int) -> list[tuple[int, int, int, int]]:
    """(x, price of the first, wei together, number) of the dots of a row that would lie on each other."""
    found: dict[int, list[Dot]] = {}
    for dot in sorted((each for each in dots if each.row == row), key=lambda each: each.price):
        found.setdefault(place(dot.price, low, high, LEFT, RIGHT) // BIN, []).append(dot)
    return [
        (place(each[0].price, low, high, LEFT, RIGHT), each[0].price, sum(dot.weight for dot in each), len(each))
        for each in found.values()
    ]


def _says(row: str, price: int, weight: int, count: int) -> str:
    many = f"{count} {row} around" if count > 1 else f"{row}:"
    return f"{many} {decimal(price)}, {decimal(weight, least=0)} ETH"


def _stake(row: str, x: int, y: int, size: int, title: str) -> Mark:
    kind = row.split()[0].lower()
    if kind == "reports":
        return _mark("circle", title=title, cx=x, cy=y, r=size, **{"class": "stake reports"})
    if kind == "claims":
        side = 2 * size
        return _mark("rect", "", title, x=x - size, y=y - size, width=side, height=side, **{"class": "stake claims"})
    points = f"{x},{y - size} {x + size},{y} {x},{y + size} {x - size},{y}"
    return _mark("polygon", title=title, points=points, **{"class": "stake votes"})


def observed(
    lines: Sequence[Line], at: int, levels: Sequence[Level], tolerance_ppm: int, dots: Sequence[Dot] = ()
) -> Chart | None:
    """The compare strip: each source's price around unix second `at`, and money on prices as dots at that second.

    None where nothing was observed. Dots do not set the scale, or a liar's would flatten everything else.
    """
    points = [point for line in lines for point in line.points]
    if not points:
        return None
    centre = _centre(levels)
    agreeing = band(centre.price, tolerance_ppm) if centre else None
    low, high = span([*(price for _, price in points), *(level.price for level in levels), *(agreeing or ())])
    first, last = min(at, *(second for second, _ in points)), max(at, *(second for second, _ in points))
    if first == last:
        first, last = at - 1, at + 1
    top, foot, left = 16, 296, 120
    marks: list[Mark] = []
    if agreeing:
        upper, lower = (place(price, low, high, foot, top) for price in reversed(agreeing))
        marks.append(_box("band", left, upper, RIGHT, lower))
    for price in ticks(low, high):
        y = place(price, low, high, foot, top)
        marks += [_rule("grid", left, y, RIGHT, y), _words(decimal(price, least=0), left - 10, y + 7, "tick", "end")]
    x = place(at, first, last, left, RIGHT)
    marks += [_rule("instant", x, top, x, foot), _words("instant", x, foot + 28, "tick", "middle")]
    for level in levels:
        y = place(level.price, low, high, foot, top)
        marks += [_rule(f"level {level.kind}", left, y, RIGHT, y)]
        marks.append(_words(level.name, left + 8, y - 6, "name", "start"))
    marks += _at_instant(dots, x, (low, high, foot, top))
    for number, line in enumerate(lines):
        marks += _trace(number, line, (first, last, left, RIGHT), (low, high, foot, top))
    marks += _legend([line.name for line in lines], foot + 44)
    parts = [f"{line.name} {decimal(line.points[-1][1])} at the end" for line in lines if line.points]
    label = _sentence("Prices around the instant", parts, levels)
    return Chart(foot + 60 + 32 * _legend_rows(lines), label, tuple(marks))


Scale = tuple[int, int, int, int]


def _at_instant(dots: Sequence[Dot], x: int, up: Scale) -> list[Mark]:
    """Dots above each other at the instant, their areas by wei; how many lie outside is said in words."""
    low, high, foot, top = up
    inside = sorted((dot for dot in dots if low <= dot.price <= high), key=lambda each: -each.weight)
    heaviest = max((dot.weight for dot in inside), default=0) or 1
    marks = []
    for dot in inside:
        size = max(isqrt(DOT * DOT * dot.weight // heaviest), 4)
        marks.append(_stake(dot.row, x, place(dot.price, *up), size, _says(dot.row, dot.price, dot.weight, 1)))
    side, dx = ("start", 10) if x < WIDTH // 2 else ("end", -10)
    above, below = sum(dot.price > high for dot in dots), sum(dot.price < low for dot in dots)
    if above:
        marks.append(_words(f"↑ {above} {dots[0].row} above", x + dx, top + 16, "tick", side))
    if below:
        marks.append(_words(f"↓ {below} {dots[0].row} below", x + dx, foot - 8, "tick", side))
    return marks


def _trace(number: int, line: Line, across: Scale, up: Scale) -> list[Mark]:
    """One source's line; a single observation is a dot."""
    spots = [(place(second, *across), place(price, *up)) for second, price in line.points]
    style = f"source s{number % 6}"
    if len(spots) == 1:
        return [_mark("circle", title=line.name, cx=spots[0][0], cy=spots[0][1], r=7, **{"class": f"{style} spot"})]
    joined = " ".join(f"{x},{y}" for x, y in spots)
    return [_mark("polyline", title=line.name, points=joined, **{"class": style})]


def _legend_rows(lines: Sequence[Line]) -> int:
    return -(-len(lines) // 2)


def _legend(names: Sequence[str], top: int) -> list[Mark]:
    """A sample of each line with its name, two in a row."""
    marks = []
    for number, name in enumerate(names):
        x, y = LEFT + 304 * (number % 2), top + 24 + 32 * (number // 2)
        marks.append(_rule(f"source s{number % 6}", x, y - 6, x + 48, y - 6))
        marks.append(_words(name, x + 58, y, "name", "start"))
    return marks


def payoff(strike: int, levels: Sequence[Level]) -> Chart:
    """What one P and one N pay by the final price, and where the named prices are; P + N is always 1."""
    low, high = 0, 2 * max([strike, *(level.price for level in levels)])
    head = LINE * (len(levels) + 1)
    top, foot, left = head + 8, head + 224, 50
    marks: list[Mark] = []
    for value in (0, UNIT // 2, UNIT):
        y = place(value, 0, UNIT, foot, top)
        marks += [_rule("grid", left, y, RIGHT, y), _words(decimal(value, least=0), left - 10, y + 7, "tick", "end")]
    named = [Level("strike S", strike, "strike"), *levels]
    marks += _upright(named, low, high, foot, left=left)
    for name, redeem in (("P", redeem_p), ("N", redeem_n)):
        spots = []
        for step in range(1, STEPS + 1):
            price = high * step // STEPS
            y = place(redeem(UNIT, strike, price), 0, UNIT, foot, top)
            spots.append((place(price, low, high, left, RIGHT), y))
        start = (left, top if name == "P" else foot)
        joined = " ".join(f"{x},{y}" for x, y in [start, *spots])
        marks.append(_mark("polyline", points=joined, **{"class": f"pays {name.lower()}"}))
        marks.append(_words(name, RIGHT - 4, spots[-1][1] + (-12 if name == "P" else 30), "name", "end"))
    marks += _price_axis(low, high, foot, left=left)
    parts = [
        f"at {level.name} {decimal(level.price)} one P pays {decimal(redeem_p(UNIT, strike, level.price), least=0)}"
        f" and one N {decimal(redeem_n(UNIT, strike, level.price), least=0)}"
        for level in levels
    ]
    return Chart(foot + LINE + 8, _sentence(f"Payoff of P and N at strike {decimal(strike)}", parts, ()), tuple(marks))


def _upright(levels: Sequence[Level], low: int, high: int, foot: int, left: int = LEFT) -> list[Mark]:
    """A line for each named price, its name in a row of its own, so that names never lie on each other."""
    marks = []
    for number, level in enumerate(levels):
        x, y = place(level.price, low, high, left, RIGHT), LINE * number + 24
        side, dx = ("start", 8) if x < WIDTH // 2 else ("end", -8)
        marks.append(_rule(f"level {level.kind}", x, y - 18, x, foot))
        marks.append(_words(f"{level.name} {cut(level.price)}", x + dx, y, "name", side))
    return marks


def _band_across(agreeing: tuple[int, int], low: int, high: int, top: int, foot: int) -> Mark:
    start, end = (place(price, low, high, LEFT, RIGHT) for price in agreeing)
    return _box("band", start, top, max(end, start + 2), foot)


def _price_axis(low: int, high: int, y: int, left: int = LEFT) -> list[Mark]:
    marks = [_rule("axis", left, y, RIGHT, y)]
    for price in ticks(low, high):
        x = place(price, low, high, left, RIGHT)
        side = "start" if x < left + 50 else "end" if x > RIGHT - 50 else "middle"
        marks.append(_rule("axis", x, y, x, y + 6))
        marks.append(_words(decimal(price, least=0), x, y + 30, "tick", side))
    return marks


def _sentence(head: str, parts: Sequence[str], levels: Sequence[Level]) -> str:
    named = [f"{level.name} {decimal(level.price)}" for level in levels]
    return f"{head}: {'; '.join([*parts, *named]) or 'nothing yet'}."


def _rule(kind: str, x1: int, y1: int, x2: int, y2: int) -> Mark:
    return _mark("line", x1=x1, y1=y1, x2=x2, y2=y2, **{"class": kind})


def _box(kind: str, left: int, top: int, right: int, foot: int) -> Mark:
    return _mark("rect", x=left, y=top, width=right - left, height=foot - top, **{"class": kind})


def _words(text: str, x: int, y: int, kind: str, anchor: str) -> Mark:
    return _mark("text", text, x=x, y=y, **{"class": kind, "text-anchor": anchor})


def _mark(tag: str, text: str = "", title: str = "", **attributes: str | int) -> Mark:
    return Mark(tag, tuple((name, str(value)) for name, value in attributes.items()), text, title)
