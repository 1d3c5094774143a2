"""Series on pages and over the API: settled, redeemable and redeemed are three things."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import pytest
from django.test import Client

from oracle.models import Expiry
from oracle.services.listing import list_expiry
from protocol.terms import Terms
from settlement.models import (
    ChainSeries,
    ChainTransaction,
    OracleRecord,
    Publication,
    PublicationItem,
    Series,
    SeriesIndex,
    SeriesLog,
)
from settlement.series_states import Redeemed, SeriesState, in_state, states_of
from settlement.stages import PublicationStage, TransactionState
from tests.cast import ETHER
from tests.db.conftest import NOW
from tests.web.conftest import OPEN, Clock, queries
from tests.web.test_pages import add_series, read

PRICE = 2_500 * ETHER
STRIKE = 2_000 * ETHER
ADDRESS = f"0x{1:040x}"  # of the first that is added
FOREIGN = "0x" + "fe" * 20


def make_final(expiry: Expiry) -> None:
    """As the book leaves it; what a publication is worth is tested elsewhere."""
    final = {"stage": "FINAL", "price": PRICE, "decided_by": "silence", "final_at": OPEN, "deadline": None}
    Expiry.objects.filter(pk=expiry.pk).update(**final)


def publish(expiry: Expiry, stage: PublicationStage = PublicationStage.FINAL) -> None:
    """The price on its way: in a block, or given by the oracle."""
    final_at = OPEN if stage == PublicationStage.FINAL else None
    row = transaction()
    publication = Publication.objects.create(
        stage=stage, created_at=OPEN, final_at=final_at, transaction=row,
        tx_hash=row.hash, block_number=9, block_hash="0x" + "9a" * 32,
    )  # fmt: skip
    PublicationItem.objects.create(
        publication=publication, position=0, expiry=expiry, attempt=0, price=PRICE, transcript="0x", payouts="0x"
    )


def transaction() -> ChainTransaction:
    number = ChainTransaction.objects.count()
    return ChainTransaction.objects.create(
        chain="0x", sender="0x" + "0a" * 20, nonce=number, purpose="publication:1", to="0x" + "0a" * 20, data="0x",
        hash=f"0x{number:064x}", created_at=OPEN, state=TransactionState.SENT,
    )  # fmt: skip


def count(expiry: Expiry, strike: int = STRIKE, **sums: Any) -> ChainSeries:
    """The index's row of a series."""
    given = {"split": 10 * ETHER, "merged": 2 * ETHER, **sums}
    row = Series.objects.get(expiry=expiry, strike=strike)
    return ChainSeries.objects.create(
        address=row.address, expiry=expiry.id, expiry_at=expiry.expiry_at, strike=strike, collateral=row.collateral,
        p=row.p, n=row.n, block=5, block_hash="0x", **given,
    )  # fmt: skip


