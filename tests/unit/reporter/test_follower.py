"""Following the book: what is kept, what survives a restart, what counts as witnessed, what becomes a proof."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from protocol.book import Book
from protocol.signing import address_of, digest, sign
from reporter.attest.follower import AWAY, LATE, Follower
from reporter.attest.store import Store
from reporter.service import Problem
from reporter.stop import Stop
from tests.unit.protocol.story import DOMAIN, EXPIRY_AT, LIAR, REPORTERS, SERVICE, WORD
from tests.unit.protocol.test_book import SHORT, funded, reported, snapshot, voted
from tests.unit.protocol.writer import DELAY, Writer, as_json
from tests.unit.reporter.fake_service import FakeService

START = EXPIRY_AT - 60


def follow(service: FakeService, folder: Path, started: int = START) -> Follower:
    book = Book(DOMAIN, address_of(SERVICE), DELAY)
    return Follower(service, Store(folder), book, started)


def restarted(follower: Follower, service: FakeService, started: int) -> Follower:
    folder = follower.store.folder
    follower.store.close()
    return follow(service, folder, started)


def test_poll__whole_story_in_one_go__gives_the_same_book(tmp_path: Path) -> None:
    writer = funded((SHORT, SHORT))
    writer.settle(voted(writer))
    writer.beat(writer.book.times[-1] + 1)
    follower = follow(FakeService(writer), tmp_path)
    follower.poll(writer.book.times[-1] + 5)
    assert follower.broken is None
    assert {**follower.book.expiries}.keys() == {writer.expiry}  # only what the book names is listed
    assert snapshot(follower.book)[0] == snapshot(writer.book)[0]  # type: ignore[index]
    assert follower.book.hashes == writer.book.hashes


@pytest.mark.parametrize("page", [1, 2, 1000])
def test_poll__pages_of_any_size__gives_the_same_book(tmp_path: Path, page: int) -> None:
    writer = funded()
    writer.beats_until(reported(writer) + 50)
    service = FakeService(writer)
    service.page = page
    follower = follow(service, tmp_path)
    follower.poll(EXPIRY_AT + 200)
    assert snapshot(follower.book) == snapshot(writer.book)


def test_poll__as_it_grows__sees_each_entry_once(tmp_path: Path) -> None:
    writer = Writer((SHORT,))
    service = FakeService(writer)
    follower = follow(service, tmp_path)
    for second in range(5):
        writer.deposit(LIAR, 1, START + second)
        writer.beat(START + second)
        follower.poll(START + second)
        follower.poll(START + second)
    lines = list(follower.store.book)
    assert [line["entry"]["seq"] for line in lines if "entry" in line] == ["1", "2", "3", "4", "5"]
    assert follower.last_beat_at == START + 4


def test_poll__reports_sealed__waits_until_they_are_shown(tmp_path: Path) -> None:
    writer = funded()
    closes = reported(writer)
    writer.beats_until(closes - 1)
    service = FakeService(writer)
    service.hide = True
    follower = follow(service, tmp_path)
    follower.poll(closes - 1)
    writer.book.pass_time(closes + 50)
    writer.settle(closes + 50)
    with pytest.raises(Stop, match="sealed"):
        follower.poll(closes + 50)
    service.hide = False
    follower.poll(closes + 51)
    assert snapshot(follower.book) == snapshot(writer.book)
    again = restarted(follower, service, closes + 60)
    assert snapshot(again.book) == snapshot(writer.book)


def test_poll__many_close_together__their_reports_are_fetched_in_one_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = funded((SHORT,) * 4)
    for place, expiry in enumerate(writer.expiries):
        closes = reported(writer, expiry, EXPIRY_AT + 4 + place)
    service = FakeService(writer)
    service.hide = True
    follower = follow(service, tmp_path)
    follower.poll(closes - 10)
    assert sum(len(each.sealed) for each in follower.book.expiries.values()) == 4 * len(REPORTERS)
    service.hide = False
    writer.beats_until(closes + 50)
    asked: list[int] = []
    book = service.book

    def counted(after: int, beats_after: int, limit: int) -> Any:
        asked.append(after)
        return book(after, beats_after, limit)

    monkeypatch.setattr(service, "book", counted)
    follower.poll(closes + 51)
    assert snapshot(follower.book) == snapshot(writer.book)
    assert len(asked) == 2, "what is new, and once what is shown by now"


def test_restart__half_way__goes_on_where_it_stopped(tmp_path: Path) -> None:
    writer = funded()
    closes = reported(writer)
    service = FakeService(writer)
    follower = follow(service, tmp_path)
    follower.poll(closes)
    follower = restarted(follower, service, closes + 1)
    assert follower.book.seq == writer.book.seq
    writer.settle(closes + 50)
    follower.poll(closes + 51)
    assert snapshot(follower.book) == snapshot(writer.book)


def test_restart__line_torn_by_a_crash__is_fetched_again(tmp_path: Path) -> None:
    writer = funded()
    service = FakeService(writer)
    follower = follow(service, tmp_path)
    follower.poll(START + 5)
    path = tmp_path / "book.jsonl"
    raw = path.read_bytes()
    path.write_bytes(raw[:-7])
    follower = restarted(follower, service, START + 6)
    assert follower.book.seq == writer.book.seq - 1
    follower.poll(START + 7)
    assert follower.book.seq == writer.book.seq
    assert path.read_bytes().count(b"\n") == raw.count(b"\n")


def test_store__two_attestors__second_stops(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with pytest.raises(Stop, match="in use"):
        Store(tmp_path)
    store.close()


@pytest.mark.parametrize(
    ("seen_after", "started", "how"),
    [(180, START, []), (181, START, [LATE]), (181, START + 100, [AWAY]), (5, START + 100, [])],
)
def test_witness__first_seen__within_180_seconds_of_its_time(
    tmp_path: Path, seen_after: int, started: int, how: list[str]
) -> None:
    writer = Writer((SHORT,))
    writer.deposit(LIAR, 1, START)
    follower = follow(FakeService(writer), tmp_path, started)
    follower.poll(START + seen_after)
    assert [sight.how for sight in follower.unwitnessed] == how


def test_witness__restart__is_remembered(tmp_path: Path) -> None:
    writer = Writer((SHORT,))
    writer.deposit(LIAR, 1, START)
    service = FakeService(writer)
    follower = follow(service, tmp_path)
    follower.poll(START + 500)
    again = restarted(follower, service, START + 600)
    assert [(sight.seq, sight.how, sight.seen_at) for sight in again.unwitnessed] == [(1, LATE, START + 500)]


def test_witness__entry_ahead_of_our_clock__is_a_proof(tmp_path: Path) -> None:
    writer = Writer((SHORT,))
    writer.deposit(LIAR, 1, START)
    follower = follow(FakeService(writer), tmp_path)
    follower.poll(START - 181)
    assert "ahead of ours" in (follower.broken or "")


def test_unknown_expiry__service_fails__goes_on_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = funded()
    reported(writer)
    service = FakeService(writer)
    follower = follow(service, tmp_path)

    def fail(id_: str) -> dict[str, Any]:
        raise Problem(503, {"title": "busy"})

    with monkeypatch.context() as patch:
        patch.setattr(service, "expiry", fail)
        with pytest.raises(Stop):
            follower.poll(EXPIRY_AT + 5)
    follower.poll(EXPIRY_AT + 6)
    assert snapshot(follower.book) == snapshot(writer.book)


LIES: dict[str, Callable[[list[dict[str, Any]]], list[dict[str, Any]]]] = {
    "dropped": lambda entries: entries[:-1] + [entries[-1] | {"seq": str(int(entries[-1]["seq"]) + 1)}],
    "moved": lambda entries: [*entries[:-2], entries[-1] | {"seq": entries[-2]["seq"]}],
    "changed": lambda entries: [*entries[:-1], entries[-1] | {"digest": WORD}],
    "without its time": lambda entries: [*entries[:-1], {k: v for k, v in entries[-1].items() if k != "at"}],
    "unreadable": lambda entries: [*entries[:-1], entries[-1] | {"kind": "Gift"}],
    "with a receipt of another time": lambda entries: [*entries[:-1], entries[-1] | {"at": str(START + 3)}],
}


@pytest.mark.parametrize("name", LIES)
def test_lie__entry__is_kept_as_a_proof_and_ends_following(tmp_path: Path, name: str) -> None:
    writer = Writer((SHORT,))
    for second in range(3):
        writer.deposit(LIAR, 1, START + second)
    service = FakeService(writer)
    honest = [as_json(item) for item in writer.log]  # type: ignore[arg-type]
    service.entries = LIES[name](honest)
    follower = follow(service, tmp_path)
    follower.poll(START + 3)
    assert follower.broken
    (proof,) = follower.store.proofs()
    assert json.loads(proof.read_text())["shown"]["entry"] in service.entries
    again = restarted(follower, service, START + 10)
    service.entries = None  # the service mends its ways; the proof stays
    again.poll(START + 11)
    assert again.broken
    assert again.book.seq < writer.book.seq


def test_lie__two_heads_for_one_number__both_are_in_the_proof(tmp_path: Path) -> None:
    writer = Writer((SHORT,))
    writer.deposit(LIAR, 1, START)
    service = FakeService(writer)
    follower = follow(service, tmp_path)
    follower.poll(START + 1)
    other = Writer((SHORT,))
    other.nonce = 5
    other.deposit(LIAR, 2, START)
    other.beat(START + 1)  # signed: another hash for entry 1
    service.writer = other
    follower.poll(START + 2)
    document = json.loads((tmp_path / "proof-1.json").read_text())
    assert document["seen_before"][0]["entry"]["receipt"]["message"]["seq"] == "1"
    assert document["shown"]["beat"]["seq"] == "1"
    assert document["shown"]["beat"]["book"] != document["seen_before"][0]["entry"]["book"]


def test_lie__beat_by_somebody_else__is_kept(tmp_path: Path) -> None:
    writer = Writer((SHORT,))
    writer.deposit(LIAR, 1, START)
    beat = writer.beat(START + 1)
    service = FakeService(writer)
    forged = sign(LIAR, digest(DOMAIN, "Beat", beat.message))
    object.__setattr__(beat, "signature", forged)
    follower = follow(service, tmp_path)
    follower.poll(START + 2)
    assert "not by the service" in (follower.broken or "")


def test_lie__unsealed_report_changed__is_kept(tmp_path: Path) -> None:
    writer = funded()
    closes = reported(writer)
    service = FakeService(writer)
    service.hide = True
    follower = follow(service, tmp_path)
    follower.poll(closes - 1)
    writer.settle(closes + 50)
    service.hide = False
    entries = [as_json(item) for item in writer.log]  # type: ignore[arg-type]
    report = next(entry for entry in entries if entry["kind"] == "Report")
    report["message"]["price"] = "2400000000000000000000"
    service.entries = entries
    follower.poll(closes + 51)
    assert "never taken" in (follower.broken or "")


def test_restart__folder_of_another_service__stops(tmp_path: Path) -> None:
    writer = Writer((SHORT,))
    writer.deposit(LIAR, 1, START)
    follower = follow(FakeService(writer), tmp_path)
    follower.poll(START + 1)
    follower.store.close()
    book = Book(DOMAIN, address_of(LIAR), DELAY)
    with pytest.raises(Stop, match="another service"):
        Follower(FakeService(writer), Store(tmp_path), book, START)
