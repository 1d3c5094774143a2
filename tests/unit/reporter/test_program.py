"""How the attestor's program begins, goes on after trouble, and ends."""

from pathlib import Path
from typing import Any

import pytest

from protocol.signing import address_of
from reporter import __main__
from reporter.attest import program, set_watch
from reporter.attest.config import Config
from reporter.attest.door import Health
from reporter.attest.signers import SignerSet
from reporter.service import Unreachable
from tests.unit.protocol.story import DOMAIN, key
from tests.unit.protocol.test_book import SHORT
from tests.unit.protocol.writer import Writer
from tests.unit.reporter.fake_service import FakeService


class FakeNode:
    """As much of a chain as the beginning asks."""

    number, code = DOMAIN.chain_id, True

    def __init__(self, urls: list[str], from_block: int = 0) -> None:
        self.urls = urls

    def chain_id(self) -> int:
        return self.number

    def has_code(self, address: str) -> bool:
        return self.code

    def agreeing(self, chain_id: int) -> int:
        return len(self.urls)


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> FakeService:
    found = FakeService(Writer((SHORT,)))
    monkeypatch.setattr(program, "Service", lambda url: found)
    monkeypatch.setattr(program, "Chain", FakeNode)
    monkeypatch.setattr(set_watch, "read_running", lambda chain, oracle: SignerSet((address_of(key(61)),), 1))
    monkeypatch.setattr(set_watch, "read_waiting", lambda chain, oracle: None)
    return found


@pytest.fixture
def arguments(tmp_path: Path) -> list[str]:
    path = tmp_path / "key"
    path.write_text(key(61))
    path.chmod(0o600)
    return ["attest", "--once", "--key-file", str(path), "--rpc-url", "http://node", "--state-dir", str(tmp_path / "s")]


def test_attest__one_round__exit_0_and_says_whom_it_follows(
    service: FakeService, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert __main__.main(arguments) == 0
    said = capsys.readouterr().out
    assert f"from entry 0, chain {DOMAIN.chain_id}, oracle {DOMAIN.contract}" in said
    assert key(61)[2:] not in said


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [("number", 1, "the node is on chain 1"), ("code", False, "no contract at the oracle's address")],
)
def test_attest__wrong_chain_or_contract__exit_1_with_one_line(
    service: FakeService,
    arguments: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    value: Any,
    words: str,
) -> None:
    monkeypatch.setattr(FakeNode, name, value)
    assert __main__.main(arguments) == 1
    (line,) = capsys.readouterr().out.splitlines()
    assert words in line


def test_attest__service_comes_back__goes_on(
    service: FakeService,
    arguments: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    answers = iter([Unreachable("gone"), Unreachable("gone"), None])
    plain = service.about

    def about() -> dict[str, Any]:
        if problem := next(answers):
            raise problem
        return plain()

    class Enough(Exception):
        """The third round is done."""

    slept: list[int] = []

    def sleep(seconds: int) -> None:
        slept.append(seconds)
        if len(slept) == 3:
            raise Enough

    monkeypatch.setattr(service, "about", about)
    monkeypatch.setattr(program.time, "sleep", sleep)
    with pytest.raises(Enough):
        __main__.main([each for each in arguments if each != "--once"])
    said = capsys.readouterr().out
    assert said.count("gone") == 1, "the same trouble is told once"
    assert "from entry 0" in said
    assert slept == [5, 5, 5]


def test_attest__two_over_one_folder__second_stops(service: FakeService, arguments: list[str]) -> None:
    config = Config("http://service", Path(arguments[3]), ("http://node",), Path(arguments[-1]))
    store = program.Store(config.state_dir)
    program.begin(config, service, program.load_key(Path(arguments[3])), store, 0)
    assert __main__.main(arguments) == 1


def test_health__problem__is_shown() -> None:
    health = Health()
    health.update(5, 7, "gone")
    assert health.document() == {"last_round": "5", "seq": "7", "problem": "gone"}
