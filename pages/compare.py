"""What the compare strip of an expiry shows: what sources said by the evidence, beside the prices and the reports.

Evidence is what strangers wrote: any source, instant and price. So a source's line is that of one document, the one
with most money behind it, and what lies far from the instant or from what stands is counted and not drawn.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from oracle.models import Act, Expiry
from pages import drawn
from pages.charts import Chart, Frame, Level, Line, band, frame_of, nearest, observed
from protocol import show
from protocol.terms import Terms

SOURCES = 6
WINDOW = 1_800
"""Seconds before and after the instant, where the index does not say how long it is observed."""

Told = tuple[int, str, int]
"""An observation as it stands in a document: unix second, source, price with 18 decimals."""


@dataclass(frozen=True, slots=True)
class Seen:
    """An observation: what a source said at a unix second, 18 decimals; `off` from the price that stands, in words."""

    source: str
    second: int
    price: int
    off: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """A row behind the strip: what a source said nearest to the instant, how often it was asked, how many are drawn."""

    name: str
    nearest: Seen
    count: int
    drawn: int


@dataclass(frozen=True, slots=True)
class Lines:
    """A line for each source; so many of the first are those of the `heaviest` document. Not drawn: `others` of these
    sources in further documents, of which `denied` say something else of the same second than the line does; and what
    `more` sources said, for whom there is no room."""

    lines: Sequence[Line]
    heaviest: int
    others: int
    denied: int
    more: int


@dataclass(frozen=True, slots=True)
class Compare:
    """The strip and what is told below it. `chart` is None where no price stands and no source is named.

    `named` are the prices in it with how far each is off the first. In words: what lies between `agreeing` agrees
    with that one, and sources are drawn up to `window` before and after the instant.
    """

    of: Lines
    chart: Chart | None
    sources: Sequence[Source]
    named: Sequence[tuple[Level, str]]
    agreeing: str
    window: str


def compare(
    row: Expiry, documents: Iterable[Sequence[Told]], terms: Terms, reports: Sequence[Act] = ()
) -> Compare:
    """Of documents with the most money first; asks the database for nothing."""
    of, levels = lines_of(documents), drawn.levels(row)
    at, window, tolerance = instant_of(row), window_of(row), terms.tolerance_ppm
    if not of.lines and not levels:
        return Compare(of, None, [], [], "", "")
    frame = frame_of(of.lines[: of.heaviest], at, window, levels, tolerance)
    return Compare(
        of=of,
        chart=observed(of.lines, at, frame, levels, tolerance, drawn.of_reports(reports)),
        sources=[_source(row, line, frame) for line in of.lines],
        named=[(level, show.off(level.price, levels[0].price)) for level in levels],
        agreeing=" and ".join(map(show.cut, band(levels[0].price, tolerance))) if levels else "",
        window=show.duration(window),
    )


def lines_of(documents: Iterable[Sequence[Told]]) -> Lines:
    """Each source as the first document has it that names it, or whoever bonds the least could add to its line."""
    by_source: dict[str, dict[int, int]] = {}
    heaviest = others = denied = 0
    for told in documents:
        known = set(by_source)
        for second, source, price in told:
            line = by_source.setdefault(source, {})
            if source not in known:
                line.setdefault(second, price)
            others += line.get(second) != price
            denied += line.get(second, price) != price
        heaviest = heaviest or len(by_source)
    lines = [Line(name, sorted(said.items())) for name, said in by_source.items()]
    return Lines(lines[:SOURCES], heaviest, others, denied, len(lines[SOURCES:]))


def seen(row: Expiry, source: str, second: int, price: int) -> Seen:
    centre = row.price or row.standing
    return Seen(source, second, price, show.off(price, centre) if centre else "")


def instant_of(row: Expiry) -> int:
    """The unix second that is priced: the one that the index names where it does, else that of the expiry."""
    return _seconds(row, "instant") or row.expiry_at


def window_of(row: Expiry) -> int:
    """Seconds for which the index is observed, where its spec says so."""
    return _seconds(row, "window") or WINDOW


def _seconds(row: Expiry, name: str) -> int:
    """Of a spec only bounds and tick have a form (PROTOCOL 1): 0 where there is no number of seconds."""
    text = str(row.index.spec.get(name, ""))
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 12 else 0


def _source(row: Expiry, line: Line, frame: Frame) -> Source:
    second, price = nearest(line, instant_of(row))
    inside = sum(frame.holds(*point) for point in line.points)
    return Source(line.name, seen(row, line.name, second, price), len(line.points), inside)
