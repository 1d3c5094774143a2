"""The reward's account: a function of the expiry alone, and what `Opened` may name."""

from __future__ import annotations

import pytest
from eth_abi import encode
from eth_utils import keccak

from protocol.contradiction import Contradiction
from protocol.reward import reward_account
from protocol.terms import ETHER
from tests.unit.protocol.story import EXPIRY_AT, SERVICE
from tests.unit.protocol.writer import Writer


def test_reward_account__any_expiry__as_the_law_encodes_it() -> None:
    expiry = "0x" + "e7" * 32
    words = encode(["bytes32", "bytes32"], [keccak(b"Assize reward"), bytes.fromhex(expiry[2:])])
    assert reward_account(expiry) == "0x" + keccak(words)[-20:].hex()
    with pytest.raises(ValueError, match="64 lower-case"):
        reward_account(expiry[:-2])


@pytest.mark.parametrize("said", [0, ETHER - 1, ETHER + 1])
def test_opened__reward_that_was_not_deposited__contradicts_the_book(said: int) -> None:
    writer = Writer()
    writer.deposit_to(reward_account(writer.expiry), ETHER, EXPIRY_AT)
    message = {"expiry": writer.expiry, "block": 7, "value_secured": 0, "reward": said}
    with pytest.raises(Contradiction, match=f"{ETHER} wei were deposited"):
        writer.book.apply(writer.entry("Opened", message, [SERVICE], EXPIRY_AT))


def test_opened__reward_as_deposited__moves_and_what_comes_later_stays() -> None:
    writer = Writer()
    writer.open(EXPIRY_AT, reward=ETHER)
    account, accounts = reward_account(writer.expiry), writer.book.accounts
    assert (accounts.of(account).free, accounts.locked[writer.expiry]) == (0, ETHER)
    writer.deposit_to(account, 5, EXPIRY_AT + 1)
    assert (accounts.of(account).free, accounts.locked[writer.expiry]) == (5, ETHER)
    accounts.assert_conserved()
