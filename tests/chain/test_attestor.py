"""An attestor against the real service and a real chain: what it reads itself, what it signs, what it will not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from django.conf import settings

from contracts import load
from dev import accounts
from oracle.services.time import beat, pass_time
from protocol.book import Book
from protocol.hashing import keccak, to_hex
from protocol.signing import Domain
from reporter.attest import chain as chain_module
from reporter.attest.chain import Chain
from reporter.attest.follower import Follower
from reporter.attest.grounds import Context, refusal
from reporter.attest.memory import Memory
from reporter.attest.program import Attestor
from reporter.attest.store import Store
from reporter.keys import Key
from settlement.chain.contracts import Series
from settlement.models import Publication, PublicationItem
from settlement.services.opening import open_due
from settlement.services.series import list_series
from settlement.stages import PublicationStage
from tests.cast import ETHER, person
from tests.chain.conftest import World
from tests.flows.following import service
from tests.two_people import carry_out, decide

DAY = 86_400
PRICE = 2_500 * ETHER


def attestor(world: World, folder: Path, number: int = 0) -> Attestor:
    """The one with this number, as the program sets it up; it accepts what was made before it came."""
    there = service()
    about = there.about()
    domain = Domain(int(about["chain_id"]), about["oracle"])
    store = Store(folder / f"attestor-{number}")
    book = Book(domain, about["service"], int(about["unbonding_delay"]))
    follower = Follower(there, store, book, started=10**11)
    chain = Chain([world.node.url], from_block=settings.FACTORY_BLOCK)
    context = Context(follower, chain, Memory(store.signed), about["oracle"], about["factory"], True)
    return Attestor(there, Key(accounts.key(accounts.ATTESTORS[number])), domain, context)


def secured(world: World, rate: int = 5_000) -> tuple[Publication, int]:
    """An expiry with 1,000 ETH in a series since a day and a bit, final and proposed. Its bonds are raised."""
    expiry = world.list_expiry(ahead=DAY + 1_000, value_bond_ppm=rate)
    (series,) = list_series(expiry=expiry, strikes=[ETHER], now=world.node.now())
    world.holder().send(Series(world.client, series.address).call("split", 100 * ETHER, value=100 * ETHER))
    now = world.decide((expiry, PRICE), now=world.pass_expiry(expiry))
    return world.propose(now), now


def test_three_attestors__honest_publication__is_signed(world: World, tmp_path: Path) -> None:
    publication, now = secured(world)
    beat(now=now)
    for number in range(3):
        attestor(world, tmp_path, number).round(now + 1)
    publication.refresh_from_db()
    assert publication.stage == PublicationStage.SIGNED
    assert publication.signatures.count() == 3


def test_value_secured__own_reading__is_what_the_service_wrote(world: World, tmp_path: Path) -> None:
    _, now = secured(world)
    one = attestor(world, tmp_path)
    one.round(now + 1)
    (expiry,) = one.context.follower.book.expiries.values()
    assert expiry.opened is not None
    assert expiry.opened["value_secured"] == 100 * ETHER


def test_value_secured__service_lied__is_refused_with_the_reason(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("settlement.services.opening.value_at", lambda nodes, expiry, block: 0)
    publication, now = secured(world, rate=0)
    beat(now=now)
    attestor(world, tmp_path).round(now + 1)
    (said,) = publication.refusals.all()
    assert said.text.startswith("wrong_value: ")


def test_attempt__raised_by_a_cancel__old_item_is_refused(world: World, tmp_path: Path) -> None:
    publication, now = world.proposed()
    beat(now=now)
    one = attestor(world, tmp_path)
    one.context.follower.poll(now + 1)
    row = PublicationItem.objects.get(publication=publication)
    item = {name: getattr(row, name) for name in ("attempt", "price", "transcript", "payouts")}
    item |= {"expiry": row.expiry_id, "price": int(row.price), "attempt": int(row.attempt)}
    assert refusal(item, one.context) is None
    assert (refusal(item | {"attempt": 1}, one.context) or "").startswith("wrong_attempt: ")


def test_chain__topics_and_words__are_those_of_the_built_contracts() -> None:
    def topic(contract: str, event: str) -> str:
        (found,) = [
            each for each in load(contract)["abi"] if each.get("name") == event and each["type"] == "event"
        ]
        return to_hex(keccak(f"{event}({','.join(each['type'] for each in found['inputs'])})".encode()))

    assert topic("SeriesFactory", "SeriesCreated") == chain_module._CREATED
    assert topic("Series", "Split") == chain_module._SPLIT
    assert topic("Series", "Merge") == chain_module._MERGE
    (record,) = [each for each in load("PriceOracle")["abi"] if each.get("name") == "record_of"]
    assert [each["name"] for each in record["outputs"][0]["components"]][
        chain_module._ATTEMPT_WORD
    ] == "attempt"


def test_intake_paused_and_resumed__over_an_open_challenge__is_witnessed_and_the_price_signed(
    world: World, tmp_path: Path
) -> None:
    """A silence without beats is no lie where an outage owns up to all of it: not an entry is taken on trust."""
    expiry = world.list_expiry()
    witnesses = [attestor(world, tmp_path, number) for number in range(3)]
    for each in witnesses:
        each.context.follower.started = 0
        each.context = replace(each.context, accept_unwitnessed=False)

    def look(now: int) -> None:
        for each in witnesses:
            each.round(now)

    now = world.pass_expiry(expiry)
    open_due(now=now)
    person("alice").deposit(ETHER, now)
    assert person("alice").report(expiry.id, PRICE, ETHER, now).refusal is None
    look(now + 1)
    pass_time(now=now + 60)
    look(now + 61)
    expiry.refresh_from_db()
    assert (expiry.stage, expiry.deadline) == ("CHALLENGE", now + 120)
    paused, resumed = now + 90, now + 990
    assert decide("pause_intake", {}, paused).startswith("paused since")
    for second in range(paused + 1, resumed, 60):
        look(second)
        carry_out(second)
    assert decide("resume_intake", {}, resumed) == "resumed after 900 s, an outage"
    look(resumed + 1)
    expiry.refresh_from_db()
    assert expiry.deadline == now + 120 + 900, "by exactly the gap"
    pass_time(now=resumed + 29)
    expiry.refresh_from_db()
    assert expiry.stage == "CHALLENGE"
    pass_time(now=resumed + 30)
    look(resumed + 31)
    publication = world.propose(resumed + 31)
    look(resumed + 32)
    publication.refresh_from_db()
    assert [each.context.follower.broken for each in witnesses] == [None] * 3
    assert [each.context.follower.unwitnessed for each in witnesses] == [[]] * 3
    assert not publication.refusals.exists()
    assert (publication.stage, publication.signatures.count()) == (PublicationStage.SIGNED, 3)
    (known,) = witnesses[0].context.follower.book.expiries.values()
    assert (known.state.price, known.state.final_at) == (PRICE, now + 120 + 900)
