"""What series have split, merged and redeemed: counted once from final blocks, and it adds up (I-18, I-19)."""

from __future__ import annotations

import random
from typing import Any

import pytest

from protocol.canonical import json_hash
from protocol.payoff import redeem_n, redeem_p
from settlement.alarm_models import Alarm
from settlement.chain import series_logs
from settlement.chain.contracts import Series as Contract
from settlement.chain.contracts import factory
from settlement.models import ChainSeries, Series, SeriesIndex, SeriesLog
from settlement.series_models import SUMS
from settlement.services import series_index
from settlement.services.publishing import publish
from settlement.services.series import list_series
from tests.cast import ETHER
from tests.chain.conftest import DELAY, FINALITY, World

PRICE = 2_500 * ETHER
STRIKES = [2_000 * ETHER, 2_500 * ETHER, 3_000 * ETHER]


def index(world: World) -> int:
    return series_index.index_series(now=world.node.now())


def row_of(series: Series) -> ChainSeries:
    return ChainSeries.objects.get(pk=series.address)


def act(world: World, series: Series, who: int, function: str, *arguments: Any, value: int = 0) -> None:
    world.holder(who).send(Contract(world.client, series.address).call(function, *arguments, value=value))


def sums(row: ChainSeries) -> tuple[int, ...]:
    return tuple(getattr(row, name) for name in SUMS)


def everything() -> tuple[list[Any], list[Any]]:
    return list(ChainSeries.objects.order_by("pk").values()), list(
        SeriesLog.objects.order_by("block", "log_index").values_list("series", "kind", "block", "at", "tx", "amount")
    )


def test_index_series__a_split_that_is_not_final__not_counted_before_it_is(world: World) -> None:
    (series,) = list_series(expiry=world.list_expiry(), strikes=[2_000 * ETHER], now=world.node.now())
    act(world, series, 0, "split", 10, value=10)
    index(world)
    assert not ChainSeries.objects.exists()
    world.node.mine(FINALITY)
    assert index(world) > 0
    assert sums(row_of(series)) == (10, 0, 0, 0, 0, 0)
    log = SeriesLog.objects.get()
    assert (log.kind, log.amount, log.account) == ("Split", 10, world.holder(0).address)
    assert log.at == int(world.node.rpc("eth_getBlockByNumber", hex(log.block), False)["timestamp"], 16)
    assert index(world) == 0


def test_index_series__stranger_s_series__counted_too(world: World) -> None:
    expiry, makes = world.list_expiry(), factory(world.client)
    terms, zero = json_hash(expiry.terms), "0x" + "00" * 20
    world.holder(3).send(makes.create_grid(expiry.index_id, expiry.expiry_at, terms, [ETHER], zero))
    world.node.mine(FINALITY)
    index(world)
    assert ChainSeries.objects.filter(expiry=expiry.id).count() == 1
    assert not Series.objects.exists()


def test_index_series__a_life_at_random__the_sums_of_a_twin_and_of_an_index_made_anew(world: World) -> None:
    seed = random.randrange(10**9)
    dice, expiry = random.Random(seed), world.list_expiry()
    rows = list_series(expiry=expiry, strikes=STRIKES, now=world.node.now())
    twin = {row.address: dict.fromkeys(SUMS, 0) for row in rows}
    held = {(row.address, who, token): 0 for row in rows for who in (0, 1) for token in "pn"}
    for _ in range(12):
        row, who, amount = dice.choice(rows), dice.choice((0, 1)), dice.randrange(1, 10**6)
        most = min(held[row.address, who, token] for token in "pn")
        if most and dice.random() < 0.4:
            amount = dice.randint(1, most)
            act(world, row, who, "merge", amount)
            twin[row.address]["merged"] += amount
            amount = -amount
        else:
            act(world, row, who, "split", amount, value=amount)
            twin[row.address]["split"] += amount
        for token in "pn":
            held[row.address, who, token] += amount
        if dice.random() < 0.3:
            index(world)
    now = world.decide((expiry, PRICE), now=world.pass_expiry(expiry))
    publication = world.propose(now)
    world.sign(publication, 0, 1, 2, now=now)
    publish(now=now)
    world.node.mine_at(world.node.now() + DELAY)
    for (address, who, token), amount in sorted(held.items()):
        part = dice.randint(0, amount)
        row = next(each for each in rows if each.address == address)
        for burnt in (part, amount - part):
            if burnt:
                act(world, row, who, "redeem", *((burnt, 0) if token == "p" else (0, burnt)), world.holder(who).address)
                twin[address][f"redeemed_{token}"] += burnt
                pays = redeem_p if token == "p" else redeem_n
                twin[address][f"paid_{token}"] += pays(burnt, row.strike, PRICE)
        index(world)
    world.node.mine(FINALITY)
    index(world)
    for row in rows:
        found = row_of(row)
        assert dict(zip(SUMS, sums(found), strict=True)) == twin[row.address], f"seed {seed}"
        assert found.adds_up and found.left == world.client.balance(row.address), f"seed {seed}"
        assert found.is_redeemed is (found.redeemed_p > 0 or found.redeemed_n > 0), f"seed {seed}"
    before = everything()
    series_index.start_again(now=1)
    index(world)
    assert everything() == before, f"seed {seed}"


