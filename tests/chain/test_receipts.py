"""Receipts of the real service, left at an attestor's own port; and what else is answered there."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from oracle.services.time import beat
from reporter.attest import door as module
from reporter.attest.door import Door, Health
from reporter.attest.metrics import Metrics
from reporter.attest.receipts import Receipts
from reporter.disputing import move
from reporter.keys import Key
from reporter.service import Problem
from tests.cast import ETHER, person
from tests.chain.conftest import World
from tests.chain.test_attestor import attestor
from tests.flows.following import follower, service

ALICE = person("alice")


@pytest.fixture
def door() -> Iterator[Door]:
    found = Door("127.0.0.1", 0, Health(), Metrics())
    found.start()
    yield found
    found.shutdown()
    found.server_close()


def url(door: Door) -> str:
    return f"http://127.0.0.1:{door.server_port}"


def post(door: Door, body: Any) -> requests.Response:
    return requests.post(f"{url(door)}/receipts", data=body, timeout=5)


def send_stake(folder: Path, door: Door, amount: int = ETHER) -> dict[str, Any]:
    """Alice stakes by the command's own way and leaves the receipt; the file that she keeps."""
    key = Key(ALICE.key)
    move(service(), key, kind="Stake", amount=amount, out=folder, sending=True, attestors=[url(door), "http://127.0.0.1:1"])
    (path,) = folder.glob("stake-*.json")
    return dict(json.loads(path.read_text()))


def test_receipt__left_when_it_is_given__is_honoured_by_the_real_book(
    world: World, tmp_path: Path, door: Door, capsys: pytest.CaptureFixture[str]
) -> None:
    ALICE.deposit(2 * ETHER, int(time.time()))
    one = attestor(world, tmp_path)
    door.receipts = one.receipts
    send_stake(tmp_path / "out", door)
    said = capsys.readouterr().out
    assert f"attestor {url(door)} holds the receipt too" in said
    assert "attestor http://127.0.0.1:1 did not take the receipt: ConnectionError" in said
    assert len(one.receipts) == 1
    one.round(int(time.time()))
    assert (len(one.receipts), one.receipts.honoured, one.context.follower.broken) == (0, 1, None)


def test_refusal__signed_by_the_real_service__is_left_and_honoured(
    world: World, tmp_path: Path, door: Door
) -> None:
    one = attestor(world, tmp_path)
    door.receipts = one.receipts
    with pytest.raises(Problem, match="insufficient_balance"):
        send_stake(tmp_path / "out", door, 10**30)
    one.round(int(time.time()))
    assert (one.receipts.honoured, one.context.follower.broken) == (1, None)


def test_receipt__service_shows_a_book_without_the_act__attestor_signs_nothing_more(
    world: World, tmp_path: Path, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The service gives a receipt, and drops the act from the book that it shows."""
    publication, now = world.proposed()
    one = attestor(world, tmp_path)
    door.receipts = one.receipts
    ALICE.deposit(2 * ETHER, now)
    one.context.follower.poll(now + 1)
    ended = one.context.follower.book.seq
    send_stake(tmp_path / "out", door)
    shown = one.service.book

    def without_the_last(after: int, *rest: int) -> dict[str, Any]:
        page = shown(after, *rest)
        kept = [each for each in page["entries"] if int(each["seq"]) <= ended]
        return page | {"entries": kept, "beats": [], "more": False}

    monkeypatch.setattr(one.service, "book", without_the_last)
    one.context.follower.poll(now + 100)
    one.receipts.compare(now + 100)
    assert one.context.follower.broken is None
    one.round(now + 400)
    assert "missing: a receipt puts the act" in (one.context.follower.broken or "")
    (said,) = publication.refusals.all()
    assert said.text.startswith("contradiction: ")
    assert publication.signatures.count() == 0


@pytest.mark.usefixtures("db")
def test_door__junk_of_every_kind__a_clear_4xx_and_nothing_on_disk(
    tmp_path: Path, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert post(door, "{}").status_code == 503  # the service is not known yet
    beat(now=int(time.time()))
    door.receipts = Receipts(follower(tmp_path))
    for body in ("", "{", "null", "[]", "[" * 10_000, '{"message": {}, "signature": "0x"}', b"\xff"):
        answer = post(door, body)
        assert answer.status_code == 400, body
        assert answer.json()["detail"]
    assert post(door, "x" * 20_000).status_code == 413
    assert requests.post(f"{url(door)}/receipts", data=iter([b"{}"]), timeout=5).status_code == 411
    assert requests.post(f"{url(door)}/other", data="", timeout=5).status_code == 404
    assert requests.get(f"{url(door)}/", timeout=5).status_code == 404
    assert (tmp_path / "receipts.jsonl").read_bytes() == b""
    monkeypatch.setattr(module, "POSTS_PER_MINUTE", 0)
    assert post(door, "{}").status_code == 429


def test_health_and_metrics__good_and_bad_round__200_and_503(door: Door) -> None:
    door.health.update(5, 7, None)
    door.metrics.follow(7, int(time.time()) - 50, 0)
    assert requests.get(f"{url(door)}/healthz", timeout=5).status_code == 200
    door.health.update(6, 7, "the service does not answer")
    bad = requests.get(f"{url(door)}/healthz", timeout=5)
    assert (bad.status_code, bad.json()["problem"]) == (503, "the service does not answer")
    text = requests.get(f"{url(door)}/metrics", timeout=5).text
    assert "\nassize_attestor_last_entry 7.0\n" in text
    (age,) = [line.split()[1] for line in text.splitlines() if line.startswith("assize_attestor_last_entry_age")]
    assert 50 <= float(age) < 60


