"""Sending to an address that a stranger gave us, without becoming their hand in our own network (C-43).

The name is resolved once. Every address that it has must be a public one, and the connection goes to one of those that
were looked at, so that a second answer of the name server changes nothing. A redirect is an answer like any other: it
is not followed. Ports, size and time are limited.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import SplitResult, urlsplit

MAX_URL = 500
ANSWER_BYTES = 500
NAT64 = IPv6Network("64:ff9b::/96")

Address = IPv4Address | IPv6Address


class Unreachable(Exception):
    """Nothing was delivered; the text says why, for the target's owner."""


def is_public(address: Address) -> bool:
    """Not ours, not anybody's inside: also where an IPv4 address hides in one of IPv6."""
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if address in NAT64:
            inner = IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
        if address.is_site_local or address.scope_id or int(address) < 1 << 32:  # ::a.b.c.d, of old
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


@dataclass(frozen=True, slots=True)
class Rules:
    """Where may be sent to. `None` for ports: any."""

    schemes: frozenset[str] = frozenset({"https"})
    ports: frozenset[int] | None = frozenset({443, 8443})
    allowed: Callable[[Address], bool] = is_public
    seconds: float = 8.0


STRICT = Rules()
ANYWHERE = Rules(frozenset({"http", "https"}), None, lambda address: True)
"""For tests and one's own machine: settings.WEBHOOKS_ANYWHERE."""


def parse(url: str, rules: Rules) -> SplitResult:
    """The parts of a target's address; ValueError, with a sentence, where it cannot be one."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError("This is not an address.") from None
    if len(url) > MAX_URL or not url.isascii() or any(c.isspace() or not c.isprintable() for c in url):
        raise ValueError(f"An address has at most {MAX_URL} characters, all of them ASCII, and no spaces.")
    if parts.scheme not in rules.schemes:
        raise ValueError(f"It must start with {' or '.join(f'{s}://' for s in sorted(rules.schemes))}.")
    if not parts.hostname:
        raise ValueError("It names no host.")
    if "@" in parts.netloc:
        raise ValueError("It must not carry a user or password; messages are signed instead.")
    if rules.ports is not None and (443 if port is None else port) not in rules.ports:
        raise ValueError(f"The port must be {' or '.join(map(str, sorted(rules.ports)))}.")
    return parts


def addresses(host: str, port: int, rules: Rules) -> list[Address]:
    """What the name stands for; Unreachable unless every one of them is allowed."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Unreachable("The name of the host has no address.") from None
    every = [ip_address(str(row[4][0])) for row in found]
    if not every or not all(rules.allowed(each) for each in every):
        raise Unreachable("The host's address is not a public one.")
    return every


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    first: str


def post(url: str, body: bytes, headers: dict[str, str], rules: Rules = STRICT) -> Answer:
    """Send and give the answer back, whatever its status; Unreachable where there was none. It never takes longer
    than `rules.seconds` after the name was resolved: a timer ends the connection under whoever answers by drops."""
    try:
        parts = parse(url, rules)
    except ValueError as error:
        raise Unreachable(str(error)) from None
    host, port = str(parts.hostname), parts.port or (443 if parts.scheme == "https" else 80)
    address = addresses(host, port, rules)[0]
    connection = _Pinned(host, port, address, tls=parts.scheme == "https", seconds=rules.seconds)
    timer = threading.Timer(rules.seconds, connection.end)
    timer.daemon = True
    timer.start()
    try:
        connection.request(
            "POST", _path(parts), body, {"User-Agent": "Assize", "Connection": "close", **headers}
        )
        answer = connection.getresponse()
        return Answer(answer.status, answer.read(ANSWER_BYTES).decode(errors="replace").replace("\0", ""))
    except (OSError, http.client.HTTPException, ValueError, AttributeError) as error:
        late = f"No answer within {rules.seconds:g} seconds."
        raise Unreachable(
            late if connection.ended or isinstance(error, TimeoutError) else _plain(error)
        ) from None
    finally:
        timer.cancel()
        connection.end()


class _Pinned(http.client.HTTPConnection):
    """A connection to one address, under the name of the host: for `Host`, for SNI and for the certificate."""

    def __init__(self, host: str, port: int, address: Address, *, tls: bool, seconds: float) -> None:
        super().__init__(host, port, timeout=seconds)
        self.default_port = 443 if tls else 80
        self._address, self._tls, self._raw, self.ended = str(address), tls, None, False
        self._until = time.monotonic() + seconds

    _raw: socket.socket | None

    def connect(self) -> None:
        self._raw = self.sock = socket.create_connection((self._address, self.port), max(0.1, self._left()))
        if self._tls:
            context = ssl.create_default_context()
            wrapped = context.wrap_socket(self.sock, server_hostname=self.host, do_handshake_on_connect=False)
            self._raw = self.sock = wrapped  # before the handshake, which may be made to last as well
            wrapped.do_handshake()

    def _left(self) -> float:
        return self._until - time.monotonic()

    def end(self) -> None:
        """Whoever waits for this connection, in any thread, waits no longer."""
        self.ended = self._left() <= 0
        if self._raw is not None:
            try:
                self._raw.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # never connected, or gone already
        self.close()


def _path(parts: SplitResult) -> str:
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _plain(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"The certificate does not hold: {error.verify_message}."
    return f"{type(error).__name__}: {error}"[:200]
