"""`Opened`: not before a final block, with the value that the chain secured."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from eth_abi import encode
from eth_utils import keccak

from contracts.build import compile_contract
from oracle.models import Act, Expiry
from protocol.canonical import json_hash
from protocol.stages import Stage
from settlement.chain.client import Call
from settlement.chain.contracts import Series, factory
from settlement.chain.provider import NOTHING, Provider
from settlement.chain.providers import Providers, StaleReads, connect
from settlement.services import opening
from settlement.services.opening import open_due, value_at
from settlement.services.series import list_series
from tests.cast import ETHER
from tests.chain.conftest import FINALITY, World

DAY = 86_400
MOCKS = Path(__file__).parents[1] / "contracts" / "mocks"


def opened(expiry: Expiry) -> bool:
    expiry.refresh_from_db()
    return expiry.stage != Stage.SCHEDULED


def test_open_due__instant_not_in_a_final_block__waits(world: World) -> None:
    expiry = world.list_expiry()
    late = expiry.expiry_at + 100
    assert open_due(now=expiry.expiry_at - 1) == 0
    assert open_due(now=late) == 0, "the chain has not come to the instant"
    world.node.mine_at(expiry.expiry_at)
    for _ in range(FINALITY):
        assert open_due(now=late) == 0
        assert not opened(expiry)
        world.node.mine()
    assert open_due(now=late) == 1
    assert opened(expiry)
    act = Act.objects.get(kind="Opened")
    assert act.message["block"] == str(world.node.height() - FINALITY)
    assert open_due(now=late) == 0


def test_open_due__last_final_block_just_before_the_instant__waits(world: World) -> None:
    expiry = world.list_expiry()
    world.node.mine_at(expiry.expiry_at - 1)
    world.node.mine(FINALITY)
    assert open_due(now=expiry.expiry_at + 100) == 0


def test_open_due__chain_shorter_than_the_depth__waits(world: World, settings: object) -> None:
    settings.FINALITY_DEPTH = 10_000  # type: ignore[attr-defined]
    expiry = world.list_expiry()
    world.node.mine_at(expiry.expiry_at)
    assert open_due(now=expiry.expiry_at + 1) == 0


def test_open_due__report_delay__counted_from_the_instant(world: World) -> None:
    expiry = world.list_expiry(report_delay=500)
    now = world.pass_expiry(expiry)
    assert open_due(now=now) == 0
    assert open_due(now=expiry.expiry_at + 500) == 1


def test_open_due__value_secured__raises_the_terms(world: World) -> None:
    expiry = world.list_expiry(ahead=DAY + 1_000, value_bond_ppm=5_000)
    (series,) = list_series(expiry=expiry, strikes=[ETHER], now=world.node.now())
    world.holder().send(
        Series(world.client, series.address).call("split", 1_000 * ETHER, value=1_000 * ETHER)
    )
    open_due(now=world.pass_expiry(expiry))
    expiry.refresh_from_db()
    assert expiry.value_secured == 1_000 * ETHER
    assert expiry.raised is not None
    assert int(expiry.raised["min_report_stake"]) == 50 * int(expiry.terms["min_report_stake"])


def test_value_at__random_splits_and_merges__equals_a_sum_over_seconds(world: World) -> None:
    """The twin walks the 24 hours in steps at which nothing moves, and adds up what lay there."""
    token = _token(world)
    rate = 3 * ETHER // 7
    expiry = world.list_expiry(ahead=2 * DAY, value_rates={token: rate})
    start, end = expiry.expiry_at - DAY, expiry.expiry_at
    eth = list_series(expiry=expiry, strikes=[ETHER, 2 * ETHER], now=world.node.now())
    tok = list_series(expiry=expiry, strikes=[ETHER], collateral=token, now=world.node.now())
    _created_by_a_stranger(world, expiry)
    chance = random.Random(7)
    held: dict[str, int] = {}
    history: list[tuple[int, str, int]] = []
    holder = world.holder()
    holder.send(_call(token, "faucet(address,uint256)", holder.address, 1_000 * ETHER))
    holder.send(_call(token, "approve(address,uint256)", tok[0].address, 1_000 * ETHER))
    rates = {series.address: ETHER for series in eth} | {tok[0].address: rate}
    times = sorted(chance.sample(range(world.node.now() + 1, end), 24)) + [end, end + 5]
    for at in times:
        address = chance.choice([*rates])
        amount = chance.randrange(1, 5 * ETHER)
        merging = at >= end or (held.get(address, 0) > amount and chance.random() < 0.5)
        if merging:
            address = address if held.get(address, 0) else max(held, key=lambda each: held[each])
            amount = min(amount, held[address])
        contract = Series(world.client, address)
        value = 0 if merging or address == tok[0].address else amount
        world.node.next_at(at)
        holder.send(contract.call("merge" if merging else "split", amount, value=value))
        change = -amount if merging else amount
        held[address] = held.get(address, 0) + change
        history.append((at, address, change))
    world.node.mine(FINALITY)

    total = 0
    cuts = sorted({start, end, *(at for at, _, _ in history if start < at < end)})
    for left, right in zip(cuts, cuts[1:], strict=False):
        for address, per_unit in rates.items():
            lying = sum(change for at, where, change in history if where == address and at <= left)
            total += lying * per_unit * (right - left)
    assert value_at(connect(), expiry, world.node.height()) == total // (DAY * ETHER) > 0


def test_value_at__series_of_a_stranger__counts_though_nobody_listed_it(world: World) -> None:
    expiry = world.list_expiry(ahead=2 * DAY)
    series = _created_by_a_stranger(world, expiry)
    world.holder().send(series.call("split", 5 * ETHER, value=5 * ETHER))
    world.pass_expiry(expiry)
    assert value_at(connect(), expiry, world.node.height()) == 5 * ETHER
    assert not expiry.series.exists()


def test_value_at__node_that_refuses_long_answers__asked_in_halves(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    expiry = world.list_expiry(ahead=2 * DAY)
    series = _created_by_a_stranger(world, expiry)
    for _ in range(3):
        world.holder().send(series.call("split", ETHER, value=ETHER))
    world.pass_expiry(expiry)
    nodes, asked = connect(), []
    ask = Provider.answers

    def picky(node: Provider, questions: Any, *readers: Any) -> list[Any]:
        found = ask(node, questions, *readers)
        for place, (method, params) in enumerate(questions):
            if method == "eth_getLogs":
                asked.append((params[0]["fromBlock"], params[0]["toBlock"]))
                found[place] = found[place] if len(set(asked[-1])) == 1 else NOTHING
        return found

    monkeypatch.setattr(Provider, "answers", picky)
    assert value_at(nodes, expiry, world.node.height()) == 3 * ETHER
    assert len(asked) > world.node.height()


def test_open_due__node_cannot_answer_for_one__the_others_open(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = world.list_expiry("one"), world.list_expiry("two", 1_001)
    now = world.pass_expiry(second)

    def refuses(nodes: Providers, expiry: Expiry, block: int) -> int:
        if expiry.slug == "one":
            raise StaleReads("too much")
        return 0

    with monkeypatch.context() as patch:
        patch.setattr(opening, "value_at", refuses)
        with pytest.raises(StaleReads, match="one cannot be opened: too much"):
            open_due(now=now)
    assert (opened(first), opened(second)) == (False, True)
    assert open_due(now=now) == 1


def _created_by_a_stranger(world: World, expiry: Expiry) -> Series:
    makes, terms, zero = factory(world.client), json_hash(expiry.terms), "0x" + "00" * 20
    world.holder(3).send(makes.create_grid(expiry.index_id, expiry.expiry_at, terms, [77 * ETHER], zero))
    return Series(world.client, makes.address_of(expiry.id, expiry.expiry_at, 77 * ETHER, zero))


def _token(world: World) -> str:
    """An honest ERC-20 with 18 decimals."""
    code = compile_contract(MOCKS / "PlainToken.vy")["bytecode"]
    receipt = world.holder().send(Call(None, code + encode(["uint8", "uint256"], [18, 0]).hex()))
    assert receipt.contract is not None
    return receipt.contract


def _call(to: str, signature: str, account: str, amount: int) -> Call:
    arguments = encode(["address", "uint256"], [account, amount])
    return Call(to, "0x" + (keccak(text=signature)[:4] + arguments).hex())
