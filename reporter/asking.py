"""Asks the operator's own program or address: one JSON document goes in, the bytes of an answer come back."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Sequence
from typing import Any

import requests

from reporter.stop import Stop

MAX_ANSWER = 65_536  # bytes


class NoAnswer(Stop):
    """There is no answer, or none that can be used; the text says why, after the name of what was asked."""


def ask(document: dict[str, Any], *, command: Sequence[str] | None, url: str | None, timeout: int) -> bytes:
    """What the command prints, or what the address answers to a POST, within `timeout` seconds. NoAnswer otherwise."""
    question = json.dumps(document).encode()
    try:
        raw = _run(command, question, timeout) if command else _post(url or "", question, timeout)
    except (subprocess.TimeoutExpired, requests.Timeout):
        raise NoAnswer(f"did not answer within {timeout} s") from None
    except (OSError, subprocess.SubprocessError, requests.RequestException) as error:
        raise NoAnswer(f"failed: {type(error).__name__}") from None
    if len(raw) > MAX_ANSWER:
        raise NoAnswer(f"answered with more than {MAX_ANSWER} bytes")
    return raw


def _run(command: Sequence[str], question: bytes, timeout: int) -> bytes:
    done = subprocess.run(
        command, input=question, timeout=timeout, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    return done.stdout


def _post(url: str, question: bytes, timeout: int) -> bytes:
    """The answer, or as much of it as shows that it is too large, within `timeout` seconds in all."""
    deadline = time.monotonic() + timeout
    with requests.post(
        url, question, headers={"Content-Type": "application/json"}, timeout=timeout, stream=True,
        allow_redirects=False,
    ) as answer:  # fmt: skip
        if answer.status_code != 200:
            raise NoAnswer(f"answered {answer.status_code}")
        raw = b""
        for part in answer.iter_content(4096):
            raw += part
            if len(raw) > MAX_ANSWER:
                break
            if time.monotonic() > deadline:
                raise requests.Timeout
        return raw
