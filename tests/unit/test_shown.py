"""How the admin shows columns: by their names and types, which are the words of the protocol."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin

from ledger.fields import WholeField
from operators import shown
from oracle.models import Expiry, Report
from settlement.models import Series, SeriesLog

SECOND, WORD = 1_782_000_000, "0x" + "1" * 64


def text(row: Any, name: str, *, in_list: bool = False, **shows: Any) -> str:
    return str(shown.column(type(row), name, shows, in_list=in_list)(row))


@pytest.mark.parametrize(
    "row, name, expected",
    [
        (Expiry(deadline=SECOND), "deadline", f'title="{SECOND}">2026-06-21 00:00:00 UTC<'),
        (Expiry(final_at=SECOND), "final_at", "2026-06-21 00:00:00 UTC<"),
        (Expiry(price=2_500_250 * 10**15), "price", 'title="2500250000000000000000">2,500.25<'),
        (Series(strike=10**18), "strike", ">1.00<"),
        (Expiry(reward=12 * 10**17), "reward", 'title="1200000000000000000 wei">1.2 ETH<'),
        (Expiry(terms={"a": "<b>"}), "terms", "&quot;a&quot;: &quot;&lt;b&gt;&quot;"),
        (Expiry(head=WORD), "head", f'title="{WORD}">0x111111…1111<'),
    ],
)
def test_column__of_a_name_and_type__says_its_unit(row: Any, name: str, expected: str) -> None:
    assert expected in text(row, name, in_list=True)


def test_column__nothing_in_it__is_the_admins_to_say() -> None:
    assert shown.column(Expiry, "price", {})(Expiry()) is None


def test_column__a_word__is_whole_where_there_is_room() -> None:
    assert shown.column(Expiry, "head", {}) == "head"
    assert text(Expiry(slug="x", head="none"), "head", in_list=True) == "none"


def test_column__a_tokens_amount__counts_its_units() -> None:
    assert ">1,234<" in text(SeriesLog(amount=1234), "amount", amount=shown.units)


def test_columns__of_each_admin_that_hold_whole_numbers__have_a_unit() -> None:
    """What is neither a price nor wei has to say so: `shows` of its admin."""
    for each in admin.site._registry.values():
        for field in each.model._meta.fields:
            if isinstance(field, WholeField):
                wanted = each.shows.get(field.name) or shown.how(field, in_list=True)
                assert wanted in (shown.price, shown.ether, shown.units), field


def test_sealed__a_reports_price__is_not_among_what_its_admin_shows() -> None:
    report = admin.site._registry[Report]
    assert not {"price", "message", "evidence"} & {*report.list_display, *report.fields}
