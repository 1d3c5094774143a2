"""PriceOracle: what it is built with, changes of the attestor set, the owner (PROTOCOL 8)."""

from typing import Any

import pytest

from tests.contracts.evm import (
    ATTESTORS,
    DELAY_S,
    ETH,
    GUARDIANS,
    SET_DELAY_S,
    Court,
    oracle_arguments,
    signers,
    word,
)

NEW = signers("new attestor", 3)
ADDRESSES = [key.address for key in NEW]


def propose(court: Court, addresses: list[str] = ADDRESSES, threshold: int = 2) -> int:
    """Propose the new set, return the time of it."""
    court.evm.set_time(at := court.evm.now() + 10)
    court.evm.send(court.oracle.functions.propose_set(addresses, threshold))
    return at


def veto(court: Court, nonce: int, keys: Any = GUARDIANS[1:]) -> Any:
    return court.oracle.functions.veto_set(nonce, court.sign(keys, "VetoSet", {"nonce": nonce}))


def test_constructor__the_tests_own__readable(court: Court) -> None:
    oracle = court.oracle.functions
    assert oracle.get_attestors().call() == [key.address for key in ATTESTORS]
    assert oracle.get_guardians().call() == [key.address for key in GUARDIANS]
    assert (oracle.attestor_threshold().call(), oracle.GUARDIAN_THRESHOLD().call()) == (3, 2)
    assert (oracle.DELAY().call(), oracle.SET_DELAY().call()) == (DELAY_S, SET_DELAY_S)
    assert oracle.owner().call() == court.evm.accounts[0]
    assert oracle.get_proposal().call() == [1, [], 0, 0]


@pytest.mark.parametrize(("position", "value", "reason"), [
    (0, ETH, "owner is the zero address"),
    (1, [], "threshold above the members"),
    (1, [ADDRESSES[0], ADDRESSES[0], ADDRESSES[1]], "members do not ascend"),
    (1, ADDRESSES[::-1], "members do not ascend"),
    (1, [ETH, *ADDRESSES], "members do not ascend"),
    (2, 0, "threshold is zero"),
    (2, 6, "threshold above the members"),
    (3, ADDRESSES[:1], "threshold above the members"),
    (4, 0, "threshold is zero"),
    (4, 4, "threshold above the members"),
    (5, 0, "delay is zero"),
    (5, SET_DELAY_S, "set_delay must exceed delay"),
    (6, DELAY_S, "set_delay must exceed delay"),
    (6, 365 * 86_400 + 1, "set_delay above a year"),
])
def test_constructor__bad_argument__refused(court: Court, position: int, value: Any, reason: str) -> None:
    arguments = oracle_arguments(court.evm.accounts[0])
    arguments[position] = value
    court.evm.constructor_fails(reason, "PriceOracle", *arguments)


def test_propose_set__by_the_owner__event_and_proposal(court: Court) -> None:
    court.evm.set_time(at := court.evm.now() + 10)
    receipt = court.evm.send(court.oracle.functions.propose_set(ADDRESSES, 2))
    expected = {"nonce": 2, "attestors": ADDRESSES, "threshold": 2, "applies_from": at + SET_DELAY_S}
    assert court.events(court.oracle, "SetProposed", receipt) == [expected]
    assert court.oracle.functions.get_proposal().call() == [2, ADDRESSES, 2, at + SET_DELAY_S]
    assert court.oracle.functions.get_attestors().call() == [key.address for key in ATTESTORS]


def test_propose_set__by_another__refused(court: Court) -> None:
    proposal = court.oracle.functions.propose_set(ADDRESSES, 2)
    court.evm.fails("not the owner", proposal, court.evm.accounts[1])


@pytest.mark.parametrize(("addresses", "threshold", "reason"), [
    ([], 1, "threshold above the members"), (ADDRESSES, 0, "threshold is zero"),
    (ADDRESSES, 4, "threshold above the members"), (ADDRESSES[::-1], 2, "members do not ascend"),
])
def test_propose_set__no_good_set__refused(
    court: Court, addresses: list[str], threshold: int, reason: str
) -> None:
    court.evm.fails(reason, court.oracle.functions.propose_set(addresses, threshold))


def test_apply_set__around_its_delay__waits_it_out(court: Court) -> None:
    at = propose(court)
    court.evm.set_time(at + SET_DELAY_S - 1)
    court.evm.fails("the proposal still waits", court.oracle.functions.apply_set(2))
    court.evm.set_time(at + SET_DELAY_S)
    receipt = court.evm.send(court.oracle.functions.apply_set(2), court.evm.accounts[5])
    applied = court.events(court.oracle, "SetApplied", receipt)
    assert applied == [{"nonce": 2, "attestors": ADDRESSES, "threshold": 2}]
    assert court.oracle.functions.get_attestors().call() == ADDRESSES
    court.evm.fails("nothing is proposed", court.oracle.functions.apply_set(2))


