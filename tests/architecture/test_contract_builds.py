"""What is deployed is what the sources say: the built JSON equals a fresh compile."""

from pathlib import Path

import pytest

import contracts
from contracts import build


def test_contract_builds__fresh_compile__equal() -> None:
    assert build.stale() == []


def test_contract_builds__one_byte_changed_or_missing_or_foreign__noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in contracts.BUILD.glob("*.json"):
        (tmp_path / path.name).write_text(path.read_text())
    series = tmp_path / "Series.json"
    series.write_text(series.read_text().replace("0x6", "0x5", 1))
    (tmp_path / "PriceOracle.json").unlink()
    (tmp_path / "Stray.json").write_text("{}")
    monkeypatch.setattr(build, "BUILD", tmp_path)
    assert build.stale() == ["PriceOracle.json", "Series.json", "Stray.json"]
    assert build.main(["--check"]) == 1
    assert "contracts/build/Series.json differs" in capsys.readouterr().out


def test_load__unknown_name__refused() -> None:
    with pytest.raises(KeyError, match="no contract 'Escrew'"):
        contracts.load("Escrew")
