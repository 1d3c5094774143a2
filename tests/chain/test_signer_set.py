"""Changing the attestors on a real chain: proposed, seen by everybody, vetoed or applied."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client as Browser

from dev import accounts
from oracle.services.time import beat
from reporter import signer_set
from reporter.attest.alarms import Alarms
from reporter.attest.chain import Chain
from reporter.attest.metrics import Metrics
from reporter.attest.set_watch import SetWatch
from reporter.keys import Key
from reporter.signer_set import OracleContract
from reporter.stop import Stop
from tests.chain.conftest import HOLDERS, World
from tests.chain.test_attestor import attestor
from tests.web.test_api_schema import check

OWNER = Key(accounts.key(accounts.PUBLISHER))
ANYONE = Key(accounts.key(HOLDERS[1]))
RUNNING = sorted(accounts.address(each) for each in accounts.ATTESTORS)
NEWCOMER = accounts.address(HOLDERS[3])
NEW = sorted([*RUNNING[1:], NEWCOMER])
web = Browser()


@pytest.fixture(autouse=True)
def fresh() -> None:
    cache.clear()


def contract(world: World) -> OracleContract:
    return OracleContract(Chain([world.node.url]), world.oracle.address)


def propose(world: World, **changes: Any) -> None:
    given: dict[str, Any] = {"members": NEW[::-1], "threshold": 2, "now": world.node.now(), "sending": True}
    signer_set.propose(contract(world), OWNER, **(given | changes))


def shares(world: World, folder: Path, *guardians: int) -> list[Path]:
    for number in guardians:
        signer_set.sign_veto(contract(world), Key(accounts.key(accounts.GUARDIANS[number])), out=folder)
    return sorted(folder.glob("veto-*.json"))


def shown() -> Any:
    cache.clear()
    answer = web.get("/api/v1/attestors")
    assert answer.status_code == 200
    return answer.json()


def assert_as_documented() -> None:
    """The answer is what the OpenAPI document promises."""
    check(web.get("/api/schema/").json(), web.get("/api/v1/attestors"), "/api/v1/attestors")


def page() -> str:
    cache.clear()
    answer = web.get("/attestors/")
    assert answer.status_code == 200
    return answer.content.decode()


def watch(world: World, own: str) -> tuple[SetWatch, Alarms, Metrics, list[str]]:
    said: list[str] = []
    alarms, metrics = Alarms(said.append), Metrics()
    return SetWatch(Chain([world.node.url]), world.oracle.address, own, alarms, metrics), alarms, metrics, said


def test_set__proposed_and_applied__everybody_sees_it_at_each_step(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    leaver, alarms, metrics, _ = watch(world, RUNNING[0])
    leaver.look()
    assert alarms.raised == {}
    propose(world, sending=False)
    said = capsys.readouterr().out
    assert "dry run" in said
    assert f"goes out             {RUNNING[0]}" in said
    assert shown()["waiting"] is None
    assert "No other set waits." in page()
    propose(world)
    waiting = shown()["waiting"]
    assert_as_documented()
    assert (waiting["attestors"], waiting["threshold"], waiting["nonce"]) == (NEW, "2", "2")
    assert int(waiting["applies_from"]) == world.node.now() + 100
    text = page()
    assert "Another set waits" in text
    assert NEWCOMER in text
    leaver.look()
    assert "without us" in alarms.raised["set waiting"]
    assert b"assize_attestor_set_waiting 1.0" in metrics.page(0)
    with pytest.raises(Stop, match="still waits"):
        signer_set.apply(contract(world), ANYONE, now=world.node.now(), sending=True)
    world.node.mine_at(int(waiting["applies_from"]))
    signer_set.apply(contract(world), ANYONE, now=world.node.now(), sending=True)
    found = shown()
    assert [each["address"] for each in found["attestors"]] == NEW
    assert (found["threshold"], found["waiting"]) == ("2", None)
    leaver.look()
    assert set(alarms.raised) == {"out of the set"}
    assert b"assize_attestor_in_running_set 0.0" in metrics.page(0)
    signer_set.show(contract(world), world.node.now())
    assert NEWCOMER in capsys.readouterr().out


def test_set__vetoed_by_guardians__is_gone(world: World, tmp_path: Path) -> None:
    propose(world)
    one = shares(world, tmp_path, 0)
    with pytest.raises(Stop, match="1 of 2 guardians have signed"):
        signer_set.veto(contract(world), ANYONE, [*one, *one], now=world.node.now(), sending=True)
    signer_set.veto(contract(world), ANYONE, shares(world, tmp_path, 1, 2), now=world.node.now(), sending=True)
    assert shown()["waiting"] is None
    with pytest.raises(Stop, match="no set waits"):
        signer_set.apply(contract(world), ANYONE, now=world.node.now() + 1_000, sending=True)
    propose(world)
    with pytest.raises(Stop, match="no share of a veto of proposal 3"):
        signer_set.veto(contract(world), ANYONE, one, now=world.node.now(), sending=True)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"key": ANYONE}, "only the owner"),
        ({"threshold": 6}, "threshold must lie between"),
        ({"threshold": 0}, "threshold must lie between"),
        ({"members": [NEWCOMER, NEWCOMER]}, "named twice"),
    ],
)
def test_propose__wrong__stops_before_it_is_sent(world: World, changes: dict[str, Any], words: str) -> None:
    given: dict[str, Any] = {"key": OWNER, "members": NEW, "threshold": 1, "now": 0, "sending": True}
    with pytest.raises(Stop, match=words):
        signer_set.propose(contract(world), **(given | changes))
    assert shown()["waiting"] is None


def test_sign__no_guardian__stops(world: World, tmp_path: Path) -> None:
    propose(world)
    with pytest.raises(Stop, match="no guardian"):
        signer_set.sign_veto(contract(world), ANYONE, out=tmp_path)


def test_attestors__signed_and_refused__stand_beside_them(world: World, tmp_path: Path) -> None:
    _, now = world.proposed()
    beat(now=now)
    attestor(world, tmp_path, 0).round(now + 1)
    refuser = attestor(world, tmp_path, 1)
    refuser.context.follower.broken = "two heads"
    refuser.round(now + 1)
    found = {each["address"]: each for each in shown()["attestors"]}
    signed, refused = (found[accounts.address(accounts.ATTESTORS[number])] for number in (0, 1))
    assert signed["signed_at"] is not None
    assert signed["refused"] is None
    assert refused["refused"]["text"].startswith("contradiction: ")
    assert refused["signed_at"] is None
    assert_as_documented()
    text = page()
    assert "two heads" in text
    assert "never here" in text


def test_attestors__chain_is_down__503_and_a_page_that_says_so(world: World, settings: Any) -> None:
    settings.RPC_URLS = ["http://127.0.0.1:1"]
    cache.clear()
    assert web.get("/api/v1/attestors").json()["code"] == "unavailable"
    answer = web.get("/attestors/")
    assert answer.status_code == 503
    assert b"The chain does not answer" in answer.content
