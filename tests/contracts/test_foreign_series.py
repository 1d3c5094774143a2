"""A contract of somebody else settles by a price feed of ours: the example that docs/integrating.md prints."""

from pathlib import Path

import pytest

from tests.contracts.evm import MOCKS, UNIT, Court, word

EXPIRY = word("an expiry")
PAGE = Path(__file__).parents[2] / "docs" / "integrating.md"
STRIKE = 3_000


@pytest.mark.parametrize(("price", "right"), [
    (2_999 * UNIT, "writer"), (3_000 * UNIT - 1, "writer"), (3_000 * UNIT, "holder"), (3_001 * UNIT, "holder"),
])
def test_binary_option__final_price__pays_one_side_everything(court: Court, price: int, right: str) -> None:
    feed = court.create_feed(EXPIRY, 18)
    writer, holder = court.evm.accounts[0], court.evm.accounts[7]
    option = court.evm.deploy_mock("BinaryOption", feed.address, STRIKE * UNIT, holder, value=5 * UNIT)
    court.evm.fails("no price yet", option.functions.settle())
    court.make_final(EXPIRY, price)
    before = {"writer": court.evm.balance(writer), "holder": court.evm.balance(holder)}
    court.evm.send(option.functions.settle(), court.evm.accounts[3])
    after = {"writer": court.evm.balance(writer), "holder": court.evm.balance(holder)}
    wrong = {"writer": "holder", "holder": "writer"}[right]
    assert after[right] - before[right] == 5 * UNIT
    assert after[wrong] == before[wrong]


def test_integrating_page__vyper_example__is_the_contract_that_is_tested_here() -> None:
    assert (MOCKS / "BinaryOption.vy").read_text() in PAGE.read_text()