def redeemed(expiry: Expiry, p: int, n: int, *, fully: bool = False) -> ChainSeries:
    paid = {"paid_p": p * STRIKE // PRICE, "paid_n": n * (PRICE - STRIKE) // PRICE}
    return count(expiry, redeemed_p=p, redeemed_n=n, price=PRICE, is_redeemed=fully, **paid)


def add_foreign(expiry: Expiry, strike: int = 0) -> str:
    address = FOREIGN
    Series.objects.create(
        address=address, origin="foreign", feed="0x" + "fd" * 20, expiry=expiry, strike=strike, collateral="",
        decimals=18, created_block=9, created_block_hash="0x" + "00" * 32,
    )  # fmt: skip
    return address


def words(client: Client, path: str) -> str:
    """The page's words, a space between any two cells; after looking at its form."""
    read(client, path)
    return " ".join(re.sub(r"<[^>]+>", " ", client.get(path).content.decode()).split())


@pytest.fixture
def series(reporting: Expiry) -> Expiry:
    add_series(reporting, STRIKE)
    SeriesIndex.objects.create(id=1, read_to=70, read_at=OPEN)
    reporting.refresh_from_db()
    return reporting


def one(client: Client, path: str = "/api/v1/series") -> dict[str, Any]:
    (found,) = client.get(path).json()["results"]
    return dict(found)


def agrees(expected: SeriesState, now: int) -> None:
    """The word in Python is the filter in SQL, for every state."""
    rows = list(Series.objects.select_related("expiry"))
    for row in rows:
        assert states_of(rows)[row.address].state(row, now) == expected
    for state in SeriesState:
        found = in_state(Series.objects.all(), state, now=now).count()
        assert found == (len(rows) if state == expected else 0), state


def test_series__each_step__one_fact_after_the_other(series: Expiry, client: Client, at: Clock) -> None:
    def facts() -> tuple[bool, bool, str]:
        found = one(client)
        return found["settled"], found["redeemable"], found["redeemed"]

    agrees(SeriesState.OPEN, series.expiry_at - 1)
    agrees(SeriesState.WAITING, series.expiry_at)
    assert facts() == (False, False, "none")
    make_final(series)
    agrees(SeriesState.SETTLED, OPEN)
    assert facts() == (True, False, "none")
    publish(series)
    agrees(SeriesState.REDEEMABLE, OPEN)
    assert facts() == (True, True, "none")
    row = redeemed(series, 3 * ETHER, 0)
    agrees(SeriesState.REDEEMABLE, OPEN)
    assert facts() == (True, True, "partly")
    row.is_redeemed = True
    row.save()
    agrees(SeriesState.REDEEMED, OPEN)
    assert facts() == (True, True, "fully")


def test_series__mined_but_not_final_on_chain__settled_not_redeemable(series: Expiry, client: Client) -> None:
    make_final(series)
    publish(series, PublicationStage.MINED)
    agrees(SeriesState.SETTLED, OPEN)


def test_series_api__units__as_they_were_counted(series: Expiry, client: Client) -> None:
    assert one(client)["units"] is None
    make_final(series)
    redeemed(series, 3 * ETHER, ETHER)
    paid_p, paid_n = 3 * ETHER * 4 // 5, ETHER // 5
    assert one(client)["units"] == {
        "split": str(10 * ETHER), "merged": str(2 * ETHER), "redeemed_p": str(3 * ETHER), "redeemed_n": str(ETHER),
        "left_p": str(5 * ETHER), "left_n": str(7 * ETHER), "paid_p": str(paid_p), "paid_n": str(paid_n),
        "left": str(8 * ETHER - paid_p - paid_n),
    }  # fmt: skip
    assert client.get("/api/v1/series").json()["counted_to"] == "70"
    (inside,) = client.get(f"/api/v1/expiries/{series.slug}").json()["series"]
    assert inside == one(client)


def test_series_api__foreign__told_apart_and_not_among_the_expiry_s_own(series: Expiry, client: Client) -> None:
    address = add_foreign(series)
    found = one(client, "/api/v1/series?origin=foreign")
    assert (found["address"], found["strike"], found["p"], found["units"]) == (address, None, "", None)
    assert found["feed"] == "0x" + "fd" * 20
    assert one(client, "/api/v1/series?origin=factory")["address"] == ADDRESS
    assert len(client.get(f"/api/v1/expiries/{series.slug}").json()["series"]) == 1
    assert client.get("/api/v1/series?origin=mars").status_code == 400


@pytest.mark.parametrize(("p", "n", "price", "fully"), [
    (0, 0, 0, False), (8, 0, PRICE, False), (8, 8, PRICE, True), (8, 0, STRIKE, True), (7, 8, PRICE, True),
    (7, 0, STRIKE, False),
])
def test_chain_series__redeemed__once_nothing_that_is_left_pays(
    p: int, n: int, price: int, fully: bool
) -> None:
    """Of 8 units: one P left at 2,500 pays four fifths of a base unit, which is nothing."""
    row = ChainSeries(strike=STRIKE, split=10, merged=2, redeemed_p=p, redeemed_n=n, price=price)
    assert row.pays_no_more is fully


def test_chain_series__adds_up__only_while_no_more_came_out_than_went_in() -> None:
    good = {"split": 10, "merged": 2, "redeemed_p": 8, "redeemed_n": 8, "paid_p": 6, "paid_n": 2}
    assert ChainSeries(**good).adds_up
    for name, value in (("merged", 3), ("redeemed_p", 9), ("redeemed_n", 9), ("paid_p", 7), ("paid_n", 3)):
        assert not ChainSeries(**{**good, name: value}).adds_up


def test_states_of__nothing_counted__none(series: Expiry) -> None:
    (state,) = states_of(list(Series.objects.select_related("expiry"))).values()
    assert (state.redeemed, state.numbers) == (Redeemed.NONE, None)


def test_series_page__redeemable__shows_what_a_unit_gets_and_what_is_left(series: Expiry, client: Client) -> None:
    link = f'<a class="button primary" href="/series/{ADDRESS}/redeem/">Redeem</a>'
    make_final(series)
    assert link not in client.get(f"/series/{ADDRESS}/").content.decode()
    publish(series)
    row = redeemed(series, 3 * ETHER, 0)
    SeriesLog.objects.create(
        series=row, kind="Redeem", block=60, block_hash="0x", at=OPEN, tx="0x" + "ab" * 32, log_index=0,
        account="0x" + "42" * 20, p_amount=3 * ETHER, n_amount=0, amount=3 * ETHER * 4 // 5,
    )  # fmt: skip
    text = words(client, f"/series/{ADDRESS}/")
    assert "REDEEMABLE" in text and "Part of it is redeemed." in text
    assert "1 P 0.8 1 N 0.2" in text
    assert "Split 10 10 10 Merged 2 2 2 Redeemed 3 0 2.4 Left 5 8 5.6" in text
    assert "Redeem 0x424242…4242 3 0 2.4" in text
    assert "counted up to final block 70" in text
    assert link in client.get(f"/series/{ADDRESS}/").content.decode()


def test_series_table__a_redeemable_one__leads_to_itself_and_to_redeem_from_its_first_cell(
    series: Expiry, client: Client
) -> None:
    add_foreign(series, 3 * ETHER)
    Series.objects.filter(address=ADDRESS).update(strike=PRICE // 3)

    def first_cells(path: str) -> dict[str, list[str]]:
        page = client.get(path).content.decode()
        cells = re.findall(r'<tr><th scope="row" class="number">(.*?)</th>', page, re.DOTALL)
        found = [re.findall(r'href="(/series/[^"]+)"', cell) for cell in cells]
        return {links[-1]: links[:-1] for links in found}

    for path in (f"/expiries/{series.slug}/", "/series/"):
        assert first_cells(path) == {f"/series/{ADDRESS}/": [], f"/series/{FOREIGN}/": []}
    make_final(series)
    publish(series)
    for path in (f"/expiries/{series.slug}/", "/series/"):
        assert first_cells(path) == {f"/series/{ADDRESS}/": [f"/series/{ADDRESS}/redeem/"], f"/series/{FOREIGN}/": []}
        assert "0.333333… 0.666666…" in words(client, path)
    assert f"1 P 0.{'3' * 18} 1 N 0.{'6' * 18}" in words(client, f"/series/{ADDRESS}/"), "there they are whole"


def test_expiry_page__final__no_dead_buttons_and_redeem_once_the_oracle_gives_the_price(
    series: Expiry, client: Client
) -> None:
    path = f"/expiries/{series.slug}/"

    def buttons() -> list[str]:
        page = client.get(path).content.decode()
        (list_,) = re.findall(r'<ul class="actions".*?</ul>', page, re.DOTALL) or [""]
        return re.findall(r'class="button[^>]*>', list_)

    add_foreign(series)
    assert len(buttons()) == 4
    make_final(series)
    assert buttons() == [], "the oracle does not give it yet"
    text = read(client, path)
    assert text.count("Nobody can report, dispute or vote any more.") == 1
    assert "The price is final." not in text
    publish(series)
    assert buttons() == [f'class="button primary" href="/series/{ADDRESS}/redeem/">']
    add_series(series, 3_000 * ETHER)
    assert buttons() == ['class="button primary" href="#series">']


@pytest.mark.parametrize("explorer", ["", "https://explorer.assize.example"])
def test_chain_links__explorer_or_none__the_whole_of_it_is_there_without_a_mouse(
    series: Expiry, client: Client, settings: Any, explorer: str
) -> None:
    settings.EXPLORER_URL, settings.ORACLE_ADDRESS = explorer, "0x" + "0c" * 20
    make_final(series)
    publish(series)
    tx = "0x" + "ab" * 32
    SeriesLog.objects.create(
        series=redeemed(series, ETHER, 0), kind="Redeem", block=60, block_hash="0x", at=OPEN, tx=tx, log_index=0,
        account="0x" + "42" * 20, p_amount=ETHER, n_amount=0, amount=ETHER,
    )  # fmt: skip
    ours = Series.objects.get(address=ADDRESS)
    one = client.get(f"/series/{ADDRESS}/").content.decode()
    of_expiry = client.get(f"/expiries/{series.slug}/").content.decode()
    sent = ChainTransaction.objects.get().hash
    for page, kind, value in (
        (one, "tx", tx), (one, "address", ADDRESS), (one, "address", ours.p), (one, "address", ours.n),
        (of_expiry, "tx", sent), (of_expiry, "address", settings.ORACLE_ADDRESS),
    ):  # fmt: skip
        link = f'<a href="https://explorer.assize.example/{kind}/{value}" rel="noreferrer"><code'
        assert (link in page) == bool(explorer), value
        assert explorer or f"<code>{value}</code>" in page, value


def test_series_page__any_time__says_the_rule_with_its_strike_and_draws_it(series: Expiry, client: Client) -> None:
    path = f"/series/{ADDRESS}/"
    rule = "Up to a final price of 2,000.00, the strike, one P pays one unit of collateral and N nothing; at a price x"
    for stands in (False, True):
        if stands:
            make_final(series)
        text, page = read(client, path), client.get(path).content.decode()
        assert f"{rule} above it, P pays 2,000.00 / x, and N the rest." in text
        assert ("Known once a price stands." in text) is not stands
        assert 'aria-label="Payoff of P and N at strike 2,000.00' in page
        assert ("at final 2,500.00 one P pays 0.8" in page) is stands


def test_series_page__settled__says_from_when_it_pays_once_the_oracle_has_the_price(
    series: Expiry, client: Client, at: Clock
) -> None:
    path = f"/series/{ADDRESS}/"
    at.now = OPEN + 10
    make_final(series)
    assert "series pay by it" not in read(client, path), "nobody knows"
    asked = queries(lambda: client.get(path))
    record = OracleRecord.objects.create(
        expiry=series, state="DELAY", since=OPEN, price=PRICE, attempt=0, final_at=OPEN + 70, block=9, looked_at=OPEN
    )
    said = "Unless guardians cancel it before, series pay by it from 2026-"
    assert said in read(client, path)
    assert "(in 1 min)" in read(client, path)
    assert queries(lambda: client.get(path)) == asked
    at.now += 60
    assert "Unless guardians cancelled it in between, series pay by it since 2026-" in read(client, path)
    for state in ("CANCELLED", "DIFFERENT"):
        OracleRecord.objects.filter(pk=record.pk).update(state=state)
        assert "series pay by it" not in read(client, path), state
    OracleRecord.objects.filter(pk=record.pk).update(state="EQUAL")
    publish(series)
    assert "series pay by it" not in read(client, path), "REDEEMABLE says it"


def test_series_page__foreign__says_whose_it_is(series: Expiry, client: Client) -> None:
    text = words(client, f"/series/{add_foreign(series, 3 * ETHER)}/")
    assert "Foreign series, strike 3.00" in text
    assert f"It reads our price feed {'0x' + 'fd' * 20}" in text
    assert "What one unit gets" not in text
    Series.objects.filter(address=ADDRESS).delete()
    for path in (f"/series/{FOREIGN}/", f"/expiries/{series.slug}/"):
        assert b"Payoff" not in client.get(path).content, "its own code says what it pays"


def test_series_page__no_such_series__404_and_capitals_lead_on(series: Expiry, client: Client) -> None:
    for path in (f"/series/0x{'99' * 20}/", "/series/nothing/"):
        assert client.get(path).status_code == 404
    address = add_foreign(series)
    shouted = client.get(f"/series/{address.replace('fe', 'FE')}/")
    assert (shouted.status_code, shouted.headers["Location"]) == (301, f"/series/{address}/")


def test_series_list__filters__stay_in_the_address(series: Expiry, client: Client) -> None:
    add_foreign(series)
    page = client.get("/series/?origin=factory&q=P0").content.decode()
    assert page.count("<tr>") == 2
    assert 'href="?state=WAITING&amp;origin=factory&amp;q=P0"' in page
    assert '<input type="hidden" name="origin" value="factory">' in page
    assert 'href="?origin=factory&amp;q=P0&amp;format=csv"' in page
    assert client.get("/series/?state=OPEN").content.decode().count("<tr>") == 0
    assert client.get(f"/series/?expiry={series.slug}").content.decode().count("<tr>") == 3


@pytest.mark.parametrize(
    "wrong", ["state=open", "origin=x", "expiry=nothing", "after=1.2", "after=nothing", "format=pdf", "expiry=%00"]
)
def test_series_list__what_no_link_says__404(series: Expiry, client: Client, wrong: str) -> None:
    assert client.get(f"/series/?{wrong}").status_code == 404


@pytest.fixture
def three(series: Expiry, terms: Terms) -> Expiry:
    """A foreign one beside the series at 2,000; and one at 3,000 on a later expiry, which is returned."""
    later = list_expiry(slug="later", index=series.index, expiry_at=series.expiry_at + 1, terms=terms, now=NOW)
    add_series(later, 3_000 * ETHER)
    add_foreign(series)
    Series.objects.filter(expiry=later).update(p_symbol="P-3000.5")
    return later


def slugs(client: Client, query: str) -> list[str]:
    page = client.get(f"/series/{query}").content.decode()
    return re.findall(r'<td class="keep"><a href="/expiries/([\w-]+)/"', page)


def test_series_list__search__by_what_one_has_at_hand(three: Expiry, client: Client) -> None:
    found = Series.objects.get(expiry=three)
    for text in ("later", "LATE", "p-3000.5", found.address, found.address.upper().replace("X", "x"), found.p, found.n):
        assert slugs(client, f"?q={text}") == ["later"], text
    assert slugs(client, f"?q={three.id}") == ["later"]
    assert slugs(client, f"?q={FOREIGN}") == ["eth-usd-test"]
    assert len(slugs(client, "?q=ETH/usd")) == 3, "the index of all of them"
    for text in ("%25", "%00", "none", found.address[:20]):
        assert slugs(client, f"?q={text}") == [], text
    assert slugs(client, "?q=later&origin=foreign") == []


def test_series_list__as_files__say_the_same_and_lead_on(
    three: Expiry, series: Expiry, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_final(series)
    redeemed(series, 3 * ETHER, 0)
    rows = client.get("/series/?format=json").json()
    assert rows["next"] is None
    assert [row["slug"] for row in rows["results"]] == ["later", "eth-usd-test", "eth-usd-test"]
    later, foreign, own = rows["results"]
    assert (later["state"], later["p_pays"], later["left"], later["p_symbol"]) == ("WAITING", None, None, "P-3000.5")
    assert (foreign["address"], foreign["strike"], foreign["origin"]) == (FOREIGN, None, "foreign")
    assert (own["expiry"], own["strike"], own["units"]) == (series.id, str(STRIKE), str(8 * ETHER))
    assert (own["p_pays"], own["n_pays"]) == (str(ETHER * 4 // 5), str(ETHER // 5))
    assert (own["redeemed_p"], own["redeemed_n"]) == (str(3 * ETHER), "0")
    monkeypatch.setattr("pages.files.ROWS", 2)
    response = client.get("/series/?format=csv&q=e")
    first = list(csv.DictReader(io.StringIO(response.content.decode())))
    link = re.search(r'<(http://testserver/series/[^>]+)>; rel="next"', response["Link"])
    assert link is not None
    second = list(csv.DictReader(io.StringIO(client.get(link[1]).content.decode())))
    assert [row["address"] for row in [*first, *second]] == [row["address"] for row in rows["results"]]


def test_series_list__follow__leads_to_what_it_shows(three: Expiry, client: Client) -> None:
    page = client.get("/series/").content.decode()
    assert 'href="/me/alerts/new/"' in page and 'href="/feeds/expiries.atom"' in page
    page = client.get("/series/?expiry=later").content.decode()
    assert 'href="/me/alerts/new/?expiry=later"' in page and 'href="/calendar/later.ics"' in page


def test_series_list__more_than_a_page__each_once_the_newest_instant_first(
    series: Expiry, terms: Terms, client: Client
) -> None:
    later = list_expiry(slug="later", index=series.index, expiry_at=series.expiry_at + 1, terms=terms, now=NOW)
    for number in range(60):
        add_series(later if number % 2 else series, (number + 1) * ETHER)
    seen: list[str] = []
    path, pages = "/series/", 0
    while path:
        page = client.get(path).content.decode()
        seen += re.findall(r'<th scope="row" class="number"><a href="/series/0x\w+/">([\d,.]+)</a>', page)
        found = re.search(r'href="(\?[^"]+)" rel="next"', page)
        path, pages = ("/series/" + found[1].replace("&amp;", "&") if found else ""), pages + 1
    assert pages == 2
    even = [f"{number}.00" for number in range(2, 61, 2)]
    assert seen == even + [f"{number}.00" for number in range(1, 60, 2)] + ["2,000.00"]


def test_series_reads__with_more_rows__cost_no_more_queries(series: Expiry, client: Client) -> None:
    of_one = (f"/expiries/{series.slug}/", f"/series/{ADDRESS}/", f"/series/?expiry={series.slug}")
    paths = ("/series/", "/series/?q=eth", "/series/?format=csv", "/api/v1/series", *of_one)
    few = [queries(lambda path=path: client.get(path)) for path in paths]
    for number in range(20):
        add_series(series, (number + 1) * ETHER)
        count(series, (number + 1) * ETHER)
    assert [queries(lambda path=path: client.get(path)) for path in paths] == few
    assert max(few) <= 15
