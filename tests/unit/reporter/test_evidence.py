"""`evidence`: handing in a document with its files, and what becomes of an act whose evidence is not taken."""

import base64
import json
from pathlib import Path

import pytest

from protocol.evidence import document
from protocol.evidence_files import entry
from reporter.evidence import hand_in, offer
from reporter.service import Unreachable
from reporter.stop import Stop
from tests.unit.protocol.story import PRICE
from tests.unit.protocol.test_book import funded
from tests.unit.reporter.fake_service import FakeService


@pytest.fixture
def service() -> FakeService:
    return FakeService(funded())


def written(folder: Path, **fields: object) -> Path:
    path = folder / "evidence.json"
    path.write_text(json.dumps(document(expiry="0x" + "ab" * 32, price=PRICE, **fields), indent=1))  # type: ignore[arg-type]
    return path


def test_evidence__files_in_any_order__sent_in_the_documents(service: FakeService, tmp_path: Path) -> None:
    one, two = tmp_path / "one.txt", tmp_path / "two.csv"
    one.write_bytes(b"one")
    two.write_bytes(b"1,2")
    path = written(tmp_path, files=[entry("one.txt", b"one"), entry("two.csv", b"1,2")])
    hand_in(service, path, [two, one])
    [(where, body)] = service.posts
    assert where == "evidence"
    assert [base64.b64decode(each) for each in body["files"]] == [b"one", b"1,2"]


def test_evidence__file_missing_or_another__stops_before_it_sends(service: FakeService, tmp_path: Path) -> None:
    other = tmp_path / "one.txt"
    other.write_bytes(b"other")
    path = written(tmp_path, files=[entry("one.txt", b"one")])
    for given in ([], [other]):
        with pytest.raises(Stop, match="names the file one.txt"):
            hand_in(service, path, given)
    bad = tmp_path / "bad.json"
    bad.write_text('{"price": "1"}')
    with pytest.raises(Stop, match="is no evidence"):
        hand_in(service, bad)
    assert service.posts == []


def test_evidence__service_does_not_take_it__says_how_to_hand_it_in_later(
    service: FakeService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object) -> str:
        raise Unreachable("http://service.test: /evidence answered 503")

    monkeypatch.setattr(service, "send_evidence", full)
    path = written(tmp_path, words="seen")
    offer(service, path)
    assert f"not handed in: http://service.test: /evidence answered 503; later: python -m reporter evidence {path}" in (
        capsys.readouterr().out
    )
    monkeypatch.setattr(service, "send_evidence", lambda *_: "0x" + "00" * 32)
    with pytest.raises(Stop, match="another hash"):
        hand_in(service, path)
