"""manage.py new_keystore: asks, never shows, never overwrites."""

from __future__ import annotations

import stat
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from settlement.management.commands import new_keystore
from settlement.signers.local import LocalSigner, open_keystore

KEY, PASSWORD = "22" * 32, "correct horse battery staple"


def run(monkeypatch: pytest.MonkeyPatch, file: Path, *typed: str, given: bool = False) -> str:
    """With these answers to its prompts, which getpass does not echo."""
    answers, out = iter(typed), StringIO()
    monkeypatch.setattr(new_keystore, "getpass", lambda prompt: next(answers))
    call_command("new_keystore", str(file), given=given, stdout=out, stderr=out)
    return out.getvalue()


@pytest.mark.parametrize("typed_key", [KEY, f"0x{KEY}", f" {KEY.upper()} "])
def test_new_keystore__import__opens_with_the_password_and_shows_only_the_address(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, typed_key: str
) -> None:
    file, password_file = tmp_path / "keystore", tmp_path / "password"
    said = run(monkeypatch, file, typed_key, PASSWORD, PASSWORD, given=True)
    address = LocalSigner(f"0x{KEY}").address
    assert said == f"{address} in {file}\n"
    password_file.touch(mode=0o600)
    password_file.write_text(PASSWORD)
    assert open_keystore(file, password_file).address == address
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_new_keystore__a_fresh_key__says_its_address(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    said = run(monkeypatch, tmp_path / "keystore", PASSWORD, PASSWORD)
    assert said.startswith("0x") and said.split()[0][2:] in (tmp_path / "keystore").read_text().lower()


@pytest.mark.parametrize(
    "typed, given, why",
    [
        (("short",), False, "at least 12 characters"),
        ((PASSWORD, PASSWORD + "r"), False, "the two passwords differ; nothing was made"),
        (("0x12", PASSWORD, PASSWORD), True, "64 hex digits"),
        (("00" * 32, PASSWORD, PASSWORD), True, "64 hex digits"),
    ],
)
def test_new_keystore__wrong_answers__nothing_is_made(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, typed: tuple[str, ...], given: bool, why: str
) -> None:
    with pytest.raises(CommandError, match=why):
        run(monkeypatch, tmp_path / "keystore", *typed, given=given)
    assert list(tmp_path.iterdir()) == []


def test_new_keystore__a_file_is_there__is_left_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "keystore").write_text("mine")
    with pytest.raises(CommandError, match="is there already"):
        run(monkeypatch, tmp_path / "keystore")
    assert (tmp_path / "keystore").read_text() == "mine"
