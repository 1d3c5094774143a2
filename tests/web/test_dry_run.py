"""The dry run of a dispute, the security margin and /simulate/: who would get what, and what it costs."""


from __future__ import annotations

import re

import pytest
from django.test import Client

from oracle.models import Expiry
from settlement.models import ChainSeries, Series
from tests.cast import ETHER, person
from tests.web.conftest import Clock
from tests.web.story import (
    LIE,
    PRICE,
    count_units,
    dispute,
    send_secret_report,
    to_challenge,
)
from tests.web.test_pages import add_series, at_page, read

SIMULATE = "/simulate/?expiry=eth-usd-test"


def test_dispute__counted_units__says_who_would_get_what(reporting: Expiry, client: Client, at: Clock) -> None:
    """EXPERIENCE 1.2, with numbers of ours: 2,000 / 2,500 = 0.8 and 2,000 / 2,400 = 0.8333."""
    add_series(reporting, 2_000 * ETHER)
    add_series(reporting, 3_000 * ETHER)
    count_units(reporting, 12_000 * ETHER)
    at.now = to_challenge(reporting)
    html = client.get(at_page(reporting) + "?price=2400").content.decode()
    drawn = html[html.index('id="series"') :].partition("</svg>")[0]
    assert all(name in drawn for name in ("strike S 2,000", "standing = median 2,500", "counter 2,400")), drawn
    text = read(client, at_page(reporting) + "?price=2400")
    assert "If 2,400.00 took the place of 2,500.00, payouts worth 400 ETH would change hands" in text
    assert "400 ETH from N to P" in text
    assert "no payout changes" in text
    assert "Required now3 ETH" in text
    assert "Forcing this price could pay" in text


TOKEN = "0x" + "12" * 19 + "cd"


def rows_of(page: str) -> int:
    """Of the table that says who would get what."""
    table = page[page.index('aria-label="Payouts by series"') :]
    return table[: table.index("</table>")].count('scope="row"')


def test_margin__a_token_without_a_rate__is_named_and_no_margin_is_given(
    reporting: Expiry, client: Client, at: Clock
) -> None:
    add_series(reporting, 2_450 * ETHER, decimals=6)
    Series.objects.update(collateral=TOKEN)
    count_units(reporting, 2_000_000 * 10**6)
    at.now = to_challenge(reporting)
    for path in (at_page(reporting) + "?price=2400", SIMULATE + "&price=2400"):
        text = read(client, path)
        # N are paid 50/2500 of it at PRICE and nothing at LIE
        assert "payouts worth 40,000 of 0x121212…12cd would change hands" in text
        assert "The terms have no rate for what is not in ETH" in text
        assert "40,000 of 0x121212…12cd from N to P" in text
        assert "? Whether forcing this price could pay cannot be said." in text
        assert "? Whether forcing a wrong price could pay cannot be said." in text
        assert "Marginnone can be given" in text
        assert "✓ Forcing" not in text
    # ETH alone is enough to pay for it: then it can be said, whatever the token is worth.
    add_series(reporting, 2_000 * ETHER)
    ChainSeries.objects.all().delete()
    count_units(reporting, 10**30)
    text = read(client, at_page(reporting) + "?price=2400")
    assert "✗ Forcing this price could pay." in text
    assert "Marginbelow 0" in text


def test_margin__a_tiny_counter_price__shows_that_a_larger_lie_would_pay(
    reporting: Expiry, client: Client, at: Clock
) -> None:
    add_series(reporting, 2_000 * ETHER)
    count_units(reporting, 100 * ETHER)
    at.now = to_challenge(reporting)
    text = read(client, at_page(reporting) + "?price=2495")
    warned = "If 2,495.00 were wrong This is about whoever would force it all the same, not"
    assert warned in text, "an honest disputer forces nothing"
    assert "✓ Forcing this price costs more than it could gain." in text.partition(warned)[2]
    # Below the strike N get nothing of the 20 that they get at 2,500. At the upper bound P get nothing of their 80:
    # the claim is capped at 3.2 ETH at once.
    assert "✗ Forcing a wrong price could pay. The worst would be 1,000,000,000.00. It would move 79.9998 ETH." in text
    assert "Bonds3.2 ETH" in text
    assert "Margin-76.7998 ETH" in text


@pytest.mark.usefixtures("voters")
def test_margin__in_a_ballot_or_at_a_price_that_agrees__is_the_expiry_s_own(
    reporting: Expiry, client: Client, at: Clock
) -> None:
    add_series(reporting, 2_400 * ETHER)
    count_units(reporting, ETHER)
    at.now = to_challenge(reporting)
    text = read(client, at_page(reporting) + "?price=2500")
    assert "This price agrees with the one that stands" in text
    assert "orcing this price" not in text
    assert "✓ Forcing a wrong price costs more than it could gain." in text
    dispute(reporting, at.now)
    at.now += 2
    text = read(client, at_page(reporting) + "?price=2400")
    assert "Cost to force it13 ETH Bonds0 ETH Stake in a ballot13 ETH Margin+12" in text


def test_margin__units_are_not_counted__is_against_what_the_expiry_secured(
    reporting: Expiry, client: Client, at: Clock
) -> None:
    add_series(reporting, 2_000 * ETHER)
    Expiry.objects.update(value_secured=50 * ETHER)
    at.now = to_challenge(reporting)
    text = read(client, at_page(reporting) + "?price=2400")
    assert "all that the expiry secured, 50 ETH, stands for what it could move." in text
    assert "✗ Forcing a wrong price could pay." in text
    Series.objects.update(collateral=TOKEN)
    Expiry.objects.update(value_secured=0)
    text = read(client, at_page(reporting) + "?price=2400")
    assert "Tokens for which the terms have no rate come on top." in text
    assert "? Whether forcing a wrong price could pay cannot be said." in text


