"""Which browser the tests drive, and what is said where there is none."""

from pathlib import Path

import pytest

from dev import chromium
from dev.problem import Problem


def test_find__one_on_the_path__taken_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chromium.shutil, "which", {"google-chrome": "/opt/chrome"}.get)
    assert chromium.find() == chromium.Chromium(Path("/opt/chrome"))


def test_find__none_on_the_path__the_packaged_one(monkeypatch: pytest.MonkeyPatch) -> None:
    packaged = chromium.Chromium(Path("packaged"))
    monkeypatch.setattr(chromium.shutil, "which", lambda name: None)
    monkeypatch.setattr(chromium, "packaged", lambda: packaged)
    assert chromium.find() is packaged


def test_packaged__another_machine__says_in_one_line_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chromium.platform, "machine", lambda: "aarch64")
    with pytest.raises(Problem, match=r"^the browser tests need Chromium, .*aarch64: install it$"):
        chromium.packaged()
