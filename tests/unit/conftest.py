"""Unit tests open no socket and no database: one that tries says so at once instead of hanging."""

import socket
import sys
from typing import Any

import pytest


@pytest.fixture(autouse=True)
def no_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every connection."""

    def refuse(self: socket.socket, address: Any) -> None:
        raise AssertionError(f"a unit test tried to connect to {address!r}")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket.socket, "connect_ex", refuse)


@pytest.fixture(autouse=True)
def plain_recursion_limit() -> None:
    """py-ecc, which test tools import, raises it so far that deep JSON crashes Python. The product keeps Python's."""
    sys.setrecursionlimit(min(sys.getrecursionlimit(), 1000))
