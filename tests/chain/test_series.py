"""Listing series: a grid in batches, repeatable from any point, and nothing believed that the chain does not say."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from dev import accounts
from oracle.models import Expiry
from protocol.canonical import json_hash
from protocol.hashing import to_hex
from settlement.chain import contracts
from settlement.chain.deploy import EscrowRules, Rules, deploy
from settlement.chain.errors import ChainDown
from settlement.chain.wallet import Wallet
from settlement.models import ChainTransaction, Series
from settlement.series_models import SeriesBatch
from settlement.services import sending
from settlement.services import series as series_service
from settlement.services.publishing import publish
from settlement.services.series import (
    GAS_PER_BATCH,
    GAS_PER_SERIES,
    MAX_TRANSACTION_GAS,
    InvalidSeries,
    list_series,
)
from settlement.stages import TransactionState
from tests.cast import ETHER
from tests.chain.conftest import CONFIRMATION, World

ZERO = "0x" + "00" * 20
GRID = [1_000 * ETHER, 2_000 * ETHER, 3_000 * ETHER]


def listed(world: World, expiry: Expiry, strikes: list[int] = GRID, **more: Any) -> list[Series]:
    return list_series(expiry=expiry, strikes=strikes, now=world.node.now(), **more)


def test_list_series__grid__one_transaction_and_what_the_chain_says(world: World) -> None:
    expiry = world.list_expiry()
    found = listed(world, expiry)
    assert [series.strike for series in found] == GRID
    assert ChainTransaction.objects.count() == 1
    for series in found:
        contract = contracts.Series(world.client, series.address)
        assert to_hex(contract.read("expiry")) == expiry.id
        assert [str(contract.read(name)).lower() for name in ("p", "n")] == [series.p, series.n]
        assert (contract.read("strike"), series.decimals, series.collateral) == (series.strike, 18, ZERO)
        assert series.p_symbol == f"P-{series.strike // ETHER}"
        assert series.n_symbol == f"N-{series.strike // ETHER}"


def test_list_series__again_and_with_one_more__only_the_new_one_is_created(world: World) -> None:
    expiry = world.list_expiry()
    first = listed(world, expiry)
    assert listed(world, expiry) == first
    assert ChainTransaction.objects.count() == 1
    assert len(listed(world, expiry, [*GRID, 4_000 * ETHER])) == 4
    assert ChainTransaction.objects.count() == 2


def test_list_series__a_stranger_was_first__theirs_is_listed_without_a_transaction(world: World) -> None:
    expiry = world.list_expiry()
    makes = contracts.factory(world.client)
    call = makes.create_grid(expiry.index_id, expiry.expiry_at, json_hash(expiry.terms), GRID, ZERO)
    world.holder(3).send(call)
    assert len(listed(world, expiry)) == 3
    assert not ChainTransaction.objects.exists()


def test_list_series__no_block_in_time__the_next_call_waits_for_the_same_transaction(world: World) -> None:
    expiry = world.list_expiry()
    world.node.hold()
    with pytest.raises(ChainDown, match="run the command again"):
        listed(world, expiry, patience_seconds=0)
    world.node.mine()
    assert len(listed(world, expiry)) == 3
    row = ChainTransaction.objects.get()
    world.node.mine(CONFIRMATION)
    publish(now=world.node.now())
    row.refresh_from_db()
    assert (row.state, row.succeeded) == (TransactionState.CONFIRMED, True)


def test_list_series__bad_input__refused_before_anything_is_sent(world: World) -> None:
    expiry = world.list_expiry()
    for strikes in ([], [ETHER, ETHER], [0], [2**120], list(range(1, 1_002))):
        with pytest.raises(InvalidSeries):
            listed(world, expiry, strikes)
    with pytest.raises(InvalidSeries, match="expired"):
        list_series(expiry=expiry, strikes=GRID, now=expiry.expiry_at)
    with pytest.raises(InvalidSeries, match="collateral is no contract"):
        listed(world, expiry, collateral="0x" + "12" * 20)
    world.node.mine_at(expiry.expiry_at)
    with pytest.raises(InvalidSeries, match="expiry is past"):
        list_series(expiry=expiry, strikes=GRID, now=expiry.expiry_at - 1)
    assert not ChainTransaction.objects.exists()
    assert not Series.objects.exists()


def test_list_series__factory_of_another_oracle__not_listed(world: World, settings: Any) -> None:
    expiry = world.list_expiry()
    people = [accounts.address(number) for number in (20, 21, 22)]
    rules = Rules(people[0], people, 1, people, 1, 10, 20)
    other = deploy(Wallet(world.client, accounts.key(20)), rules, EscrowRules(10, 20))
    settings.FACTORY_ADDRESS = other.factory
    with pytest.raises(InvalidSeries, match="is FACTORY_ADDRESS right"):
        listed(world, expiry)
    assert not Series.objects.exists()


def small_batches(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(series_service, "batch_size", lambda gas: size)


def test_list_series__more_than_a_batch__in_order_one_transaction_each(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_batches(monkeypatch, 2)
    expiry, said = world.list_expiry(), list[str]()
    grid = [number * ETHER for number in range(5, 0, -1)]
    assert [series.strike for series in listed(world, expiry, grid, progress=said.append)] == sorted(grid)
    assert [line.split(":")[0] for line in said] == ["batch 1 of 3", "batch 2 of 3", "batch 3 of 3"]
    rows = ChainTransaction.objects.order_by("nonce")
    batches = SeriesBatch.objects.order_by("pk")
    assert [row.purpose for row in rows] == [f"series:{batch.pk}" for batch in batches]
    assert [len(batch.strikes) for batch in batches] == [2, 2, 1]


def test_batch_call__stored_batch__is_the_call_that_was_sent(world: World) -> None:
    listed(world, world.list_expiry())
    call = series_service.batch_call(world.client, SeriesBatch.objects.get())
    receipt = world.node.rpc("eth_getTransactionByHash", ChainTransaction.objects.get().hash)
    assert (receipt["to"], receipt["input"]) == (call.to, call.data)


class Died(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("step", range(9))
def test_list_series__dies_at_any_step__the_next_call_makes_the_rest_and_nothing_twice(
    world: World, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    """Three batches: each is stored, sent, waited for; the steps are counted over all of them."""
    small_batches(monkeypatch, 2)
    expiry, steps = world.list_expiry(), iter(range(100))

    def dying(function: Any, *, after: bool = False) -> Any:
        def run(*args: Any, **kwargs: Any) -> Any:
            dead = next(steps) == step
            if dead and not after:
                raise Died
            answer = function(*args, **kwargs)
            if dead:
                raise Died
            return answer

        return run

    grid = [number * ETHER for number in range(1, 6)]
    with monkeypatch.context() as patched:
        patched.setattr(sending, "store", dying(sending.store, after=True))
        patched.setattr(sending.transactions, "broadcast", dying(sending.transactions.broadcast))
        patched.setattr(sending, "wait", dying(sending.wait, after=True))
        with pytest.raises(Died):
            listed(world, expiry, grid)
    assert [series.strike for series in listed(world, expiry, grid)] == grid
    nonces = [row.nonce for row in ChainTransaction.objects.order_by("nonce")]
    assert nonces == list(range(nonces[0], nonces[0] + 3))
    strikes = [int(s) for batch in SeriesBatch.objects.order_by("pk") for s in batch.strikes]
    assert strikes == grid


def test_batch_size__limits_of_transaction_and_block__well_under_both() -> None:
    assert series_service.batch_size(30_000_000) == 48
    assert series_service.batch_size(10**12) == 48
    for block in (500_000, 6_000_000, 15_000_000, 25_000_000):
        size = series_service.batch_size(block)
        gas = (GAS_PER_BATCH + size * GAS_PER_SERIES) * 5 // 4
        assert size == 1 or gas <= min(block // 2, MAX_TRANSACTION_GAS * 3 // 4)
    assert series_service.batch_size(1) == 1


def test_batch_call__stored_rows__cannot_be_edited(world: World) -> None:
    listed(world, world.list_expiry())
    for act in (lambda: SeriesBatch.objects.update(collateral="0x"), lambda: SeriesBatch.objects.all().delete()):
        with pytest.raises(IntegrityError), transaction.atomic():
            act()


def test_list_series_command__dry_run__tells_and_sends_nothing(world: World) -> None:
    expiry, out = world.list_expiry(ahead=10**9), StringIO()
    listed(world, expiry, [2_000 * ETHER])
    call_command("list_series", expiry.slug, "--strikes", "2000:2200:100", "--dry-run", stdout=out)
    lines = out.getvalue().splitlines()
    assert [line.split()[0] for line in lines[:3]] == ["2000", "2100", "2200"]
    assert [" ".join(line.split()[2:]) for line in lines[:3]] == ["exists", "batch 1", "batch 1"]
    assert lines[3].startswith("batch 1: 2 series, at most ")
    assert lines[4] == "dry run: 2 of 3 would be created, nothing was sent"
    assert (ChainTransaction.objects.count(), Series.objects.count()) == (1, 1)


def test_list_series_command__a_hundred_strikes__three_transactions_under_the_limit(world: World) -> None:
    expiry, out = world.list_expiry(ahead=10**9), StringIO()
    call_command("list_series", expiry.slug, "--strikes", "100:10000:100", stdout=out, stderr=StringIO())
    assert len(out.getvalue().splitlines()) == 100
    rows = list(ChainTransaction.objects.all())
    assert len(rows) == 3
    for row in rows:
        assert int(world.node.rpc("eth_getTransactionByHash", row.hash)["gas"], 16) < MAX_TRANSACTION_GAS * 3 // 4


def test_list_series_command__decimal_strikes__one_line_each(world: World) -> None:
    expiry = world.list_expiry(ahead=10**9)  # the command reads the host's clock
    out = StringIO()
    call_command("list_series", expiry.slug, "--strikes", "17850.5", "0.000000000000000001", stdout=out)
    lines = out.getvalue().splitlines()
    assert [line.split()[2] for line in lines] == ["0.000000000000000001", "17850.5"]
    assert Series.objects.filter(strike=178505 * 10**17).exists()
    for words in (
        ["nothing", "--strikes", "1"],
        [expiry.slug, "--strikes", "1e-19"],
        [expiry.slug, "--strikes", "x"],
        [expiry.slug, "--strikes", "1:3:1", "2"],
    ):
        with pytest.raises(CommandError):
            call_command("list_series", *words)
