"""What an attestor must not forget, in one folder: what it saw, what it signed, what the service was caught at.

    book.jsonl     every entry and beat with when it was first seen, listings and opened reports, in order of taking
    signed.jsonl   every item that was ever signed, written before the signature leaves
    roots.jsonl    every root that was ever signed, likewise
    root-*.json    the public files of the last of them: all leaves, so that claims and exit need no service
    proof-*.json   contradictions; while one lies here the attestor signs nothing

Files only grow. A line that a crash cut off is dropped when they are opened again: nothing followed from it yet.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TextIO

from reporter.sending import save
from reporter.stop import Stop

Line = dict[str, Any]


class Lines:
    """An append-only file of JSON objects."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._cut_torn_line()
        self._file: TextIO = open(path, "a", encoding="utf-8")  # noqa: SIM115 - it stays open as long as we run

    def __iter__(self) -> Iterator[Line]:
        with self.path.open(encoding="utf-8") as file:
            for line in file:
                yield json.loads(line)

    def append(self, line: Mapping[str, Any]) -> None:
        """Write a line; when this returns it is on disk."""
        self._file.write(json.dumps(line, separators=(",", ":")) + "\n")
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        self._file.close()

    def _cut_torn_line(self) -> None:
        if self.path.exists():
            raw = self.path.read_bytes()
            whole = raw.rfind(b"\n") + 1
            if whole < len(raw):
                os.truncate(self.path, whole)


class Store:
    """One attestor's folder; Stop where it cannot be used, or another process uses it."""

    def __init__(self, folder: Path) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._lock = open(folder / "lock", "w", encoding="utf-8")  # noqa: SIM115 - held as long as we run
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Stop(f"{folder} is in use by another attestor; two over one folder could sign two prices") from None
        except OSError as error:
            raise Stop(f"{folder}: {error.strerror}") from None
        self.folder = folder
        self.book = Lines(folder / "book.jsonl")
        self.signed = Lines(folder / "signed.jsonl")
        self.roots = Lines(folder / "roots.jsonl")

    def proofs(self) -> list[Path]:
        return sorted(self.folder.glob("proof-*.json"))

    def keep_proof(self, seq: int, document: Mapping[str, Any]) -> Path:
        """Keep a contradiction with all that was signed about it."""
        path = self.folder / f"proof-{seq}.json"
        save(path, document)
        return path

    def about(self, seq: int) -> list[Line]:
        """What was seen before of this entry number: the entry and the beats that name it."""
        def names(line: Line) -> bool:
            return any(line.get(what, {}).get("seq") == str(seq) for what in ("entry", "beat"))

        return [line for line in self.book if names(line)]

    def close(self) -> None:
        self.book.close()
        self.signed.close()
        self.roots.close()
        self._lock.close()