def test_margin__before_a_price_stands__says_what_is_at_stake_at_most(
    reporting: Expiry, client: Client, at: Clock
) -> None:
    Expiry.objects.update(value_secured=50 * ETHER)
    assert "Security margin" not in read(client, at_page(reporting)), "no series"
    add_series(reporting, 2_000 * ETHER)
    said = "At stake is at most the collateral of all series: 50 ETH in the mean of the day before the instant, the"
    for path in (at_page(reporting), SIMULATE + "&price=2400"):
        text = read(client, path)
        assert said + " value secured." in text
        assert "orcing" not in text
    Series.objects.update(collateral=TOKEN)
    text = read(client, at_page(reporting))
    assert said + " value secured, without 0x121212…12cd, for which the terms have no rate." in text


def test_dispute__a_whole_grid__shows_the_series_that_move_most_and_a_link(
    reporting: Expiry, client: Client, at: Clock
) -> None:
    for strike in range(2_401, 2_431):
        add_series(reporting, strike * ETHER)
    count_units(reporting, 1_000 * ETHER)
    ChainSeries.objects.filter(strike=2_401 * ETHER).delete()  # not counted: it comes last
    at.now = to_challenge(reporting)
    for path in (at_page(reporting) + "?price=2400", SIMULATE + "&price=2400"):
        page = client.get(path).content.decode()
        assert rows_of(page) == 20
        assert [strike in page[: page.index("10 more series")] for strike in (">2,402.00<", ">2,421.00<")] == [True] * 2
        assert '<a href="/series/?expiry=eth-usd-test">10 more series</a>' in page
    Series.objects.filter(strike__gt=2_420 * ETHER).delete()
    page = client.get(at_page(reporting) + "?price=2400").content.decode()
    assert rows_of(page) == 20
    assert "more series" not in page


def test_dispute__no_price_given__takes_the_heaviest_that_disagrees(
    reporting: Expiry, client: Client, at: Clock
) -> None:
    at.now = to_challenge(reporting)
    assert 'maxlength="60" value="2400"' in client.get(at_page(reporting)).content.decode()
    person("dave").pledge(reporting.id, 1, 2_600 * ETHER, ETHER, at.now)
    assert 'value="2600"' in client.get(at_page(reporting)).content.decode()


@pytest.mark.parametrize("price", ["none", "-1", "1e9", "9" * 70, "<b>"])
def test_dispute__no_price__says_so(reporting: Expiry, client: Client, at: Clock, price: str) -> None:
    at.now = to_challenge(reporting)
    assert "This is no price" in read(client, at_page(reporting) + f"?price={price}")


def test_simulate__empty__is_a_form(db: None, client: Client) -> None:
    assert "Play it through" in read(client, "/simulate/")


def test_simulate__strike_and_price__pays_by_the_law(db: None, client: Client) -> None:
    text = read(client, "/simulate/?strike=2000&price=2500&final=1000")
    assert "2,500.000.80.2" in text
    assert "1,000.0010" in text


def test_simulate__an_expiry__the_same_as_the_api(reporting: Expiry, client: Client, at: Clock) -> None:
    at.now = to_challenge(reporting)
    add_series(reporting, 2_000 * ETHER)
    text = read(client, f"{SIMULATE}&price=2400&final=2500&amount=1&units=30")
    query = f"price={LIE}&final={PRICE}&amount={ETHER}&units={30 * ETHER}"
    api = client.get(f"/api/v1/expiries/eth-usd-test/simulate?{query}").json()
    assert api["dispute"]["net"] == str(-ETHER)
    assert "If 2,500.00 becomes final-1 ETH" in text
    assert api["moved_value"] == str(ETHER)
    assert "payouts worth 1 ETH" in text


@pytest.mark.parametrize(
    "query, said",
    [
        ("expiry=none", "No expiry of this name is listed."),
        ("price=x", "Write a number such as"),
        ("price=0", "This is outside of what can be."),
        ("strike=9" + "9" * 40, "This is outside of what can be."),
        ("expiry=eth-usd-test", "Name a counter-price"),
        ("expiry=eth-usd-test&price=2400&amount=x", "Correct what is marked above."),
    ],
)
def test_simulate__wrong__says_at_the_field_what(expiry: Expiry, client: Client, query: str, said: str) -> None:
    assert said in read(client, f"/simulate/?{query}")


def test_simulate__no_strike_given__draws_the_nearest_to_the_price(
    reporting: Expiry, client: Client, at: Clock
) -> None:
    for strike in (1_000, 2_450, 3_000):
        add_series(reporting, strike * ETHER)
    drawn = re.compile(r'aria-label="[^"]*strike (?:of )?([\d,.]+)', re.IGNORECASE)
    assert drawn.findall(client.get(SIMULATE + "&price=2900").content.decode()) == ["3,000.00"]
    at.now = to_challenge(reporting)
    assert drawn.findall(client.get(SIMULATE + "&price=2900").content.decode()) == ["2,450.00"]


def test_simulate__sealed__no_word_of_the_reports(reporting: Expiry, client: Client) -> None:
    send_secret_report(reporting)
    text = read(client, f"{SIMULATE}&price=2400")
    assert "Reports are still sealed" in text
    assert "1,234.5" not in text
