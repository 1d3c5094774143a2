"""Charts: where things lie, that names never lie on each other, and that they say in words what they draw."""

from __future__ import annotations

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
    dots = [Dot("reports", 2_400 * ETHER, ETHER), Dot("reports", 2_600 * ETHER, 4 * ETHER)]
    small, large = of_kind(charts.bonds(dots, [STANDING], 1_000), "reports")
    assert number(large, "r") == 2 * number(small, "r") == charts.DOT
    assert number(small, "cx") < number(large, "cx")
    assert small.title == "reports: 2,400.00, 1 ETH"


def test_bonds__many_at_one_price__one_mark_with_their_number() -> None:
    chart = charts.bonds([Dot("reports", 2_500 * ETHER, ETHER)] * 7, [STANDING], 1_000)
    (dot,) = of_kind(chart, "reports")
    assert dot.title == "7 reports around 2,500.00, 7 ETH"
    assert [mark.text for mark in of_kind(chart, "count")] == ["7"]


def test_bonds__ten_thousand__no_more_marks_than_fit() -> None:
    dots = [Dot("reports", (2_000 + n) * ETHER, ETHER) for n in range(10_000)]
    assert len(charts.bonds(dots, [STANDING], 1_000).marks) < 200


def test_bonds__each_kind__has_a_shape_of_its_own() -> None:
    dots = [Dot(row, 2_500 * ETHER, ETHER) for row in ("reports", "claims", "votes")]
    chart = charts.bonds(dots, [STANDING], 1_000)
    assert [mark.tag for mark in of_kind(chart, "stake")] == ["circle", "rect", "polygon"]
    assert chart.label == "Bonds by price: 1 reports; 1 claims; 1 votes; standing 2,500.00."


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


def test_observed__nothing__no_chart() -> None:
    assert charts.observed([Line("a", [])], 100, [STANDING], 1_000) is None


def test_observed__two_sources__a_line_each_in_a_style_of_its_own() -> None:
    lines = [
        Line("a", [(90, 2_500 * ETHER), (110, 2_510 * ETHER)]),
        Line("b", [(90, 2_490 * ETHER), (110, 2_500 * ETHER)]),
        Line("c", [(100, 2_505 * ETHER)]),
    ]
    chart = charts.observed(lines, 100, [STANDING], 1_000)
    assert chart is not None
    traces = [mark for mark in of_kind(chart, "source") if mark.tag != "line"]
    assert [mark.tag for mark in traces] == ["polyline", "polyline", "circle"]
    assert len({dict(mark.attributes)["class"].split()[1] for mark in traces}) == 3
    first = dict(traces[0].attributes)["points"].split()
    assert int(first[0].split(",")[1]) > int(first[1].split(",")[1])  # a higher price lies higher
    assert {"a", "b", "c"} <= {mark.text for mark in chart.marks}


def test_observed__with_reports__draws_those_in_scale_and_counts_the_others() -> None:
    lines = [Line("a", [(90, 2_500 * ETHER), (110, 2_510 * ETHER)])]
    dots = [Dot("reports", price * ETHER, weight) for price, weight in ((2_500, 4), (2_505, 1), (1, 9), (90_000, 9))]
    plain, chart = (charts.observed(lines, 100, [STANDING], 1_000, given) for given in ((), dots))
    assert plain is not None
    assert chart is not None
    assert of_kind(plain, "source") == of_kind(chart, "source"), "a liar's report does not change the scale"
    heavy, light = of_kind(chart, "stake")
    assert number(heavy, "r") == 2 * number(light, "r")
    assert number(heavy, "cy") > number(light, "cy")
    assert {"↑ 1 reports above", "↓ 1 reports below"} <= {mark.text for mark in chart.marks}


@given(st.lists(st.tuples(st.integers(1, 2**120 - 1), st.integers(1, 2**100)), min_size=1, max_size=20))
def test_bonds__any_prices__everything_lies_inside(stakes: list[tuple[int, int]]) -> None:
    dots = [Dot("reports", price, weight) for price, weight in stakes]
    chart = charts.bonds(dots, [Level("standing", stakes[0][0], "standing")], 1_000)
    for mark in of_kind(chart, "stake"):
        assert 0 <= number(mark, "cx") <= chart.width
        assert 0 <= number(mark, "cy") <= chart.height
