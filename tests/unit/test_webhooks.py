"""Signatures by Standard Webhooks, read again by other code; and which targets are refused before a byte is sent."""

from __future__ import annotations

import base64
import hashlib
import hmac
from ipaddress import ip_address

import pytest

from alerts.webhooks import signature, target
from alerts.webhooks.target import STRICT, Unreachable


def verified(secret: str, headers: dict[str, str], body: bytes) -> bool:
    """As a receiver does it who has only the specification: id.timestamp.body, any of the signatures."""
    key = base64.b64decode(secret.split("_", 1)[1])
    text = b".".join([headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), body])
    wanted = base64.b64encode(hmac.digest(key, text, hashlib.sha256))
    given = [part.split(",", 1) for part in headers["webhook-signature"].split(" ")]
    return any(version == "v1" and hmac.compare_digest(code.encode(), wanted) for version, code in given)


def test_signature__published_vector__is_the_same() -> None:
    found = signature.headers(
        "msg_p5jXN8AQM9LWM0D4loKWxJek", b'{"test": 2432232314}', ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
        now=1_614_265_330,
    )  # fmt: skip
    assert found["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_signature__two_secrets__either_receiver_is_content_and_no_other() -> None:
    old, new, foreign = (signature.new_secret() for _ in range(3))
    found = signature.headers("msg_1", b"{}", [new, old], now=7)
    assert verified(old, found, b"{}")
    assert verified(new, found, b"{}")
    assert not verified(foreign, found, b"{}")
    assert not verified(new, found, b"{ }")
    assert not verified(new, {**found, "webhook-timestamp": "8"}, b"{}")


INSIDE = [
    "127.0.0.1", "127.9.9.9", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "0.0.0.0", "0.1.2.3",
    "169.254.169.254", "100.64.0.1", "192.0.0.1", "198.18.0.1", "203.0.113.5", "224.0.0.1", "255.255.255.255",
    "240.0.0.1", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1",
    "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:a00:1", "::127.0.0.1", "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2002:a9fe:a9fe::1", "2001:db8::1", "2001:0:7f00:1::",
    "2001:0:808:808::80ff:fffe",  # Teredo of a client at 127.0.0.1
]  # fmt: skip


@pytest.mark.parametrize("address", INSIDE)
def test_c43_address__not_a_public_one__is_refused(address: str) -> None:
    assert not target.is_public(ip_address(address))


@pytest.mark.parametrize("address", ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "::ffff:1.1.1.1"])
def test_c43_address__public__is_allowed(address: str) -> None:
    assert target.is_public(ip_address(address))


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example/", "ftp://hooks.example/", "file:///etc/passwd", "//x.example/",
        "https://", "https:///path", "https://user:password@hooks.example/", "https://hooks.example@127.0.0.1/",
        "https://hooks.example:22/", "https://hooks.example:6379/", "https://hooks.example:0/",
        "https://hooks.example:99999/", "https://hooks.example/a b", "https://hooks.example/\r\nHost: x",
        "https://hooks.exämple/", "https://[::1", "https://hooks.example/" + "a" * 500,
    ],
)  # fmt: skip
def test_c43_target__wrong_form__is_refused_with_a_sentence(url: str) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        target.parse(url, STRICT)


@pytest.mark.parametrize(
    "url", ["https://hooks.example/", "https://hooks.example:8443/a?b=c", "https://hooks.example"]
)
def test_target__right_form__is_taken(url: str) -> None:
    assert target.parse(url, STRICT).hostname == "hooks.example"


def answers(monkeypatch: pytest.MonkeyPatch, *found: str) -> None:
    rows = [(2, 1, 6, "", (each, 443)) for each in found]
    monkeypatch.setattr("socket.getaddrinfo", lambda *args, **kwargs: rows)


def test_c43_name__with_one_private_address_among_public_ones__is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch, "1.1.1.1", "10.0.0.1")
    with pytest.raises(Unreachable, match="not a public one"):
        target.post("https://hooks.example/", b"{}", {})


@pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "017700000001", "127.1"])
def test_c43_loopback__spelled_as_a_number__is_refused(host: str) -> None:
    """The resolver of the C library reads these as 127.0.0.1; no name server is asked."""
    with pytest.raises(Unreachable):
        target.post(f"https://{host}/", b"{}", {})