def test_apply_set__then_submit__only_the_new_set_counts(court: Court) -> None:
    at = propose(court)
    items = [court.item(word("e"), 5)]
    by_new = court.oracle.functions.submit(items, court.attest(items, NEW[:2]))
    court.evm.fails("too few signatures", by_new)
    court.evm.set_time(at + SET_DELAY_S)
    court.evm.send(court.oracle.functions.apply_set(2))
    court.evm.fails("signer is not in the set", court.submission(*items))
    court.evm.send(by_new)


def test_apply_set__price_waiting__becomes_final_all_the_same(court: Court) -> None:
    at = propose(court)
    court.evm.set_time(at + SET_DELAY_S - 5)
    court.evm.send(court.submission(court.item(word("e"), 5)))
    court.evm.set_time(at + SET_DELAY_S)
    court.evm.send(court.oracle.functions.apply_set(2))
    court.evm.set_time(at + SET_DELAY_S + DELAY_S)
    assert court.evm.read(court.oracle.functions.price_of(word("e"))) == 5


def test_propose_set__again__replaces_and_waits_anew(court: Court) -> None:
    first = propose(court)
    court.evm.set_time(first + SET_DELAY_S - 50)
    second = propose(court, ADDRESSES[:2], 1)
    court.evm.set_time(first + SET_DELAY_S)
    court.evm.fails("not the running proposal", court.oracle.functions.apply_set(2))
    court.evm.fails("the proposal still waits", court.oracle.functions.apply_set(3))
    court.evm.set_time(second + SET_DELAY_S)
    court.evm.send(court.oracle.functions.apply_set(3))
    assert court.oracle.functions.get_attestors().call() == ADDRESSES[:2]


def test_veto_set__by_guardians__nothing_is_left_to_apply(court: Court) -> None:
    at = propose(court)
    receipt = court.evm.send(veto(court, 2), court.evm.accounts[5])
    assert court.events(court.oracle, "SetVetoed", receipt) == [{"nonce": 2}]
    court.evm.set_time(at + SET_DELAY_S)
    court.evm.fails("nothing is proposed", court.oracle.functions.apply_set(2))
    court.evm.fails("nothing is proposed", veto(court, 2))


def test_veto_set__used_again_on_the_next_proposal__refused(court: Court) -> None:
    propose(court)
    old = veto(court, 2)
    court.evm.send(old)
    propose(court)
    court.evm.fails("not the running proposal", old)
    court.evm.send(veto(court, 3))


def test_veto_set__after_the_wait__still_possible(court: Court) -> None:
    at = propose(court)
    court.evm.set_time(at + SET_DELAY_S + 1)
    court.evm.send(veto(court, 2))


def test_veto_set__too_few_or_attestors__refused(court: Court) -> None:
    propose(court)
    court.evm.fails("too few signatures", veto(court, 2, GUARDIANS[:1]))
    court.evm.fails("signer is not in the set", veto(court, 2, ATTESTORS[:2]))


def test_owner__two_steps__changes_hands(court: Court) -> None:
    old, new = court.evm.accounts[:2]
    court.evm.send(court.oracle.functions.propose_owner(new))
    assert court.oracle.functions.owner().call() == old
    receipt = court.evm.send(court.oracle.functions.accept_owner(), new)
    assert court.events(court.oracle, "OwnerChanged", receipt) == [{"owner": new}]
    court.evm.fails("not the owner", court.oracle.functions.propose_set(ADDRESSES, 2), old)
    court.evm.send(court.oracle.functions.propose_set(ADDRESSES, 2), new)
    court.evm.fails("not the proposed owner", court.oracle.functions.accept_owner(), new)


def test_owner__proposed_by_or_accepted_by_another__refused(court: Court) -> None:
    court.evm.fails("not the owner", court.oracle.functions.propose_owner(ADDRESSES[0]), court.evm.accounts[1])
    court.evm.send(court.oracle.functions.propose_owner(court.evm.accounts[1]))
    court.evm.fails("not the proposed owner", court.oracle.functions.accept_owner(), court.evm.accounts[2])
    court.evm.send(court.oracle.functions.propose_owner(ETH))
    court.evm.fails("not the proposed owner", court.oracle.functions.accept_owner(), court.evm.accounts[1])
