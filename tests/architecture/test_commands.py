"""Every command of ours tells an operator what it does, and is on the page of commands."""

from __future__ import annotations

import io
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command, get_commands, load_command_class
from django.core.management.base import BaseCommand, OutputWrapper

from assize import manual
from operators.management import progress
from operators.management.explained import Explained

ROOT = Path(__file__).resolve().parents[2]
FILES = subprocess.run(
    ["git", "ls-files", "-co", "--exclude-standard", "*/management/commands/*.py"],
    cwd=ROOT,
    capture_output=True,
    text=True,
    check=True,
).stdout.split()
NAMES = sorted(Path(file).stem for file in FILES if not file.endswith("__init__.py") and (ROOT / file).exists())


def command(name: str) -> BaseCommand:
    return load_command_class(get_commands()[name], name)


@pytest.mark.parametrize("name", NAMES)
def test_command__of_ours__says_what_when_what_it_changes_and_shows_an_example(name: str) -> None:
    found = command(name)
    assert isinstance(found, Explained), "derive it from operators.management.explained.OperatorCommand"
    assert found.help.endswith(".")
    assert len(found.help) > 40
    for words in (found.when, found.changes, found.exits):
        assert words
        assert not words.endswith(".")
    assert all(f"manage.py {name}" in line for line in found.example.splitlines()[:1])
    shown = found.create_parser("manage.py", name).format_help()
    for title in ("when:", "changes:", "exit code:", "example:"):
        assert title in shown


@pytest.mark.parametrize("name", NAMES)
def test_command__every_argument__has_its_words(name: str) -> None:
    common = {action.dest for action in BaseCommand().create_parser("manage.py", name)._actions}
    bare = [
        action.dest
        for action in command(name).create_parser("manage.py", name)._actions
        if action.dest not in common and not action.help
    ]
    assert bare == []


def test_commands_page__as_it_stands__is_what_the_commands_say() -> None:
    page = (ROOT / "docs" / "operating" / "commands.md").read_text()
    assert page == manual.commands_page(), "make manual"
    assert re.findall(r"^## (\w+)$", page, re.MULTILINE) == NAMES


class Stream(io.StringIO):
    def __init__(self, *, terminal: bool) -> None:
        super().__init__()
        self.terminal = terminal

    def isatty(self) -> bool:
        return self.terminal


def told(*, terminal: bool, always: bool) -> str:
    """What 1,000 steps of a tenth of a second each leave on the stream."""
    now = iter(range(10_000))
    stream = Stream(terminal=terminal)
    shown = progress.Progress(OutputWrapper(stream), always=always, clock=lambda: next(now) / 10)
    for done in range(1, 1_001):
        shown("counting", done, 1_000)
    shown.end()
    return stream.getvalue()


def test_progress__no_terminal_and_not_asked_for__silent() -> None:
    assert told(terminal=False, always=False) == ""


def test_progress__no_terminal_but_asked_for__a_line_every_ten_seconds_and_at_the_end() -> None:
    lines = told(terminal=False, always=True).splitlines()
    assert lines[:2] == ["counting 1 of 1,000 (0 %)", "counting 101 of 1,000 (10 %)"]
    assert lines[-1] == "counting 1,000 of 1,000 (100 %)"
    assert len(lines) == 11


def test_progress__a_terminal__one_line_that_is_written_over_and_gone_at_the_end() -> None:
    text = told(terminal=True, always=False)
    assert "\n" not in text
    assert text.endswith("counting 1,000 of 1,000 (100 %)\r\x1b[K")


@pytest.mark.django_db
@pytest.mark.parametrize("asked", [True, False])
def test_long_command__its_progress__is_on_standard_error_alone(asked: bool, capsys: Any) -> None:
    call_command("ledger_check", *(["--progress"] if asked else []))
    printed = capsys.readouterr()
    assert bool(printed.err) == asked
    assert all(line.startswith("OK") for line in printed.out.splitlines()[1:])
