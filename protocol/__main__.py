"""`python -m protocol resolve CASE.json` and `python -m protocol verify TRANSCRIPT.json`: the law, offline."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

try:
    from protocol.cases import resolve
    from protocol.transcript import verify
except ModuleNotFoundError as missing:
    sys.exit(f"{missing.name} is not installed here: run `make venv` once, then .venv/bin/python -m protocol")

DIFFERS, UNREADABLE = 1, 2


class Unreadable(Exception):
    """The file cannot be used; the text is the one line that says why."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done or PASS, 1 FAIL, 2 nothing that could be read."""
    parser = argparse.ArgumentParser(prog="python -m protocol", description="Run the rules of Assize again, offline.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, words in (
        ("resolve", "fold a worked case and print its result as JSON"),
        ("verify", "run a transcript again: PASS, or the first act at which it differs"),
    ):
        commands.add_parser(name, help=words).add_argument("file", type=Path, help="a JSON file")
    options = parser.parse_args(arguments)
    try:
        document = _read(options.file)
        return _resolve(document) if options.command == "resolve" else _verify(document)
    except Unreadable as error:
        print(f"{options.file}: {error}", file=sys.stderr)
        return UNREADABLE


def _resolve(document: Any) -> int:
    if not isinstance(document, dict):
        raise Unreadable("a case is a JSON object")
    try:
        result = resolve(document.get("case", document))  # a file of ours holds the case beside its result
    except (ValueError, ArithmeticError) as error:
        raise Unreadable(str(error)) from None
    print(json.dumps(result, indent=1))
    return 0


def _verify(document: Any) -> int:
    verdict = verify(document)
    print(str(verdict).encode(errors="backslashreplace").decode())  # a hostile text must not stop the printing
    return 0 if verdict.passed else DIFFERS


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except OSError as error:
        raise Unreadable(error.strerror or "cannot be read") from None
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"is no JSON: {error}") from None


if __name__ == "__main__":
    sys.exit(main())
