"""Receipts that others hold: honoured, waited for, or a proof; and what is not believed."""

import json
from pathlib import Path
from typing import Any

import pytest

from protocol.entry import Entry
from protocol.signing import digest, sign, to_json
from reporter.attest import receipts as module
from reporter.attest.follower import Follower
from reporter.attest.receipts import BadReceipt, Receipts
from tests.unit.protocol.story import DOMAIN, LIAR, SERVICE, WORD
from tests.unit.protocol.test_book import SHORT
from tests.unit.protocol.writer import Writer
from tests.unit.reporter.fake_service import FakeService
from tests.unit.reporter.test_follower import START, follow


class Scene:
    """Three deposits, followed; `now` is just after."""

    def __init__(self, folder: Path) -> None:
        self.writer = Writer((SHORT,))
        for second in range(3):
            self.writer.deposit(LIAR, 1, START + second)
        self.service, self.folder = FakeService(self.writer), folder
        self.follower: Follower = follow(self.service, folder)
        self.now = START + 5
        self.follower.poll(self.now)
        self.receipts = Receipts(self.follower)

    def receipt(self, number: int = 2, /, by: str = SERVICE, **changes: Any) -> dict[str, Any]:
        entry = next(each for each in self.writer.log if isinstance(each, Entry) and each.seq == number)
        message = {**entry.receipt, **changes}
        return {"message": to_json("Receipt", message), "signature": sign(by, digest(DOMAIN, "Receipt", message))}

    def compare(self, later: int = 0) -> str:
        self.receipts.compare(self.now + later)
        return self.follower.broken or ""


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path / "state")


def test_receipt__the_book_s_own__is_honoured(scene: Scene) -> None:
    for seq in (1, 2, 3, 2):
        scene.receipts.leave(scene.receipt(seq))
    assert len(scene.receipts) == 3
    assert scene.compare() == ""
    assert (len(scene.receipts), scene.receipts.honoured) == (0, 3)


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"digest": WORD}, "changed"),
        ({"at": START + 9}, "moved"),
        ({"head": WORD}, "moved"),
        ({"seq": 3}, "moved"),
        ({"seq": 0}, "changed"),
        ({"seq": 3, "digest": WORD}, "changed"),
        ({"book": WORD, "code": "expired"}, "changed"),
        ({"at": START + 1000}, "ahead"),
    ],
)
def test_receipt__book_has_it_otherwise__proof_and_the_end_of_signing(
    scene: Scene, changes: dict[str, Any], word: str
) -> None:
    lie = scene.receipt(**changes)
    scene.receipts.leave(lie)
    assert f": {word}: " in scene.compare()
    (proof,) = scene.follower.store.proofs()
    assert json.loads(proof.read_text())["shown"] == {"receipt": lie}
    scene.follower.store.close()
    assert follow(scene.service, scene.folder).broken is not None


def test_receipt__act_that_the_book_never_gets__is_missing_after_180_seconds(scene: Scene) -> None:
    scene.receipts.leave(scene.receipt(2))
    scene.receipts.leave(scene.receipt(3, seq=9, digest=WORD, at=scene.now))
    assert scene.compare(180) == ""
    assert len(scene.receipts) == 1
    assert ": missing: " in scene.compare(181)


def test_refusal__that_names_the_last_entry__is_honoured(scene: Scene) -> None:
    scene.receipts.leave(scene.receipt(3, digest=WORD, code="expired", at=START + 4))
    assert scene.compare() == ""
    assert scene.receipts.honoured == 1


def test_receipt__not_yet_followed__waits_also_over_a_restart(scene: Scene) -> None:
    scene.writer.deposit(LIAR, 1, scene.now)
    scene.receipts.leave(scene.receipt(4))
    assert scene.compare() == ""
    assert len(scene.receipts) == 1
    again = Receipts(scene.follower)
    assert len(again) == 1
    scene.follower.poll(scene.now)
    again.compare(scene.now)
    assert (len(again), again.honoured, scene.follower.broken) == (0, 1, None)


@pytest.mark.parametrize(
    ("junk", "words"),
    [
        (None, "cannot be read"),
        ([], "cannot be read"),
        ({}, "an object of message and signature"),
        ({"message": {}, "signature": "0x"}, "cannot be read"),
        ({"message": [], "signature": 5, "more": 1}, "cannot be read"),
    ],
)
def test_junk__is_refused_and_not_kept(scene: Scene, junk: Any, words: str) -> None:
    with pytest.raises(BadReceipt, match=words):
        scene.receipts.leave(junk)
    assert scene.receipts._path.read_bytes() == b""


def test_receipt__by_somebody_else_or_with_another_signature__is_not_believed(scene: Scene) -> None:
    with pytest.raises(BadReceipt, match="not by the service"):
        scene.receipts.leave(scene.receipt(by=LIAR, digest=WORD))
    good = scene.receipt()
    with pytest.raises(BadReceipt, match="not by the service|cannot be read"):
        scene.receipts.leave(good | {"signature": scene.receipt(3)["signature"]})
    assert len(scene.receipts) == 0


def test_receipts__too_many__later_and_the_file_stays_small(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_WAITING", 2)
    monkeypatch.setattr(module, "KEPT_LINES", 2)
    for _ in range(3):
        for seq in (1, 2):
            scene.receipts.leave(scene.receipt(seq))
        with pytest.raises(BadReceipt, match="later") as bad:
            scene.receipts.leave(scene.receipt(3))
        assert bad.value.full
        scene.compare()
    assert scene.receipts._path.read_bytes().count(b"\n") <= 4


def test_watched_folder__receipts_acts_and_junk__each_as_it_should(scene: Scene, tmp_path: Path) -> None:
    watched = tmp_path / "drop"
    watched.mkdir()
    receipts = Receipts(scene.follower, watched)
    (watched / "a.json").write_text(json.dumps(scene.receipt(1)))
    (watched / "b.json").write_text(json.dumps({"digest": WORD, "act": {}, "receipt": scene.receipt(2)}))
    (watched / "c.json").write_text(json.dumps({"digest": WORD, "act": {}}))
    (watched / "d.json").write_text("{")
    (watched / "e.json").write_text(json.dumps(scene.receipt(3, by=LIAR)))
    (watched / "f.json").write_text(" " * 70_000)
    (watched / "g.json").write_text(json.dumps({"ballot": "1", "salt": WORD}))
    receipts.compare(scene.now)
    assert receipts.honoured == 2
    assert len(receipts.refused_files) == 3
    (watched / "c.json").write_text(json.dumps({"act": {}, "receipt": scene.receipt(3, digest=WORD)}))
    receipts.compare(scene.now)
    assert scene.follower.broken is not None
