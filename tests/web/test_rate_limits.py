"""Nobody keeps the service busy alone: so many POSTs a minute by address, so many signed acts by account."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from oracle.models import Act, Expiry
from tests.cast import person
from tests.web.conftest import Clock, queries

HERE, ELSEWHERE = "192.0.2.1", "192.0.2.2"
ADDRESSES = [
    "/api/v1/acts",
    "/api/v1/expiries/eth-usd-test/rulings",
    "/api/v1/publications/1/signatures",
    "/api/v1/roots/1/signatures",
]


def stake(name: str, nonce: int) -> dict[str, Any]:
    return person(name).sign("Stake", {"amount": 1, "nonce": nonce})


def send(body: Any, path: str = "/api/v1/acts", address: str = HERE, **headers: str) -> Any:
    return Client().post(path, body, content_type="application/json", REMOTE_ADDR=address, headers=headers)


def assert_too_many(response: Any, *, wait: int) -> None:
    assert (response.status_code, response["Content-Type"]) == (429, "application/problem+json")
    assert (response.json()["code"], response["Retry-After"]) == ("too_many_requests", str(wait))
    assert str(wait) in response.json()["detail"]


@pytest.fixture
def now(at: Clock) -> Clock:
    """Twenty seconds before a minute ends."""
    at.now += 40 - at.now % 60
    return at


# ---------------------------------------------------------------- by account


@pytest.fixture
def two_acts(reporting: Expiry, settings: Any, now: Clock) -> Clock:
    settings.ACTS_PER_MINUTE = 2
    return now


def test_account__more_acts_than_allowed__429_until_the_next_minute(two_acts: Clock) -> None:
    assert [send(stake("alice", n)).status_code for n in (1, 2)] == [201, 201]
    third = stake("alice", 3)
    assert queries(lambda: assert_too_many(send(third), wait=20)) == 0, "nothing is asked for it, no lock is taken"
    assert send(stake("bob", 1)).status_code == 201, "others are not concerned"
    two_acts.now += 20
    assert send(third).status_code == 201
    assert Act.objects.filter(kind="Stake").count() == 4


def test_account__from_many_addresses__is_one_account(two_acts: Clock) -> None:
    for n, address in enumerate((HERE, ELSEWHERE)):
        send(stake("alice", n), address=address)
    assert_too_many(send(stake("alice", 3), address="192.0.2.3"), wait=20)


def test_account__refused_acts__count_too(two_acts: Clock) -> None:
    for n in range(2):
        assert send(person("alice").sign("Stake", {"amount": 10**30, "nonce": n})).status_code == 409
    assert_too_many(send(stake("alice", 3)), wait=20)


def test_account__named_by_somebody_who_cannot_sign_for_it__is_not_kept_out(two_acts: Clock) -> None:
    for n in range(9):
        forged = {**stake("alice", n), "signatures": stake("bob", n)["signatures"]}
        assert send(forged).status_code == 403
        assert send({**stake("alice", n), "kind": "Coup"}).status_code == 400
    assert send(stake("alice", 1)).status_code == 201


def test_account__its_public_acts_sent_again_by_anybody__is_not_kept_out(two_acts: Clock) -> None:
    assert send(stake("alice", 1)).status_code == 201
    assert {send(stake("alice", 1), address=ELSEWHERE).status_code for _ in range(9)} == {200}
    assert send(stake("alice", 2)).status_code == 201


@pytest.mark.parametrize("account", [None, 7, [], "x" * 5000, "free:\x00", {"a": "b"}])
def test_account__that_is_none__malformed(two_acts: Clock, account: Any) -> None:
    body = stake("alice", 1)
    body["message"]["account"] = account
    assert [send(body).status_code for _ in range(4)] == [400] * 4


# ---------------------------------------------------------------- by address


@pytest.fixture
def three_posts(reporting: Expiry, settings: Any, now: Clock) -> Clock:
    settings.POSTS_PER_MINUTE = 3
    return now


@pytest.mark.parametrize("path", ADDRESSES)
def test_address__any_post_counts__429_before_it_is_read(three_posts: Clock, settings: Any, path: str) -> None:
    settings.POSTS_PER_MINUTE = len(ADDRESSES)
    for other in ADDRESSES:
        assert send(b"{", other).status_code == 400
    assert queries(lambda: assert_too_many(send(b"{", path), wait=20)) == 0
    assert send(b"{", path, ELSEWHERE).status_code == 400
    three_posts.now += 20
    assert send(b"{", path).status_code == 400


def test_address__reads__are_not_counted(three_posts: Clock, client: Client) -> None:
    for _ in range(9):
        assert client.get("/api/v1/book", REMOTE_ADDR=HERE).status_code == 200
    assert send(stake("alice", 1)).status_code == 201


def test_address__says_it_is_another__is_not_believed(three_posts: Clock) -> None:
    for n in range(3):
        send(b"{", **{"x-forwarded-for": f"198.51.100.{n}"})
    assert_too_many(send(b"{", **{"x-forwarded-for": "198.51.100.9"}), wait=20)


def test_address__behind_a_proxy__is_the_one_that_the_proxy_saw(three_posts: Clock, settings: Any) -> None:
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "NUM_PROXIES": 1}
    for n in range(3):
        send(b"{", **{"x-forwarded-for": f"203.0.113.{n}, {ELSEWHERE}"})
    assert_too_many(send(b"{", **{"x-forwarded-for": f"203.0.113.9, {ELSEWHERE}"}), wait=20)
    assert send(b"{", **{"x-forwarded-for": f"{ELSEWHERE}, 203.0.113.1"}).status_code == 400


def test_address__ipv6__is_the_network_that_one_customer_gets(three_posts: Clock) -> None:
    for n in range(3):
        send(b"{", address=f"2001:db8:1:2::{n}")
    assert_too_many(send(b"{", address="2001:db8:1:2:ffff::1"), wait=20)
    assert send(b"{", address="2001:db8:1:3::1").status_code == 400


@pytest.mark.parametrize("address", ["", "unix:"])
def test_address__of_a_socket_file__is_one_address(three_posts: Clock, address: str) -> None:
    assert [send(b"{", address=address).status_code for _ in range(4)] == [400, 400, 400, 429]


def test_limits__of_0__are_off(reporting: Expiry, settings: Any) -> None:
    settings.ACTS_PER_MINUTE = settings.POSTS_PER_MINUTE = 0
    assert {send(stake("alice", n)).status_code for n in range(9)} == {201}
