"""Names of accounts: built, taken apart again, and refused when nobody could have built them."""

import pytest

from ledger import names

ADDRESS = "0x" + "a1" * 20
EXPIRY = "0x" + "e5" * 32


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        (names.free(ADDRESS), (names.Kind.FREE, ADDRESS)),
        (names.stake(ADDRESS), (names.Kind.STAKE, ADDRESS)),
        (names.unbonding(ADDRESS), (names.Kind.UNBONDING, ADDRESS)),
        (names.withdrawing(ADDRESS), (names.Kind.WITHDRAWING, ADDRESS)),
        (names.expiry(EXPIRY), (names.Kind.EXPIRY, EXPIRY)),
        (names.TREASURY, (names.Kind.TREASURY, "")),
        (names.OUTSIDE, (names.Kind.OUTSIDE, "")),
    ],
)
def test_parse__every_kind_of_name__gives_back_its_parts(name: str, parts: tuple[names.Kind, str]) -> None:
    assert names.parse(name) == parts


@pytest.mark.parametrize(
    "name",
    [
        "",
        "free",
        "free:",
        f"free:{ADDRESS}0",
        f"free:{ADDRESS}\n",
        f"free:{ADDRESS.upper()}",
        f"FREE:{ADDRESS}",
        f"free:{EXPIRY}",
        f"expiry:{ADDRESS}",
        f"treasury:{ADDRESS}",
        "treasury:",
        "outside ",
        f"bank:{ADDRESS}",
    ],
)
def test_parse__not_a_name__is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="not the name of an account"):
        names.parse(name)


def test_free__address_with_a_checksum__is_refused() -> None:
    with pytest.raises(ValueError, match="not the name"):
        names.free("0xABCDEF" + "0" * 34)


def test_owned_by__an_address__is_all_its_accounts() -> None:
    assert names.owned_by(ADDRESS) == [
        f"{kind}:{ADDRESS}" for kind in ("free", "stake", "unbonding", "withdrawing")
    ]


def test_owned_by__an_expiry__is_its_one_account() -> None:
    assert names.owned_by(EXPIRY) == [names.expiry(EXPIRY)]
