"""The bars of gas: a change that makes a common act dearer than them is noticed here."""

from bench.gas import measure


def test_gas__of_the_common_acts__within_the_bars() -> None:
    gas = measure()
    assert gas["gas_submit_1"] <= 88_000
    assert (gas["gas_submit_50"] - gas["gas_submit_1"]) / 49 <= 35_000
    assert gas["gas_redeem_p"] <= 70_000
    assert gas["gas_redeem_n"] <= 70_000
    # Less than a split and a merge of the conditional-tokens framework, measured from its own bytecode.
    assert gas["gas_split"] <= 122_500
    assert gas["gas_merge"] <= 76_000
    assert gas["gas_deposit"] <= 60_000
    assert gas["gas_root"] <= 90_000
    assert gas["gas_claim"] <= 95_000
    assert gas["gas_read_price"] <= 6_000
    assert gas["gas_read_feed"] <= 14_000
