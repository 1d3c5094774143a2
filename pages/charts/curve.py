"""What P and N pay by the final price."""

from __future__ import annotations

from collections.abc import Sequence

from pages.charts import draw
from pages.charts.marks import LINE, RIGHT, Chart, Level
from pages.charts.scale import Axis
from protocol.payoff import redeem_n, redeem_p
from protocol.show import decimal

STEPS = 48
UNIT = 10**18


def payoff(strike: int, levels: Sequence[Level]) -> Chart:
    """What one P and one N pay by the final price, and where the named prices are; P + N is always 1."""
    head = LINE * (len(levels) + 1)
    top, foot, left = head + 8, head + 224, 50
    across = Axis(0, 2 * max([strike, *(level.price for level in levels)]), left, RIGHT)
    up = Axis(0, UNIT, foot, top)
    marks = draw.grid((0, UNIT // 2, UNIT), up, left)
    marks += draw.upright([Level("strike S", strike, "strike"), *levels], across, foot)
    for name, redeem in (("P", redeem_p), ("N", redeem_n)):
        spots = [(left, top if name == "P" else foot)]
        for step in range(1, STEPS + 1):
            price = across.high * step // STEPS
            spots.append((across.at(price), up.at(redeem(UNIT, strike, price))))
        joined = " ".join(f"{x},{y}" for x, y in spots)
        marks.append(draw.mark("polyline", points=joined, **{"class": f"pays {name.lower()}"}))
        marks.append(draw.words(name, RIGHT - 4, _beside(spots[-1][1], name == "N", top, foot), "name", "end"))
    marks += draw.price_axis(across, foot)
    parts = [
        f"at {level.name} {decimal(level.price)} one P pays {decimal(redeem_p(UNIT, strike, level.price), least=0)}"
        f" and one N {decimal(redeem_n(UNIT, strike, level.price), least=0)}"
        for level in levels
    ]
    label = draw.sentence(f"Payoff of P and N at strike {decimal(strike)}", parts, ())
    return Chart(foot + LINE + 8, label, tuple(marks))


def _beside(end: int, above: bool, top: int, foot: int) -> int:
    """Where the name of a curve stands that ends at `end`: on that side of it, on the other where there is no room.

    N ends above P, or where P does: the axis reaches at least to twice the strike, where both pay one half.
    """
    over, under = end - 12, end + 30
    return over if under > foot - 4 or (above and over > top + 4) else under
