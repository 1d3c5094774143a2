"""What an escrow is built with, and who owns it (PROTOCOL 8)."""

import pytest

from tests.contracts.bonds import EXIT_DELAY_S, FIRST_EPOCH, ROOT_DELAY_S, Bonds
from tests.contracts.evm import ETH, Court

NO_CONTRACT = "0x" + "11" * 20


def test_constructor__the_tests_own__readable(bonds: Bonds) -> None:
    assert bonds.says("owner") == bonds.evm.accounts[0]
    assert bonds.says("ORACLE") == bonds.court.oracle.address
    assert (bonds.says("DELAY"), bonds.says("EXIT_DELAY"), bonds.says("OUTFLOW_CAP")) == (ROOT_DELAY_S, EXIT_DELAY_S, 0)
    assert bonds.says("next_epoch") == FIRST_EPOCH
    assert bonds.says("left_in_epoch") == 2**128 - 1
    assert (bonds.says("paused"), bonds.says("ended")) == (False, False)
    assert (bonds.says("total_deposited"), bonds.says("total_paid")) == (0, 0)


def test_constructor__clock_of_the_exit__starts_with_the_deployment(bonds: Bonds) -> None:
    deployed_at = bonds.evm.w3.eth.get_block("latest")["timestamp"]
    assert bonds.says("exit_opens_at") == deployed_at + EXIT_DELAY_S
    assert bonds.says("final_root")[0] == FIRST_EPOCH - 1
    assert bonds.says("final_root")[2:] == (0, deployed_at)


@pytest.mark.parametrize(
    "position, value, reason",
    [
        (0, ETH, "owner is the zero address"),
        (1, ETH, "oracle is no contract"),
        (1, NO_CONTRACT, "oracle is no contract"),
        (2, 0, "delay is zero"),
        (3, ROOT_DELAY_S, "exit_delay must exceed delay"),
        (3, 365 * 86_400 + 1, "exit_delay above a year"),
        (4, 2**128, "outflow_cap above 2^128 - 1"),
        (5, 0, "first_epoch is zero"),
        (5, 2**63, "first_epoch above 2^63 - 1"),
    ],
)
def test_constructor__bad_value__refused(court: Court, position: int, value: object, reason: str) -> None:
    arguments = [court.evm.accounts[0], court.oracle.address, ROOT_DELAY_S, EXIT_DELAY_S, 0, 1]
    arguments[position] = value
    court.evm.constructor_fails(reason, "Escrow", *arguments)


def test_owner__two_steps__handed_over(bonds: Bonds) -> None:
    owner, heir, other = bonds.evm.accounts[:3]
    functions = bonds.escrow.functions
    bonds.evm.fails("not the owner", functions.propose_owner(other), other)
    bonds.evm.send(functions.propose_owner(heir), owner)
    bonds.evm.fails("not the proposed owner", functions.accept_owner(), other)
    bonds.evm.send(functions.accept_owner(), heir)
    assert bonds.says("owner") == heir
    bonds.evm.fails("not the owner", functions.set_paused(True), owner)
