"""Small charts as plain lists of SVG marks: integers and names in, integers out; no float, no clock, no database.

Every chart is WIDTH units wide and is scaled by the sheet. Colour is never the only sign: each kind of thing has
its own shape or dash as well, and its name beside it. There is a table behind each chart; `label` is it in a sentence.
"""

from pages.charts.curve import payoff
from pages.charts.marks import DOT, Chart, Dot, Level, Line, Mark
from pages.charts.scale import band, place, ticks
from pages.charts.stakes import bonds
from pages.charts.strip import Frame, frame_of, nearest, observed

__all__ = [
    "DOT", "Chart", "Dot", "Frame", "Level", "Line", "Mark",
    "band", "bonds", "frame_of", "nearest", "observed", "payoff", "place", "ticks",
]  # fmt: skip
