"""`python -m protocol`: what it prints and its exit codes."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from protocol.__main__ import main
from tests.unit.protocol.story import LATER, reported, voted

CASE = Path(__file__).parent / "cases" / "01-liar-in-three-rounds.json"
ROOT = Path(__file__).resolve().parents[3]


def written(tmp_path: Path, document: Any) -> str:
    path = tmp_path / "document.json"
    path.write_text(json.dumps(document))
    return str(path)


def test_main__without_what_it_needs__says_so_in_one_line() -> None:
    done = subprocess.run(
        [sys.executable, "-S", "-m", "protocol", "verify", str(CASE)], cwd=ROOT, capture_output=True, text=True, env={}
    )
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert "run `make venv` once, then .venv/bin/python -m protocol" in done.stderr


def test_main__from_a_shell__resolves_without_anything_else() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "protocol", "resolve", str(CASE)], cwd=ROOT, capture_output=True, text=True, env={}
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == json.loads(CASE.read_text())["result"]


def test_resolve__bare_case__the_same_result(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = json.loads(CASE.read_text())
    assert main(["resolve", written(tmp_path, document["case"])]) == 0
    assert json.loads(capsys.readouterr().out) == document["result"]


def test_verify__honest_transcript__pass(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = voted().document(LATER)
    assert main(["verify", written(tmp_path, document)]) == 0
    said = capsys.readouterr().out
    assert said == f"PASS head {document['outcome']['head']}, price {document['outcome']['price']}, 16 acts\n"


def test_verify__changed_transcript__fail_at_the_act(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = reported().document(LATER)
    document["acts"][2]["message"]["price"] = "1"
    assert main(["verify", written(tmp_path, document)]) == 1
    said = capsys.readouterr().out
    assert said == "FAIL act 2 (entry 2 of the book): its digest is not that of its message\n".replace(
        "entry 2", f"entry {document['acts'][2]['seq']}"
    )


def test_verify__text_that_no_terminal_shows__still_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", written(tmp_path, {**reported().document(LATER), "\ud800": "1"})]) == 1
    assert "\\ud800" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["resolve", "verify"])
@pytest.mark.parametrize(
    ("content", "words"),
    [(None, "No such file"), (b"", "no JSON"), (b"{", "no JSON"), (b"\xff\xfe\x00", "no JSON"),
     (b"[" * 100_000, "no JSON")],
    ids=["absent", "empty", "torn", "binary", "deep"],
)
def test_main__unreadable_file__one_line_and_exit_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str, content: bytes | None, words: str
) -> None:
    path = tmp_path / "file.json"
    if content is not None:
        path.write_bytes(content)
    assert main([command, str(path)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert words in captured.err
    assert captured.err.count("\n") == 1


@pytest.mark.parametrize("document", [[], 5, None, {}, {"case": 3}, {"case": {"terms": {"fee_ppm": 0.5}}}])
def test_resolve__no_case__one_line_and_exit_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], document: Any
) -> None:
    assert main(["resolve", written(tmp_path, document)]) == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("document", [[], 5, None, {}, "x"])
def test_verify__no_transcript__fail(tmp_path: Path, capsys: pytest.CaptureFixture[str], document: Any) -> None:
    assert main(["verify", written(tmp_path, document)]) == 1
    assert capsys.readouterr().out.startswith("FAIL the document")
