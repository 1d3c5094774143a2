"""A grid by two people: round by round, whoever else creates series, cancels or reorganises meanwhile."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User

from operators.kinds import NotPossible
from oracle.models import Expiry
from protocol.canonical import json_hash
from settlement.alarms import open_alarms
from settlement.chain import contracts
from settlement.chain.errors import ChainDown
from settlement.models import ETH, ChainTransaction, Series
from settlement.selectors import transactions_of
from settlement.series_models import SeriesBatch
from settlement.services import series as series_service
from settlement.services.calls import call_for
from settlement.services.publishing import publish
from settlement.services.series import list_series
from settlement.stages import TransactionState
from tests.cast import ETHER
from tests.chain.conftest import CONFIRMATION, World
from tests.chain.proposals import carry_out, outcome_of, propose, to_the_end, wanted_by_two
from tests.chain.test_bumping import BUMP
from tests.chain.test_series import small_batches

STRIKES = ["1000:3000:1000", "4000.5", "5000"]
GRID = [1_000 * ETHER, 2_000 * ETHER, 3_000 * ETHER, 40_005 * 10**17, 5_000 * ETHER]


def details(world: World, **more: Any) -> dict[str, Any]:
    return {"expiry": world.list_expiry(ahead=100_000).id, "strikes": STRIKES, **more}


def strikes() -> list[int]:
    return [row.strike for row in Series.objects.order_by("strike")]


def stranger_creates(world: World, *wanted: int) -> None:
    expiry = expiry_of(world)
    call = contracts.factory(world.client).create_grid(
        expiry.index_id, expiry.expiry_at, json_hash(expiry.terms), list(wanted), ETH
    )
    world.holder(3).send(call)


def expiry_of(world: World) -> Expiry:
    return Expiry.objects.get(index=world.index)


def test_list_grid__two_want_it__a_batch_a_round_and_all_is_listed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_batches(monkeypatch, 2)
    proposal = wanted_by_two("list_grid", details(world), world.node.now())
    plan = proposal.plan
    assert [change["what"] for change in plan["changes"]][3] == "strike 4000.5"
    assert {change["before"] for change in plan["changes"]} == {"not listed"}
    assert [note.split(":")[0] for note in plan["notes"]] == [
        "exist on chain", "transaction 1", "transaction 2", "transaction 3"
    ]  # fmt: skip
    carry_out(world.node.now())
    assert (SeriesBatch.objects.count(), outcome_of(proposal)) == (1, "")
    assert to_the_end(world, proposal) == "5 series created"
    assert strikes() == GRID
    assert [change["after"] for change in plan["changes"]] == [row.address for row in Series.objects.order_by("strike")]
    rows = list(ChainTransaction.objects.order_by("nonce"))
    assert [row.state for row in rows] == [TransactionState.CONFIRMED] * 3
    assert list(transactions_of(proposal)) == rows[::-1]
    assert {batch.proposal_id for batch in SeriesBatch.objects.all()} == {proposal.pk}
    for row in rows:
        rebuilt = call_for(world.client, row.purpose)
        assert (rebuilt.call, rebuilt.approved_by) == (row.call, ("one", "two"))


def test_list_grid__a_stranger_creates_some_meanwhile__it_still_is_what_was_approved(world: World) -> None:
    given = details(world)
    proposal = wanted_by_two("list_grid", given, world.node.now())
    stranger_creates(world, GRID[0], GRID[1])
    assert to_the_end(world, proposal) == "3 series created, 2 were there"
    assert strikes() == GRID


def test_list_grid__listed_at_a_shell_meanwhile__is_another_plan(world: World) -> None:
    given = details(world)
    proposal = wanted_by_two("list_grid", given, world.node.now())
    list_series(expiry=expiry_of(world), strikes=GRID[:1], now=world.node.now())
    carry_out(world.node.now())
    assert outcome_of(proposal) == "not done: it would do something else by now than what was approved"
    list_series(expiry=expiry_of(world), strikes=GRID, now=world.node.now())
    with pytest.raises(NotPossible, match="all of these series are listed already"):
        propose("list_grid", given, world.node.now())


def test_list_grid__one_alone_wants_it__nothing_is_sent(world: World) -> None:
    proposal = propose("list_grid", details(world), world.node.now())
    carry_out(world.node.now())
    assert (ChainTransaction.objects.count(), outcome_of(proposal)) == (0, "")


def test_list_grid__one_has_left_before_the_next_batch__ends_with_the_signers_words(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_batches(monkeypatch, 2)
    proposal = wanted_by_two("list_grid", details(world), world.node.now())
    carry_out(world.node.now())
    User.objects.filter(username="two").update(is_active=False)
    assert to_the_end(world, proposal).startswith("not done: the signer refuses it: two_people: 1 operators want it")
    assert ChainTransaction.objects.count() == 1
    assert not open_alarms().exists()


def test_list_grid__expired_between_two_batches__ends_with_the_reason(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_batches(monkeypatch, 2)
    proposal = wanted_by_two("list_grid", details(world), world.node.now())
    carry_out(world.node.now())
    world.node.mine_at(expiry_of(world).expiry_at)
    assert "series are created before that" in to_the_end(world, proposal)


def test_list_grid__nonsense__not_proposed(world: World) -> None:
    given = details(world)
    for wrong in ({"strikes": []}, {"strikes": ["x"]}, {"strikes": "1"}, {"collateral": "0x12"}, {"expiry": "none"},
                  {"collateral": "0x" + "12" * 20}):  # fmt: skip
        with pytest.raises(NotPossible):
            propose("list_grid", {**given, **wrong}, world.node.now())
    world.node.mine_at(expiry_of(world).expiry_at)
    with pytest.raises(NotPossible, match="series are created before that"):
        propose("list_grid", given, world.node.now())


def test_list_grid__no_block_takes_it__is_bumped_and_ends(world: World) -> None:
    proposal = wanted_by_two("list_grid", details(world), world.node.now())
    now = world.node.now()
    world.node.hold()
    carry_out(now)
    publish(now=now + BUMP)
    carry_out(now + BUMP)
    assert ChainTransaction.objects.get().attempts.count() == 2
    world.node.rpc("evm_setAutomine", True)
    world.node.mine()
    assert to_the_end(world, proposal) == "5 series created"


def test_list_grid__its_transaction_is_cancelled__the_batch_is_signed_anew(world: World) -> None:
    proposal = wanted_by_two("list_grid", details(world), world.node.now())
    now = world.node.now()
    world.node.hold()
    carry_out(now)
    row = ChainTransaction.objects.get()
    wanted_by_two("cancel_transaction", {"transaction": str(row.pk)}, now)
    carry_out(now)
    world.node.rpc("evm_setAutomine", True)
    world.node.mine(CONFIRMATION + 1)
    assert to_the_end(world, proposal) == "5 series created"
    row.refresh_from_db()
    assert row.state == TransactionState.CANCELLED
    assert ChainTransaction.objects.latest("nonce").nonce == row.nonce + 1
    assert strikes() == GRID


def test_list_grid__a_reorganisation_takes_the_batch__it_is_sent_again(world: World) -> None:
    proposal = wanted_by_two("list_grid", details(world), world.node.now())
    now = world.node.now()
    carry_out(now)
    world.node.settle()
    publish(now=now)
    assert ChainTransaction.objects.get().state == TransactionState.MINED
    world.node.reorg(1)
    assert to_the_end(world, proposal) == "5 series created"
    assert (ChainTransaction.objects.count(), strikes()) == (1, GRID)


def test_list_grid__the_chain_does_not_answer__waits(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unknown is not failed."""
    proposal = wanted_by_two("list_grid", details(world), world.node.now())
    now = world.node.now()
    with monkeypatch.context() as patched:
        patched.setattr(series_service, "missing", lambda *args: (_ for _ in ()).throw(ChainDown("gone")))
        with pytest.raises(ChainDown):
            carry_out(now)
    assert outcome_of(proposal) == ""
    assert to_the_end(world, proposal) == "5 series created"
