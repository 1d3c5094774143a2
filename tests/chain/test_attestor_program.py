"""`attest --check`, and a whole turn of the program, against the real service and a real chain."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dev import accounts
from reporter import __main__
from reporter.attest import check as check_module
from reporter.attest import program
from tests.chain.conftest import World
from tests.flows.following import service


@pytest.fixture
def arguments(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The first attestor's, by a file; its service is this process's."""
    for module in (check_module, program):
        monkeypatch.setattr(module, "Service", lambda url: service())
    key, config = tmp_path / "key", tmp_path / "attestor.toml"
    key.write_text(accounts.key(accounts.ATTESTORS[0]))
    key.chmod(0o600)
    values = {"key_file": str(key), "state_dir": str(tmp_path / "state"), "rpc_url": [world.node.url]}
    config.write_text("".join(f"{name} = {json.dumps(value)}\n" for name, value in values.items()))
    return ["attest", "--config", str(config)]


def lines(capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    """ok or not, by what the line is about."""
    found = [line.split(": ", 1)[0] for line in capsys.readouterr().out.splitlines()]
    return {line[8:].split(" ")[0]: line[:8].strip() for line in found}


def test_check__all_is_there__each_line_is_ok(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert __main__.main([*arguments, "--check"]) == 0
    found = lines(capsys)
    assert found.keys() == {"config", "key", "state_dir", "service", "node", "oracle", "factory", "escrow", "set"}
    assert set(found.values()) == {"ok"}


@pytest.mark.parametrize(
    ("option", "wrong"),
    [
        (("--key-file", "/no/such/key"), {"key", "set"}),
        (("--rpc-url", "http://127.0.0.1:1"), {"node", "oracle", "factory", "escrow", "set"}),
        (("--oracle", "0x" + "11" * 20), {"oracle", "escrow", "set"}),
        (("--state-dir", "/etc/passwd/none"), {"state_dir"}),
        (("--receipts-dir", "/no/such/folder"), {"receipts_dir"}),
    ],
)
def test_check__one_thing_is_wrong__its_lines_say_so(
    arguments: list[str], capsys: pytest.CaptureFixture[str], option: tuple[str, str], wrong: set[str]
) -> None:
    assert __main__.main([*arguments, "--check", *option]) == 1
    assert {name for name, word in lines(capsys).items() if word == "not ok"} == wrong


def test_turn__good_then_a_proof__health_metrics_and_alarm_say_so(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    config = program.read_config(Path(arguments[2]), {})
    running = program.Program(config)
    assert running.turn() is None
    assert running.health.problem is None
    good: Any = running.metrics.page(0).decode()
    for line in ("ok 1.0", "in_running_set 1.0", "providers 1.0", "providers_agreeing 1.0", "set_waiting 0.0"):
        assert f"\nassize_attestor_{line}\n" in good
    assert "we are in the running set: 3 of 5 must sign" in capsys.readouterr().out
    assert running.attestor is not None
    running.attestor.context.follower.accuse(1, "missing: an act", {})
    for _ in range(2):
        assert "missing: an act" in (running.turn() or "")
    bad = running.metrics.page(0).decode()
    for line in ("ok 0.0", "contradictions 1.0", "alarms_total 1.0", "alarms_raised 1.0"):
        assert f"\nassize_attestor_{line}\n" in bad
    assert "missing: an act" in (running.health.problem or "")
    assert capsys.readouterr().out.count("ALARM contradiction") == 1
