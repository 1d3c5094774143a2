"""Charts: where things lie, that names never lie on each other, and that they say in words what they draw."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pages import charts
from pages.charts import Chart, Dot, Level, Line, Mark
from protocol.arithmetic import agree

ETHER = 10**18
STANDING = Level("standing", 2_500 * ETHER, "standing")


def of_kind(chart: Chart, kind: str) -> list[Mark]:
    return [mark for mark in chart.marks if kind in dict(mark.attributes).get("class", "").split()]


def number(mark: Mark, name: str) -> int:
    return int(dict(mark.attributes)[name])


@given(st.integers(0, 2**120), st.integers(0, 2**120), st.integers(1, 8))
def test_ticks__any_span__few_round_and_inside(a: int, b: int, most: int) -> None:
    low, high = sorted((a, b))
    found = charts.ticks(low, high, most)
    assert len(found) <= max(most, 1)
    assert all(low <= tick <= high for tick in found)
    steps = {after - before for before, after in zip(found, found[1:], strict=False)}
    assert len(steps) <= 1
    assert all(str(step).rstrip("0") in ("1", "2", "5") for step in steps)


@given(st.integers(1, 2**119), st.integers(0, 999_999), st.integers(-3, 3))
def test_band__at_its_edges__is_where_prices_agree(price: int, tolerance: int, step: int) -> None:
    low, high = charts.band(price, tolerance)
    for edge, inside in ((low, step >= 0), (high, step <= 0)):
        other = edge + step
        if other > 0 and (low <= other <= high) == inside:
            assert agree(other, price, tolerance) == (low <= other <= high)


def test_place__ends_and_middle() -> None:
    assert [charts.place(value, 10, 20, 0, 100) for value in (10, 15, 20)] == [0, 50, 100]
    assert charts.place(15, 10, 20, 100, 0) == 50
    assert charts.place(7, 7, 7, 0, 100) == 50


def test_bonds__a_bond_four_times_as_large__has_twice_the_radius() -> None:
    dots = [Dot("reports", 2_490 * ETHER, ETHER), Dot("reports", 2_510 * ETHER, 4 * ETHER)]
    small, large = of_kind(charts.bonds(dots, [STANDING], 1_000), "reports")
    assert number(large, "r") == 2 * number(small, "r") == charts.DOT
    assert number(small, "cx") < number(large, "cx")
    assert small.title == "reports: 2,490.00, 1 ETH"


def test_bonds__many_at_one_price__one_mark_with_their_number() -> None:
    chart = charts.bonds([Dot("reports", 2_500 * ETHER, ETHER)] * 7, [STANDING], 1_000)
    (dot,) = of_kind(chart, "reports")
    assert dot.title == "7 reports: 2,500.00, 7 ETH"
    (count,) = of_kind(chart, "count")
    assert count.text == "7"
    assert number(count, "y") < number(of_kind(chart, "axis")[0], "y1"), "it stands above the scale"


def test_bonds__ten_thousand__no_more_marks_than_fit() -> None:
    dots = [Dot("reports", 2_000 * ETHER + n * ETHER // 10, ETHER) for n in range(10_000)]
    assert len(charts.bonds(dots, [STANDING], 1_000).marks) < 200


def test_bonds__each_kind__has_a_shape_of_its_own() -> None:
    dots = [Dot(row, 2_500 * ETHER, ETHER) for row in ("reports", "claims", "votes")]
    chart = charts.bonds(dots, [STANDING], 1_000)
    assert [mark.tag for mark in of_kind(chart, "stake")] == ["circle", "rect", "polygon"]
    assert chart.label == "Bonds by price: 1 report; 1 claim; 1 vote; standing 2,500.00."


def test_levels__near_each_other__have_a_row_each() -> None:
    levels = [STANDING, Level("counter", 2_501 * ETHER, "counter"), Level("median", 2_502 * ETHER, "tentative")]
    names = of_kind(charts.bonds([Dot("reports", 2_500 * ETHER, ETHER)], levels, 1_000), "name")
    rows = [number(mark, "y") for mark in names]
    assert len(set(rows)) == len(levels)


def test_payoff__at_and_above_the_strike__p_falls_and_both_are_one() -> None:
    chart = charts.payoff(2_000 * ETHER, [Level("final", 4_000 * ETHER, "final")])
    p, n = of_kind(chart, "pays")
    spots = [
        [tuple(map(int, spot.split(","))) for spot in dict(each.attributes)["points"].split()] for each in (p, n)
    ]
    top, foot = spots[0][0][1], spots[1][0][1]
    for (x, up), (other, down) in zip(*spots, strict=True):
        assert x == other
        assert abs((foot - up) + (foot - down) - (foot - top)) <= 1
    assert spots[0][len(spots[0]) // 5][1] == top  # far below the strike a P pays all
    assert spots[0][-1][1] > top
    assert "at final 4,000.00 one P pays 0.5 and one N 0.5" in chart.label


@pytest.mark.parametrize("price", [1, 900, 1_999, 2_000, 2_001, 2_100, 2_600, 5_000, 10_000, 50_000, 10**6])
def test_payoff__names_of_the_curves__each_is_nearer_to_its_own_end(price: int) -> None:
    chart = charts.payoff(2_000 * ETHER, [Level("final", price * ETHER, "final")])
    ends = [int(dict(each.attributes)["points"].rpartition(",")[2]) for each in of_kind(chart, "pays")]
    at = {mark.text: number(mark, "y") for mark in of_kind(chart, "name")}
    middles = [at[name] - 8 for name in ("P", "N")]
    for own, other in ((0, 1), (1, 0)):
        nearer = abs(middles[own] - ends[own]) < abs(middles[own] - ends[other])
        assert nearer or (ends[0] == ends[1] and middles[0] > middles[1]), (price, own)
    assert abs(middles[0] - middles[1]) > 22, "nor do the names lie on each other"
    assert max(at["P"], at["N"]) < number(of_kind(chart, "axis")[0], "y1"), "nor on the scale's"


@given(st.lists(st.integers(1, 10_000), min_size=1, max_size=5))
def test_payoff__any_levels__no_line_goes_through_a_name(prices: list[int]) -> None:
    levels = [Level("standing", price * ETHER, "standing") for price in prices]
    chart = charts.payoff(5_000 * ETHER, levels)
    assert crossed(chart) == []


@pytest.mark.parametrize("median", [2_400, 2_499])
def test_bonds__a_price_near_the_right_end__no_line_goes_through_a_name(median: int) -> None:
    counter, median_level = Level("counter", 2_501 * ETHER, "counter"), Level("median", median * ETHER, "tentative")
    chart = charts.bonds([Dot("reports", 2_470 * ETHER, ETHER)], [STANDING, counter, median_level], 1_000)
    assert len(of_kind(chart, "level")) == 3
    assert crossed(chart) == []
    assert "end" in {dict(mark.attributes)["text-anchor"] for mark in of_kind(chart, "name")}


def crossed(chart: Chart) -> list[str]:
    """Names of levels that a line goes through, by the widths that letters have on a narrow screen."""
    found = []
    for name in (mark for mark in of_kind(chart, "name") if len(mark.text) > 1):
        x, y, wide = number(name, "x"), number(name, "y"), 11 * len(name.text)
        left = x if dict(name.attributes)["text-anchor"] == "start" else x - wide
        assert left >= 0
        assert left + wide <= chart.width
        for line in of_kind(chart, "level"):
            if number(line, "y1") < y and left < number(line, "x1") < left + wide:
                found.append(name.text)
    return found


def strip(lines: list[Line], levels: list[Level], dots: Sequence[Dot] = (), window: int = 60) -> Chart:
    """Around second 100."""
    frame = charts.frame_of(lines[: len(HONEST)], 100, window, levels, 1_000)
    return charts.observed(lines, 100, frame, levels, 1_000, dots)


HONEST = [
    Line("a", [(90, 2_500 * ETHER), (110, 2_510 * ETHER)]),
    Line("b", [(90, 2_490 * ETHER), (110, 2_500 * ETHER)]),
]
WILD = [(100, 10**33), (100, 1), (253_402_300_799, 2_500 * ETHER), (1, 2_500 * ETHER), (2, 10**33)]


def test_observed__two_sources__a_line_each_in_a_style_of_its_own() -> None:
    chart = strip([*HONEST, Line("c", [(100, 2_505 * ETHER)])], [STANDING])
    traces = [mark for mark in of_kind(chart, "source") if mark.tag != "line"]
    assert [mark.tag for mark in traces] == ["polyline", "polyline", "circle"]
    assert len({dict(mark.attributes)["class"].split()[1] for mark in traces}) == 3
    first = dict(traces[0].attributes)["points"].split()
    assert int(first[0].split(",")[1]) > int(first[1].split(",")[1])  # a higher price lies higher
    assert {"a", "b", "c"} <= {mark.text for mark in chart.marks}


def test_observed__with_reports__draws_those_in_scale_and_counts_the_others() -> None:
    dots = [Dot("reports", price * ETHER, weight) for price, weight in ((2_500, 4), (2_505, 1), (1, 9), (90_000, 9))]
    plain, chart = (strip(HONEST, [STANDING], given) for given in ((), dots))
    assert shape(plain) == shape(chart), "a liar's report does not change the scale"
    heavy, light = of_kind(chart, "stake")
    assert number(heavy, "r") == 2 * number(light, "r")
    assert number(heavy, "cy") > number(light, "cy")
    edges = {"↑ above: 1 report with 0.0000… ETH", "↓ below: 1 report with 0.0000… ETH"}
    assert edges <= {mark.text for mark in chart.marks}


def shape(chart: Chart) -> list[list[tuple[int, int]]]:
    """Each line by how its points lie to the first one's."""
    lines = [dict(mark.attributes)["points"] for mark in chart.marks if mark.tag == "polyline"]
    spots = [[tuple(map(int, spot.split(","))) for spot in line.split()] for line in lines]
    return [[(x - line[0][0], y - line[0][1]) for x, y in line] for line in spots]


