"""Receipts that others hold, compared with the book that we follow (PROTOCOL 7, Attestors).

A receipt is the service's signed word that the book has exactly this act at this number, time and head, or, where its
`code` says why an act was refused, that the book ended with this entry then. Whoever holds one leaves it here. One that
our book does not bear out proves that the service keeps two books, or dropped or moved an act: following ends with it.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from protocol.book import Book
from protocol.signing import Message, digest, parse, recover, to_json
from reporter.attest.follower import WITNESS_SECONDS, Follower

MAX_WAITING = 10_000
MAX_FILE = 65_536  # bytes
MAX_FILES = 10_000  # of the watched folder
KEPT_LINES = 1_000
FILE = "receipts.jsonl"


class BadReceipt(Exception):
    """It is not believed, or not taken; `full` where it may be left here later."""

    def __init__(self, words: str, full: bool = False) -> None:
        super().__init__(words)
        self.full = full


class Receipts:
    """What was left with us and is not yet borne out. `leave` may be called from any thread, the rest from one."""

    def __init__(self, follower: Follower, watched: Path | None = None) -> None:
        self.follower, self.watched = follower, watched
        self.honoured = 0
        self.refused_files: list[str] = []
        self._lock = threading.Lock()
        self._path = follower.store.folder / FILE
        self._waiting: dict[str, dict[str, Any]] = {}
        self._lines = 0
        self._seen_files: dict[str, tuple[int, int]] = {}
        self._load()

    def __len__(self) -> int:
        return len(self._waiting)

    def leave(self, receipt: Any) -> str:
        """Keep a receipt until the book has come to it; its digest. BadReceipt where it is not the service's."""
        message, signed = self._checked(receipt)
        with self._lock:
            if signed in self._waiting:
                return signed
            if len(self._waiting) >= MAX_WAITING:
                raise BadReceipt(f"{MAX_WAITING} receipts wait already; leave it again later", full=True)
            kept = {"message": to_json("Receipt", message), "signature": receipt["signature"]}
            self._append(kept)
            self._waiting[signed] = kept
        return signed

    def compare(self, now: int) -> None:
        """Once the book has been followed at unix second `now`: settle those it has come to, or should have."""
        self._read_watched()
        with self._lock:
            waiting = list(self._waiting.items())
        done = []
        for signed, receipt in waiting:
            if self.follower.broken:
                break
            message = parse("Receipt", receipt["message"])
            if problem := receipt_problem(self.follower, message, signed, now):
                self.follower.accuse(message["seq"], problem, {"receipt": receipt})
            elif message["seq"] <= self.follower.book.seq:
                done.append(signed)
        self.honoured += len(done)
        with self._lock:
            for signed in done:
                del self._waiting[signed]
            if done and self._lines > max(KEPT_LINES, 2 * len(self._waiting)):
                self._rewrite()

    def _checked(self, receipt: Any) -> tuple[Message, str]:
        try:
            if not isinstance(receipt, Mapping) or set(receipt) != {"message", "signature"}:
                raise ValueError("it must be an object of message and signature")
            message = parse("Receipt", receipt["message"])
            signed = digest(self.follower.book.domain, "Receipt", message)
            signer = recover(signed, receipt["signature"])
        except (ValueError, TypeError) as error:
            raise BadReceipt(f"the receipt cannot be read: {error}") from None
        service = service_of(self.follower.book, message)
        if signer != service:
            raise BadReceipt(f"the receipt is signed by {signer}, not by the service, {service}")
        return message, signed

    # ------------------------------------------------------------ the watched folder

    def _read_watched(self) -> None:
        self.refused_files = []
        if self.watched is None or not self.watched.is_dir():
            return
        for path in sorted(self.watched.glob("*.json"))[:MAX_FILES]:
            try:
                stat = path.stat()
                if self._seen_files.get(path.name) == (stat.st_mtime_ns, stat.st_size):
                    continue
                receipt = _receipt_in(path, stat.st_size)
                if receipt is not None:
                    self.leave(receipt)
            except BadReceipt as bad:
                self.refused_files.append(f"{path}: {bad}")
                if bad.full:
                    return
            except (OSError, ValueError, RecursionError) as error:
                self.refused_files.append(f"{path} cannot be read: {type(error).__name__}")
                continue
            self._seen_files[path.name] = (stat.st_mtime_ns, stat.st_size)

    # ------------------------------------------------------------ what waits, on disk

    def _load(self) -> None:
        if self._path.exists():
            for line in self._path.read_bytes().split(b"\n")[:-1]:
                receipt = json.loads(line)
                message = parse("Receipt", receipt["message"])
                self._waiting[digest(self.follower.book.domain, "Receipt", message)] = receipt
        self._rewrite()

    def _append(self, receipt: Mapping[str, Any]) -> None:
        with self._path.open("ab") as file:
            file.write(_line(receipt))
            file.flush()
            os.fsync(file.fileno())
        self._lines += 1

    def _rewrite(self) -> None:
        new = self._path.with_suffix(".new")
        new.write_bytes(b"".join(map(_line, self._waiting.values())))
        new.replace(self._path)
        self._lines = len(self._waiting)


def service_of(book: Book, message: Message) -> str:
    """Whose signature a receipt must bear: the service of the expiry's terms, where the book knows it."""
    expiry = book.expiries.get(message["expiry"])
    return expiry.listed.service if expiry else book.service


def receipt_problem(follower: Follower, message: Message, signed: str, now: int) -> str | None:
    """Why a receipt by the service is not honoured by the book as we follow it; None where it is, or may yet be."""
    book, seq = follower.book, message["seq"]
    act = f"the act {message['digest']}"
    if message["at"] > now + WITNESS_SECONDS:
        return f"ahead: a receipt of {act} bears the time {message['at']}, and ours is {now}"
    if seq > book.seq:
        if now - message["at"] <= WITNESS_SECONDS:
            return None
        words = f"more than {WITNESS_SECONDS} s after it the book ends with entry {book.seq}"
        return f"missing: a receipt puts {act if not message['code'] else 'the last entry'} at {seq}, and {words}"
    if message["code"]:
        if book.hashes[seq] == message["book"]:
            return None
        return f"changed: a signed refusal of {act} says that the book was {message['book']} after it"
    if seq == 0:
        return f"changed: a receipt puts {act} before the first entry"
    if follower.receipts[seq] == signed:
        return None
    if place := follower.places.get(message["digest"]):
        return f"moved: a receipt puts {act} at {seq}, and the book has it at {place}, or with another time or head"
    return f"changed: a receipt puts {act} there, and the book has another one"


def _receipt_in(path: Path, size: int) -> Any:
    """A receipt, or the one in a file as `reporter` keeps it; None where such a file has none (yet)."""
    if size > MAX_FILE:
        raise BadReceipt(f"larger than {MAX_FILE} bytes")
    document = json.loads(path.read_bytes())
    if isinstance(document, dict) and ("act" in document or "receipt" in document):
        return document.get("receipt")
    if isinstance(document, dict) and "message" not in document:
        return None  # evidence, salts: they lie in the same folder
    return document


def _line(receipt: Mapping[str, Any]) -> bytes:
    return json.dumps(receipt, separators=(",", ":")).encode() + b"\n"
