"""The compare strip: prices around the instant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pages.charts import draw
from pages.charts.about import around, centre_of, near
from pages.charts.marks import DOT, LEFT, LINE, WIDTH, Chart, Dot, Level, Line, Mark, counted
from pages.charts.scale import Axis, band, span
from protocol.arithmetic import lower_median
from protocol.show import cut, decimal, duration
from protocol.terms import PPM

START, END = 120, WIDTH - DOT - 4
HIGH = 280
REACH_PPM = 50_000
"""How far beyond what agrees an observation may lie and still be drawn: in eleven of twelve recordings by the minute no
half hour moved a price so far (2017 to 2022; the twelfth is the crash of 2017-09-04)."""


@dataclass(frozen=True, slots=True)
class Frame:
    """The observations that are drawn, ends included: unix seconds and prices. Anybody may name others."""

    first: int
    last: int
    low: int
    high: int

    def holds(self, second: int, price: int) -> bool:
        return self.first <= second <= self.last and self.low <= price <= self.high


def frame_of(
    heaviest: Sequence[Line], at: int, window: int, levels: Sequence[Level], tolerance_ppm: int
) -> Frame:
    """So many seconds before and after `at`, and prices around the final one; before there is one, around what stands
    and the median, and the middle of what the `heaviest` document says nearest to `at`: a lie that stands hides it.

    There must be a price that stands, or a line.
    """
    centre, stands = centre_of(levels), around(levels, tolerance_ppm)
    ends = [stands] if stands else []
    if heaviest and not (centre and centre.kind == "final"):
        middle = lower_median((nearest(line, at)[1], 1) for line in heaviest)
        ends.append((middle, middle))
    low, high = min(low for low, _ in ends), max(high for _, high in ends)
    return Frame(at - window, at + window, low - low * REACH_PPM // PPM, high + high * REACH_PPM // PPM)


def nearest(line: Line, at: int) -> tuple[int, int]:
    """What a source said nearest to unix second `at`."""
    return min(line.points, key=lambda point: (abs(point[0] - at), point[0]))


def observed(
    lines: Sequence[Line], at: int, frame: Frame, levels: Sequence[Level], tolerance_ppm: int, dots: Sequence[Dot] = ()
) -> Chart:
    """Each source's price around unix second `at`, and money on prices as dots at that second.

    What lies outside of `frame` is told in words. Dots set the scale only where no source does: a liar's would flatten
    the rest. There must be an observation, or a price that stands.
    """
    drawn = [Line(line.name, [point for point in line.points if frame.holds(*point)]) for line in lines]
    drawn = [line for line in drawn if line.points]
    low, high = span(_prices(drawn, frame, levels, tolerance_ppm, dots))
    above, below = _above_and_below(lines, frame, levels, dots, low, high)
    aside = _aside(lines, frame)
    top = 16 + (LINE if above else 0)
    up, across = Axis(low, high, top + HIGH, top), _across(drawn, at)
    marks = [draw.words(f"↑ {above}", LEFT, 28, "tick", "start")] if above else []
    marks += _background(levels, tolerance_ppm, up)
    marks += _instant(at, across, up)
    marks += _stakes(dots, across.at(at), up)
    for number, line in enumerate(drawn):
        marks += _trace(number, line, across, up)
    marks += _names(levels, up)
    y = up.start + 28
    for text in (below and f"↓ {below}", aside):
        y += LINE if text else 0
        marks += [draw.words(text, LEFT, y, "tick", "start")] if text else []
    marks += _legend([line.name for line in drawn], y + 16)
    parts = [f"{line.name} {decimal(line.points[-1][1])} at the end" for line in drawn]
    parts += [counted(len(dots), dots[0].row)] if dots else []
    parts += [text for text in (above, below, aside) if text]
    label = draw.sentence("Prices around the instant", parts, levels)
    return Chart(y + 32 + 32 * -(-len(drawn) // 2), label, tuple(marks))


def _prices(
    lines: Sequence[Line], frame: Frame, levels: Sequence[Level], tolerance_ppm: int, dots: Sequence[Dot]
) -> list[int]:
    """What sets the scale."""
    seen = [price for line in lines for _, price in line.points]
    named = [level.price for level in levels if frame.low <= level.price <= frame.high]
    about = near([] if seen else [dot.price for dot in dots], levels, tolerance_ppm)
    return [*seen, *named, *about] or [frame.low, frame.high]


def _across(lines: Sequence[Line], at: int) -> Axis:
    seconds = [at, *(second for line in lines for second, _ in line.points)]
    first, last = min(seconds), max(seconds)
    return Axis(first, last, START, END) if first < last else Axis(at - 1, at + 1, START, END)


def _above_and_below(
    lines: Sequence[Line], frame: Frame, levels: Sequence[Level], dots: Sequence[Dot], low: int, high: int
) -> tuple[str, str]:
    """What is beyond the scale, in words; empty where nothing is."""
    seen = [price for line in lines for second, price in line.points if frame.first <= second <= frame.last]
    return (
        _told(
            "above",
            sum(price > frame.high for price in seen),
            [dot for dot in dots if dot.price > high],
            [level for level in levels if level.price > high],
        ),
        _told(
            "below",
            sum(price < frame.low for price in seen),
            [dot for dot in dots if dot.price < low],
            [level for level in levels if level.price < low],
        ),
    )


def _told(where: str, seen: int, dots: Sequence[Dot], levels: Sequence[Level]) -> str:
    parts = [counted(seen, "observations")] if seen else []
    if dots:
        parts.append(f"{counted(len(dots), dots[0].row)} with {cut(sum(dot.weight for dot in dots))} ETH")
    parts += [level.name for level in levels]
    return f"{where}: {', '.join(parts)}" if parts else ""


def _aside(lines: Sequence[Line], frame: Frame) -> str:
    """How many observations are too far from the instant."""
    seconds = [second for line in lines for second, _ in line.points]
    earlier, later = sum(each < frame.first for each in seconds), sum(each > frame.last for each in seconds)
    parts = [f"← {counted(earlier, 'observations')} earlier"] if earlier else []
    return ", ".join(parts + ([f"→ {counted(later, 'observations')} later"] if later else []))


def _background(levels: Sequence[Level], tolerance_ppm: int, up: Axis) -> list[Mark]:
    """What agrees, the scale, and the prices that have a name."""
    marks: list[Mark] = []
    centre = centre_of(levels)
    if centre:
        foot, top = (up.at(price) for price in band(centre.price, tolerance_ppm))
        marks.append(draw.box("band", START, top, END, foot))
    marks += draw.grid(up.ticks(), up, START, END)
    for level in levels:
        if up.holds(level.price):
            y = up.at(level.price)
            marks.append(draw.rule(f"level {level.kind}", START, y, END, y))
    return marks


def _names(levels: Sequence[Level], up: Axis) -> list[Mark]:
    """Beside each other, so that none lies on another."""
    named = [level for level in levels if up.holds(level.price)]
    return [
        draw.words(level.name, START + 8 + 220 * number, up.at(level.price) - 6, "name", "start")
        for number, level in enumerate(named)
    ]


def _instant(at: int, across: Axis, up: Axis) -> list[Mark]:
    """The instant, and how long before and after it the ends are, where there is room to say so."""
    x, y = across.at(at), up.start + 28
    side = "start" if x < START + 40 else "end" if x > END - 40 else "middle"
    marks = [draw.rule("instant", x, up.end, x, up.start), draw.words("instant", x, y, "tick", side)]
    if x - START > 200 and at - across.low > 1:
        marks.append(draw.words(f"{duration(at - across.low)} before", START, y, "tick", "start"))
    if END - x > 200 and across.high - at > 1:
        marks.append(draw.words(f"{duration(across.high - at)} after", END, y, "tick", "end"))
    return marks


def _stakes(dots: Sequence[Dot], x: int, up: Axis) -> list[Mark]:
    """Those in the scale, above each other, their areas by wei, small ones on large ones."""
    inside = sorted((dot for dot in dots if up.holds(dot.price)), key=lambda each: -each.weight)
    return [
        draw.stake(
            dot.row, x, up.at(dot.price), draw.radius(dot.weight, inside[0].weight),
            f"{dot.row}: {decimal(dot.price)}, {decimal(dot.weight, least=0)} ETH",
        )
        for dot in inside
    ]  # fmt: skip


def _trace(number: int, line: Line, across: Axis, up: Axis) -> list[Mark]:
    """One source's line; a single observation is a dot."""
    spots = [(across.at(second), up.at(price)) for second, price in line.points]
    style = f"source s{number % 6}"
    if len(spots) == 1:
        x, y = spots[0]
        return [draw.mark("circle", title=line.name, cx=x, cy=y, r=7, **{"class": f"{style} spot"})]
    joined = " ".join(f"{x},{y}" for x, y in spots)
    return [draw.mark("polyline", title=line.name, points=joined, **{"class": style})]


def _legend(names: Sequence[str], top: int) -> list[Mark]:
    """A sample of each line with its name, two in a row."""
    marks = []
    for number, name in enumerate(names):
        x, y = LEFT + 304 * (number % 2), top + 24 + 32 * (number // 2)
        marks.append(draw.rule(f"source s{number % 6}", x, y - 6, x + 48, y - 6))
        marks.append(draw.words(name, x + 58, y, "name", "start"))
    return marks