def test_index_series__small_chunks_and_rounds__the_same(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = list_series(expiry=world.list_expiry(), strikes=STRIKES, now=world.node.now())
    for row in rows:
        act(world, row, 0, "split", 7, value=7)
    world.node.mine(FINALITY)
    index(world)
    before = everything()
    series_index.start_again(now=1)
    monkeypatch.setattr(series_index, "CHUNK", 1)
    monkeypatch.setattr(series_index, "CHUNKS", 2)
    rounds = 0
    while index(world):
        rounds += 1
    assert rounds > 3
    assert everything() == before


def test_index_series__dies_before_it_writes__nothing_counted_and_then_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    (series,) = list_series(expiry=world.list_expiry(), strikes=[ETHER], now=world.node.now())
    act(world, series, 0, "split", 5, value=5)
    world.node.mine(FINALITY)
    with monkeypatch.context() as patched:
        patched.setattr(SeriesIndex, "save", lambda *_, **__: (_ for _ in ()).throw(RuntimeError("died")))
        with pytest.raises(RuntimeError):
            index(world)
    assert not ChainSeries.objects.exists()
    index(world)
    assert sums(row_of(series)) == (5, 0, 0, 0, 0, 0)


def test_index_series__somebody_was_faster__writes_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    (series,) = list_series(expiry=world.list_expiry(), strikes=[ETHER], now=world.node.now())
    act(world, series, 0, "split", 5, value=5)
    world.node.mine(FINALITY)
    read, inside = series_logs.read, []

    def slow(*args: Any) -> Any:
        found = read(*args)
        if not inside:
            inside.append(True)
            index(world)
        return found

    monkeypatch.setattr(series_logs, "read", slow)
    index(world)
    assert sums(row_of(series)) == (5, 0, 0, 0, 0, 0)
    assert SeriesLog.objects.count() == 1


def test_index_series__the_final_block_is_another__stops_with_an_alarm_until_counted_anew(world: World) -> None:
    list_series(expiry=world.list_expiry(), strikes=[ETHER], now=world.node.now())
    world.node.mine(FINALITY)
    index(world)
    SeriesIndex.objects.update(read_to_hash="0x" + "ab" * 32)
    assert index(world) == 0
    alarm = Alarm.objects.get(kind="series_stopped", cleared_at=None)
    assert "which was final" in alarm.words
    world.node.mine(1)
    assert index(world) == 0, "it does not go on by itself"
    series_index.start_again(now=world.node.now())
    assert index(world) > 0
    assert not Alarm.objects.filter(cleared_at=None).exists()


def test_index_series__nodes_on_another_chain__stops(world: World) -> None:
    index(world)
    SeriesIndex.objects.update(chain="0x" + "ab" * 32)
    assert index(world) == 0
    assert "the index on 0xabab" in SeriesIndex.objects.get().stopped


def test_index_series__nodes_that_tell_of_more_paid_than_put_in__stops_and_counts_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """I-19: a quorum that leaves a split out makes a merge of what was never put in."""
    (series,) = list_series(expiry=world.list_expiry(), strikes=[ETHER], now=world.node.now())
    act(world, series, 0, "split", 5, value=5)
    act(world, series, 0, "merge", 5)
    world.node.mine(FINALITY)
    read = series_logs.read

    def omits(*args: Any) -> Any:
        found = read(*args)
        return series_logs.Read(found.created, [each for each in found.moved if each.name != "Split"], found.last)

    monkeypatch.setattr(series_logs, "read", omits)
    assert index(world) == 0
    assert "paid out more than was put in" in SeriesIndex.objects.get().stopped
    assert not ChainSeries.objects.exists()
