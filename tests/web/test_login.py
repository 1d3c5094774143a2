"""C-35 over HTTP: sessions, one-time nonces, fixation; and that a login gives no right over money."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from eth_account import Account
from eth_account.messages import encode_defunct

from oracle.models import Expiry
from tests.cast import Person, person
from tests.web.conftest import Clock, queries

ALICE = person("alice")
LOGIN = "/login/?next=/me/"


@pytest.fixture(autouse=True)
def origin(settings: Any, db: None) -> None:
    settings.PUBLIC_URL = "http://testserver"


def post(client: Client, path: str, body: Any) -> Any:
    return client.post(path, json.dumps(body), content_type="application/json")


def asked(client: Client, who: Person = ALICE) -> str:
    return str(post(client, "/login/text", {"address": who.address}).json()["text"])


def signed(text: str, who: Person = ALICE) -> dict[str, str]:
    raw = Account.sign_message(encode_defunct(text=text), who.key).signature
    return {"text": text, "signature": "0x" + bytes(raw).hex()}


def enter(client: Client, who: Person = ALICE, **more: str) -> Any:
    return post(client, "/login/enter", signed(asked(client, who), who) | more)


def code_of(response: Any) -> str:
    assert response.status_code == 403
    return str(response.json()["code"])


def test_login__signed_as_asked__my_page_is_mine(client: Client) -> None:
    assert client.get("/me/").headers["Location"] == LOGIN
    response = enter(client)
    assert response.json() == {"account": ALICE.address, "next": "/me/"}
    assert ALICE.address in client.get("/me/").content.decode()


@pytest.mark.parametrize(
    ("path", "link"),
    [
        ("/", "/login/"),
        ("/expiries/?q=eth&sort=value", "/login/?next=%2Fexpiries%2F%3Fq%3Deth%26sort%3Dvalue"),
        ("/login/?next=/vote/", "/login/?next=%2Fvote%2F"),
        ("/login/", "/login/"),
        ("/nothing-here/", "/login/?next=%2Fnothing-here%2F"),
    ],
)
def test_login_link__on_a_page__leads_back_to_it(client: Client, path: str, link: str) -> None:
    assert f'<a href="{link}">Log in</a>' in client.get(path).content.decode()


def test_login__the_same_again__refused(client: Client) -> None:
    body = signed(asked(client))
    assert post(client, "/login/enter", body).status_code == 200
    assert code_of(post(client, "/login/enter", body)) == "no_nonce"


def test_login__a_wrong_try__uses_the_nonce_up(client: Client) -> None:
    body = signed(asked(client))
    assert code_of(post(client, "/login/enter", body | {"signature": "0x"})) == "bad_signature"
    assert code_of(post(client, "/login/enter", body)) == "no_nonce"


def test_login__a_text_that_another_window_was_given__refused(client: Client) -> None:
    theirs = signed(asked(Client()))
    assert code_of(post(client, "/login/enter", theirs)) == "no_nonce"
    asked(client)
    assert code_of(post(client, "/login/enter", theirs)) == "wrong_nonce"
    assert client.get("/me/").status_code == 302


def test_login__a_second_text_asked_for__the_first_is_void(client: Client) -> None:
    first = signed(asked(client))
    asked(client)
    assert code_of(post(client, "/login/enter", first)) == "wrong_nonce"


def test_login__too_late__refused(client: Client, at: Clock) -> None:
    body = signed(asked(client))
    at.now += 600
    assert code_of(post(client, "/login/enter", body)) == "wrong_time"


@pytest.mark.parametrize(
    "name, value, code",
    [("PUBLIC_URL", "http://other.example", "wrong_domain"), ("CHAIN_ID", 1, "wrong_chain")],
)
def test_login__made_for_elsewhere__refused(
    client: Client, settings: Any, name: str, value: Any, code: str
) -> None:
    body = signed(asked(client))
    setattr(settings, name, value)
    assert code_of(post(client, "/login/enter", body)) == code


def test_login__a_session_known_before__is_worth_nothing_after(client: Client) -> None:
    text = asked(client)
    before = client.cookies["sessionid"].value
    assert post(client, "/login/enter", signed(text)).status_code == 200
    assert client.cookies["sessionid"].value != before
    assert not Session.objects.filter(session_key=before).exists()
    thief = Client()
    thief.cookies["sessionid"] = before
    assert thief.get("/me/").headers["Location"] == LOGIN


def test_logout__by_post_alone__nothing_is_left(client: Client) -> None:
    enter(client)
    key = client.cookies["sessionid"].value
    assert client.get("/logout/").status_code == 405
    assert client.post("/logout/").status_code == 302
    assert client.get("/me/").headers["Location"] == LOGIN
    assert not Session.objects.filter(session_key=key).exists()


@pytest.mark.parametrize("path", ["/login/text", "/login/enter", "/logout/"])
def test_session_posts__from_another_site__refused_by_a_page_that_says_what_to_do(db: None, path: str) -> None:
    refused = post(Client(enforce_csrf_checks=True), path, {})
    assert refused.status_code == 403
    assert "Nothing has changed. Go back, load the page again" in refused.content.decode()


@pytest.mark.parametrize(
    "path", ["//evil.example/", "https://evil.example/", "javascript:alert(1)", "/\\evil.example", ""]
)
def test_login__next_leads_elsewhere__home(client: Client, path: str) -> None:
    assert enter(client, next=path).json()["next"] == "/me/"


@pytest.mark.parametrize("body", [None, [], "x", {"address": 5}, {"address": ALICE.address.upper()}])
def test_login_text__no_account__refused(client: Client, body: Any) -> None:
    assert post(client, "/login/text", body).status_code == 400


def test_login_cookie__is_for_http_alone_and_not_for_other_sites(client: Client) -> None:
    enter(client)
    cookie = client.cookies["sessionid"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


def test_login__and_nothing_signed__moves_nothing(
    reporting: Expiry, client: Client, nothing_changes: None
) -> None:
    enter(client)
    act = person("mallory").sign("Withdrawal", {"amount": 1, "nonce": 1})
    act["message"]["account"] = ALICE.address
    response = post(client, "/api/v1/acts", act)
    assert (response.status_code, response.json()["code"]) == (403, "bad_signature")


def test_my_page__any_number_of_acts__at_most_twelve_queries(
    reporting: Expiry, client: Client, at: Clock
) -> None:
    for _ in range(5):
        assert ALICE.stake(10**17, at.now).refusal is None
    enter(client)
    client.get("/me/")
    assert queries(lambda: client.get("/me/")) <= 12


def test_login_posts__too_many_from_one_address__429(client: Client, settings: Any) -> None:
    settings.POSTS_PER_MINUTE = 2
    answers = [post(client, "/login/text", {"address": ALICE.address}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[2].headers["Retry-After"]
