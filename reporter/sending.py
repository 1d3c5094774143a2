"""One way for every act: say what it would be, sign it, store it, send it, check and store the receipt."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import requests

from protocol.signing import Message, digest, to_json
from reporter.keys import Key
from reporter.service import Problem, Service, receipt_problem
from reporter.stop import Stop
from reporter.units import show_time

ATTESTOR_TIMEOUT = 10  # seconds


def random_word() -> str:
    """256 random bits as a bytes32."""
    return "0x" + secrets.token_hex(32)


def random_nonce() -> int:
    return secrets.randbits(128)


def send(
    service: Service, key: Key, kind: str, message: Message, folder: Path, attestors: Sequence[str] = ()
) -> Path:
    """Sign and send one act; returns the file that holds it with its receipt, which is left with `attestors` too.

    Stop where the act is refused or the receipt is bad.
    """
    return send_stored(service, keep(service, key, kind, message, folder), attestors)


def keep(service: Service, key: Key, kind: str, message: Message, folder: Path) -> Path:
    """Sign one act, and write the file from which it is sent.

    The file is written before the act leaves: what it holds (salts!) cannot be got again, and the same act may be sent
    again by `python -m reporter resend FILE` when no answer came.
    """
    signed = digest(service.domain(), kind, message)
    act = {"kind": kind, "message": to_json(kind, message), "signatures": [key.sign(signed)]}
    return store(folder, f"{kind.lower()}-{signed[2:14]}", {"digest": signed, "act": act})


def send_stored(service: Service, path: Path, attestors: Sequence[str] = ()) -> Path:
    """Send the act in a file that `send` has stored, and add its receipt to the file."""
    document = load(path)
    act, signed = document["act"], document["digest"]
    try:
        answer = service.send_act(act["kind"], act["message"], act["signatures"])
    except Problem as problem:
        save(path, document | {"refusal": problem.code, "receipt": problem.receipt})
        if problem.receipt:
            leave_receipt(problem.receipt, attestors)
        raise
    about = service.about()
    if problem_found := receipt_problem(service.domain(), about["service"], answer.get("receipt"), signed):
        save(path, document | {"bad_receipt": answer})
        raise Stop(f"the act was sent, but {problem_found}; what came is in {path}")
    save(path, document | {"receipt": answer["receipt"]})
    receipt = answer["receipt"]["message"]
    print(f"taken as entry {receipt['seq']} at {show_time(int(receipt['at']))}; act and receipt are in {path}")
    leave_receipt(answer["receipt"], attestors)
    return path


def leave_receipt(receipt: Mapping[str, Any], attestors: Sequence[str]) -> None:
    """Leave a receipt with attestors, who compare it with the book. The act stands whether they take it or not."""
    for url in attestors:
        try:
            answer = requests.post(f"{url.rstrip('/')}/receipts", json=receipt, timeout=ATTESTOR_TIMEOUT)
            taken = answer.status_code == 202
            words = "holds the receipt too" if taken else f"did not take the receipt: {answer.text[:200]}"
        except requests.RequestException as error:
            words = f"did not take the receipt: {type(error).__name__}"
        print(f"attestor {url} {words}")


def store(folder: Path, name: str, document: Mapping[str, Any]) -> Path:
    """Write a new JSON file that only its owner may read, and return its path."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{name}.json"
        save(path, document)
    except OSError as error:
        raise Stop(f"cannot write into {folder}: {error.strerror}") from None
    return path


def save(path: Path, document: Mapping[str, Any]) -> None:
    """Replace a file as a whole: a crash leaves the old or the new one."""
    new = path.with_suffix(".new")
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump(document, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


def load(path: Path) -> dict[str, Any]:
    """A JSON object out of a file; Stop where there is none."""
    try:
        document = json.loads(path.read_bytes())
    except OSError as error:
        raise Stop(f"{path}: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise Stop(f"{path} is no JSON") from None
    if not isinstance(document, dict):
        raise Stop(f"{path} holds no JSON object")
    return document
