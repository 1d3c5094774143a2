"""Listing series: one transaction for a grid, repeatable, and nothing believed that the chain does not say."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from dev import accounts
from oracle.models import Expiry
from protocol.canonical import json_hash
from settlement.chain import contracts
from settlement.chain.deploy import EscrowRules, Rules, deploy
from settlement.chain.errors import ChainDown
from settlement.chain.wallet import Wallet
from settlement.models import ChainTransaction, Series
from settlement.services.publishing import publish
from settlement.services.series import InvalidSeries, list_series
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
        told = contracts.Series(world.client, series.address).tells()
        assert told["expiry"] == expiry.id
        assert (told["p"], told["n"], told["strike"]) == (series.p, series.n, series.strike)
        assert (series.decimals, series.collateral) == (18, ZERO)
        assert series.p_symbol != series.n_symbol


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
    for strikes in ([], [ETHER, ETHER], [0], [2**120], list(range(1, 52))):
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
    ):
        with pytest.raises(CommandError):
            call_command("list_series", *words)