@pytest.mark.parametrize("wild", [(point,) for point in WILD] + [tuple(WILD)])
@pytest.mark.parametrize("levels", [[STANDING], []])
def test_observed__a_stranger_names_any_second_and_price__the_honest_lines_are_drawn_as_before(
    wild: tuple[tuple[int, int], ...], levels: list[Level]
) -> None:
    plain, chart = strip(HONEST, levels), strip([*HONEST, Line("x", sorted(wild))], levels)
    assert shape(chart) == shape(plain)
    assert "x" not in {mark.text for mark in chart.marks}, "nothing of it is drawn"


def test_observed__outside_of_the_frame__is_told_at_the_edge_and_in_the_label() -> None:
    chart = strip([*HONEST, Line("x", sorted([*WILD, (99, 2_505 * ETHER)]))], [STANDING])
    edges = ["↑ above: 1 observation", "↓ below: 1 observation", "← 2 observations earlier, → 1 observation later"]
    assert [mark.text for mark in chart.marks if mark.text[:1] in ("↑", "↓", "←")] == edges
    assert "above: 1 observation; below: 1 observation; ← 2 observations earlier" in chart.label
    assert "x" in {mark.text for mark in chart.marks}, "what it said near the instant is drawn"


@given(st.lists(st.integers(1, 5_000), min_size=2, max_size=9))
def test_observed__prices_as_on_a_day_of_a_crash__all_are_drawn(off: list[int]) -> None:
    price = STANDING.price
    line = Line("a", [(100 + n, price + price * each * (-1) ** n // 100_000) for n, each in enumerate(off)])
    assert [len(each) for each in shape(strip([line], [STANDING]))] == [len(off)]


def test_observed__a_lie_stands_and_is_the_median__the_sources_are_drawn_beside_it() -> None:
    chart = strip(HONEST, [Level("standing = median", 3_500 * ETHER, "standing")])
    assert len(shape(chart)) == len(HONEST)
    assert len(of_kind(chart, "level")) == 1
    assert not [mark.text for mark in chart.marks if mark.text[:1] in ("↑", "↓")]
    assert "4 observations" not in chart.label


def test_observed__standing_lies_far_from_the_median__both_and_the_sources_are_in_it() -> None:
    levels = [Level("standing", 90_000 * ETHER, "standing"), Level("median", 2_500 * ETHER, "tentative")]
    chart = strip(HONEST, levels)
    assert len(of_kind(chart, "level")) == len(shape(chart)) == 2
    final = [Level("final", 90_000 * ETHER, "final"), levels[1]]
    assert [mark.text for mark in strip(HONEST, final).marks if "↓" in mark.text] == ["↓ below: 4 observations, median"]


def test_observed__no_source__levels_band_and_reports_all_the_same() -> None:
    dots = [Dot("reports", price * ETHER, ETHER) for price in (2_499, 2_506, 10**6)]
    chart = strip([], [STANDING], dots)
    (band,) = of_kind(chart, "band")
    assert number(band, "height") >= 10
    assert len(of_kind(chart, "stake")) == 2
    assert "↑ above: 1 report with 1 ETH" in {mark.text for mark in chart.marks}
    assert chart.label == (
        "Prices around the instant: 3 reports; above: 1 report with 1 ETH; standing 2,500.00."
    )


@given(
    st.lists(st.tuples(st.integers(0, 10**12), st.integers(1, 2**120 - 1)), min_size=1, max_size=9),
    st.integers(1, 2**120 - 1), st.integers(1, 2**120 - 1), st.integers(1, 10**6),
)  # fmt: skip
def test_observed__anything__everything_lies_inside(
    points: list[tuple[int, int]], price: int, median: int, window: int
) -> None:
    levels = [Level("standing", price, "standing"), Level("median", median, "tentative")]
    chart = strip([Line("a", sorted(points))], levels, [Dot("reports", each, 1) for _, each in points], window)
    for mark in chart.marks:
        for name, value in mark.attributes:
            if name in ("x", "cx", "x1", "x2", "y", "cy", "y1", "y2"):
                assert 0 <= int(value) <= (chart.width if "x" in name else chart.height)


def test_bonds__one_report_at_a_wild_price__the_others_stay_apart_and_it_stands_at_the_edge() -> None:
    honest = [Dot("reports", (2_500 + n) * ETHER, ETHER) for n in range(5)]
    wild = [Dot("reports", 10**6 * ETHER, 3 * ETHER), Dot("reports", 2 * 10**6 * ETHER, ETHER), Dot("claims", 1, 7)]
    chart = charts.bonds([*honest, *wild], [STANDING], 1_000)
    inside = [mark for mark in of_kind(chart, "stake") if mark not in of_kind(chart, "beyond")]
    spots = [number(mark, "cx") for mark in inside]
    assert len(spots) == 5
    assert min(b - a for a, b in zip(spots, spots[1:], strict=False)) > charts.DOT
    (band,) = of_kind(chart, "band")
    assert number(band, "width") > 2 * charts.DOT
    reports, claims = of_kind(chart, "beyond")
    assert number(reports, "cx") > max(spots) + charts.DOT
    assert number(claims, "x") + number(claims, "width") + charts.DOT // 2 < min(spots)
    assert reports.title == "2 reports 1,000,000.00 to 2,000,000.00, 4 ETH"
    texts = {mark.text for mark in chart.marks}
    assert {"→ above: 2 reports, 4 ETH", "← below: 1 claim, 0.0000… ETH"} <= texts
    assert "7 reports (→ above: 2 reports, 4 ETH); 1 claim (← below: 1 claim," in chart.label


def test_bonds__final_far_from_the_median__the_median_is_named_at_the_edge() -> None:
    levels = [Level("final", 2_500 * ETHER, "final"), Level("median", 9_000 * ETHER, "tentative")]
    chart = charts.bonds([Dot("reports", 9_000 * ETHER, ETHER)], levels, 1_000)
    assert [mark.text for mark in of_kind(chart, "name")] == ["median 9,000 →", "final 2,500"]
    assert len(of_kind(chart, "level")) == 1


@given(st.lists(st.tuples(st.integers(1, 2**120 - 1), st.integers(1, 2**100)), min_size=1, max_size=20))
def test_bonds__any_prices__no_wei_is_hidden(stakes: list[tuple[int, int]]) -> None:
    dots = [Dot("reports", price, weight) for price, weight in stakes]
    chart = charts.bonds(dots, [STANDING], 1_000)
    told = [re.fullmatch(r".*, ([0-9.,]+) ETH", mark.title) for mark in of_kind(chart, "stake")]
    with localcontext(prec=60):
        wei = sum(int(Decimal(each[1].replace(",", "")).scaleb(18)) for each in told if each)
    assert wei == sum(weight for _, weight in stakes)


@given(st.lists(st.tuples(st.integers(1, 2**120 - 1), st.integers(1, 2**100)), min_size=1, max_size=20))
def test_bonds__any_prices__everything_lies_inside(stakes: list[tuple[int, int]]) -> None:
    dots = [Dot("reports", price, weight) for price, weight in stakes]
    chart = charts.bonds(dots, [Level("standing", stakes[0][0], "standing")], 1_000)
    for mark in of_kind(chart, "stake"):
        assert 0 <= number(mark, "cx") <= chart.width
        assert 0 <= number(mark, "cy") <= chart.height
