"""Staff: accounts from the host, a second factor, lockout, sessions that end, roles (issue 6, RELIABILITY 4)."""

from __future__ import annotations

import getpass
import re
from io import StringIO
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from django_otp.plugins.otp_static.models import StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from desk.middleware import COOKIE
from operators.models import AuditEntry, SetUpCode, StaffSession
from operators.roles import Role
from operators.services import accounts, sessions
from oracle import clock
from tests.staff import PASSWORD, app, code, logged_in, root, somebody
from tests.web.conftest import Clock

pytestmark = pytest.mark.django_db
WHO = f"shell:{getpass.getuser()}"
OWN = "something long of one's own"


def staff(*words: str) -> str:
    out = StringIO()
    call_command("staff", *words, stdout=out)
    return out.getvalue()


def made(name: str = "ann", role: str = "operator") -> str:
    """A new account's set-up code."""
    return staff("add", name, "--role", role).split()[-1]


def set_up(client: Client, given: str, name: str = "ann", password: str = OWN, again: str = OWN) -> Any:
    told = {"username": name, "code": given, "password": password, "again": again}
    return client.post("/admin/set-up/", told)


def password(client: Client, user: User | str = "ann", secret: str = PASSWORD, **more: Any) -> Any:
    return client.post("/admin/login/", {"username": str(user), "password": secret, **more})


def second(client: Client, typed: str) -> Any:
    return client.post("/admin/login/code/", {"code": typed})


def is_in(client: Client) -> bool:
    return client.get("/admin/").status_code == 200


def log(*whats: str) -> list[str]:
    """What the audit log has of these, oldest first."""
    return list(AuditEntry.objects.filter(what__in=whats).order_by("seq").values_list("what", flat=True))


# Setting up


def test_set_up__code_then_app_then_backup_codes__is_in(client: Client) -> None:
    given = made()
    assert set_up(client, given).headers["Location"] == "/admin/set-up/app/"
    assert not is_in(client), "a password is not enough"
    page = client.get("/admin/set-up/app/").content.decode()
    device = TOTPDevice.objects.get(user__username="ann")
    secret = re.search(r'id="secret">([A-Z2-7 ]+)<', page)
    assert secret is not None
    assert secret[1].replace(" ", "") == device.config_url.partition("secret=")[2][:32]
    assert "data:image/svg+xml" in page
    refused = client.post("/admin/set-up/app/", {"code": "000000"})
    assert refused.status_code == 403
    device.throttle_reset()
    page = client.post("/admin/set-up/app/", {"code": code(device)}).content.decode()
    codes = re.findall(r"<code>([a-z2-7]{8})</code>", page)
    assert len(codes) == 10
    assert is_in(client)
    assert codes[0] not in client.get("/admin/set-up/app/", follow=True).content.decode()
    assert log("account.made", "account.set_up", "second_factor.set_up", "session.began") == [
        "account.made", "account.set_up", "second_factor.set_up", "session.began",
    ]  # fmt: skip
    entry = AuditEntry.objects.get(what="account.made")
    assert (entry.actor, entry.subject, entry.details) == (WHO, "ann", {"role": "operator"})


def test_set_up__used_expired_withdrawn_or_anothers_code__refused(client: Client, at: Clock) -> None:
    first = made()
    second_code = staff("reset", "ann").split()[-1]
    other = made("bob")
    assert set_up(client, first).status_code == 403, "a later code takes it back"
    assert set_up(client, other).status_code == 403, "it is Bob's"
    assert set_up(client, second_code, again="another long password").status_code == 403
    assert set_up(client, second_code, password="short", again="short").status_code == 400
    assert set_up(client, second_code.upper().replace("-", " ")).status_code == 302
    assert set_up(client, second_code).status_code == 403, "once"
    at.now += accounts.CODE_SECONDS
    assert set_up(client, other, name="bob").status_code == 403, "a day"
    assert not SetUpCode.objects.filter(digest__in=[first, second_code, other]).exists(), "it is nowhere"


def test_superuser__from_createsuperuser__sets_an_app_up_first(client: Client) -> None:
    root()
    assert password(client, "root").headers["Location"] == "/admin/set-up/app/"
    assert not is_in(client)
    client.get("/admin/set-up/app/")
    client.post("/admin/set-up/app/", {"code": code(TOTPDevice.objects.get())})
    assert is_in(client)


def test_app__one_is_set_up__a_password_alone_gets_no_new_one(client: Client) -> None:
    user = somebody("ann")
    app(user)
    password(client)
    assert client.get("/admin/set-up/app/").headers["Location"] == "/admin/login/code/"
    assert client.post("/admin/set-up/app/", {"code": "1"}).status_code == 302
    assert TOTPDevice.objects.count() == 1


# Logging in


def test_login__password_and_code__is_in_under_a_new_key_each_time(client: Client) -> None:
    """A key that somebody put into the browser before is worth nothing (session fixation)."""
    device = app(somebody("ann", Role.VIEWER))
    client.cookies[COOKIE] = planted = logged_in(root()).cookies[COOKIE].value
    password(Client(), "ann")
    client.post("/admin/logout/")
    client.cookies[COOKIE] = planted
    assert password(client, next="/admin/oracle/act/").status_code == 302
    between = client.cookies[COOKIE].value
    answer = second(client, code(device))
    assert answer.headers["Location"] == "/admin/oracle/act/"
    cookie = answer.cookies[COOKIE]
    assert len({planted, between, cookie.value}) == 3
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == ("/admin/", True, "Lax")
    assert is_in(client)
    for key in (planted, between):
        other = Client()
        other.cookies[COOKIE] = key
        assert not is_in(other)
    row = StaffSession.objects.get(user__username="ann")
    assert row.digest == sessions.digest(cookie.value) != cookie.value


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example/", "/admin/../x", "/", "javascript:1"])
def test_login__next_is_elsewhere__leads_to_the_desk(client: Client, elsewhere: str) -> None:
    device = app(somebody("ann"))
    password(client, next=elsewhere)
    assert second(client, code(device)).headers["Location"] in ("/admin/", "/admin/../x")


def test_login__wrong_in_any_way__says_the_same(client: Client) -> None:
    somebody("ann")
    User.objects.create_user("customer", password=PASSWORD)
    somebody("gone")
    User.objects.filter(username="gone").update(is_active=False)
    for name, secret in (("ann", "x"), ("nobody", PASSWORD), ("customer", PASSWORD), ("gone", PASSWORD)):
        page = password(client, name, secret)
        assert page.status_code == 403
        assert "not right, or there is no such account" in page.content.decode()
    assert log("login.refused") == ["login.refused"] * 2, "of names that exist, or strangers could fill the log"


def test_code__used_already_or_anothers__refused(client: Client) -> None:
    device, other = app(somebody("ann")), app(somebody("bob"))
    typed = code(device)
    password(client)
    second(client, typed)
    assert is_in(client)
    again = Client()
    password(again)
    assert second(again, typed).status_code == 403
    assert not is_in(again)
    device.refresh_from_db()
    device.throttle_reset()
    assert second(again, code(other)).status_code == 403
    assert log("second_factor.refused") == ["second_factor.refused"] * 2


def test_code__wrong_ones__are_slowed_down_and_the_right_one_with_them(client: Client) -> None:
    device = app(somebody("ann"))
    password(client)
    for _ in range(3):
        device.refresh_from_db()
        device.throttling_failure_timestamp = None
        device.save()
        second(client, "000000")
    page = second(client, code(device))
    assert page.status_code == 403
    assert re.search(r"looked at in [1-4] s", page.content.decode())


def test_backup_code__in_place_of_the_app__is_good_once(client: Client) -> None:
    set_up(client, made())
    client.get("/admin/set-up/app/")
    client.post("/admin/set-up/app/", {"code": code(TOTPDevice.objects.get())})
    token = StaticToken.objects.first()
    assert token is not None
    for expected in (True, False):
        again = Client()
        password(again, "ann", OWN)
        second(again, token.token.upper())
        assert is_in(again) is expected


def test_way__ten_minutes_or_a_reset_later__begins_again(client: Client, at: Clock) -> None:
    device = app(somebody("ann"))
    password(client)
    at.now += 600
    assert second(client, code(device)).headers["Location"] == "/admin/login/"
    password(client)
    staff("reset", "ann")
    assert second(client, code(device)).headers["Location"] == "/admin/login/"
    assert not is_in(client)


# Lockout


def test_lockout__five_wrong_passwords__the_right_one_neither_from_any_process(client: Client) -> None:
    """Counted in the database: another client, with no cookie and empty caches, is as locked."""
    app(somebody("ann"))
    for _ in range(4):
        assert password(client, secret="wrong").status_code == 403
    locked = password(client, secret="wrong")
    assert locked.status_code == 429
    assert "staff unlock" in locked.content.decode()
    assert password(Client()).status_code == 429
    assert password(Client(), "ANN").status_code != 302
    assert password(Client(REMOTE_ADDR="192.0.2.7")).status_code == 302, "from elsewhere"
    for _ in range(3):
        password(client, secret="wrong")
    assert log("login.refused", "login.locked_out") == ["login.refused"] * 5 + ["login.locked_out"]
    staff("unlock", "ann")
    assert password(Client()).status_code == 302


def test_lockout__x_forwarded_for__counts_behind_a_proxy_alone(client: Client, settings: Any) -> None:
    somebody("ann")

    def tries(address: str) -> int:
        forwarded = {"X-Forwarded-For": f"203.0.113.9, {address}"}
        told = {"username": "ann", "password": "wrong"}
        return client.post("/admin/login/", told, headers=forwarded).status_code

    assert [tries(f"198.51.100.{n}") for n in range(5)][-1] == 429, "whatever the header says"
    staff("unlock", "ann")
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "NUM_PROXIES": 1}
    assert [tries(f"198.51.100.{n}") for n in range(5)] == [403] * 5
    assert [tries("198.51.100.9") for _ in range(5)][-1] == 429


# Sessions


def test_session__idle_old_logged_out_or_reset__is_over(at: Clock) -> None:
    user = somebody("ann", Role.VIEWER)
    idle, busy, left = (logged_in(user) for _ in range(3))
    left.post("/admin/logout/")
    assert not is_in(left)
    for _ in range(23):
        at.now += 30 * 60
        assert is_in(busy)
    assert not is_in(idle)
    at.now += 30 * 60
    assert not is_in(busy), "twelve hours"
    again = logged_in(user)
    staff("reset", "ann")
    assert not is_in(again)
    why = StaffSession.objects.order_by("pk").values_list("ended_why", flat=True)
    assert list(why) == ["idle for 30 minutes", "twelve hours old", "logged out", "reset on the host"]


def test_session__deleted_row__is_over() -> None:
    client = logged_in(somebody("ann", Role.VIEWER))
    assert is_in(client)
    StaffSession.objects.all().delete()
    assert not is_in(client)


def test_session__no_second_factor_in_it__is_none(client: Client) -> None:
    """As Django's own login would make it."""
    user = root()
    client.force_login(user)
    client.cookies[COOKIE] = client.cookies.pop(settings.SESSION_COOKIE_NAME).value
    assert not is_in(client)


def test_account__ends_one_or_all_others__and_nobody_elses() -> None:
    ann, bob = somebody("ann", Role.VIEWER), somebody("bob", Role.VIEWER)
    one, two, three, his = (logged_in(user) for user in (ann, ann, ann, bob))
    page = one.get("/admin/account/").content.decode()
    assert page.count("End it") == 2
    rows = list(StaffSession.objects.order_by("pk"))
    one.post("/admin/account/end/", {"session": str(rows[1].pk)})
    one.post("/admin/account/end/", {"session": str(rows[3].pk)})
    assert [is_in(each) for each in (one, two, three, his)] == [True, False, True, True]
    one.post("/admin/account/end/", {"session": "others"})
    assert [is_in(each) for each in (one, three, his)] == [True, False, True]


def test_account__password_changed__keeps_this_session_alone() -> None:
    user = somebody("ann", Role.VIEWER)
    one, two = logged_in(user), logged_in(user)
    change = {"old": PASSWORD, "password": OWN, "again": OWN}
    for wrong in ({"old": "x"}, {"again": "x"}, {"password": "short", "again": "short"}):
        one.post("/admin/account/password/", {**change, **wrong})
        assert is_in(two)
    one.post("/admin/account/password/", change)
    assert [is_in(one), is_in(two)] == [True, False]
    assert User.objects.get().check_password(OWN)


def test_wallet_and_staff__in_one_browser__are_two_sessions(client: Client) -> None:
    """Neither login says anything on the other's pages, and leaving one is not leaving the other."""
    user = root()
    wallet = client.session
    wallet["account"] = "0x" + "1" * 40
    wallet.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = wallet.session_key
    assert not is_in(client)
    client.cookies[COOKIE] = wallet.session_key
    assert not is_in(client), "a wallet's session in the place of ours"
    client.cookies[COOKIE] = logged_in(user).cookies[COOKIE].value
    assert is_in(client)
    assert "Log in" in Client(headers={"cookie": f"{COOKIE}={client.cookies[COOKIE].value}"}).get("/").content.decode()
    other = Client()
    other.cookies[settings.SESSION_COOKIE_NAME] = client.cookies[COOKIE].value
    assert "Log in" in other.get("/").content.decode(), "ours in the place of a wallet's"
    client.post("/logout/")
    assert is_in(client)


# Commands


def test_staff__add_list_disable_and_back__are_told(client: Client) -> None:
    made("ann", "approver")
    assert re.search(r"ann +approver +no second factor yet, not at the desk", staff("list"))
    with pytest.raises(CommandError, match="an account ann already"):
        staff("add", "Ann", "--role", "viewer")
    session = logged_in(User.objects.get())
    assert "seen " in staff("list")
    staff("disable", "ann")
    assert not is_in(session)
    assert re.search(r"ann +disabled", staff("list"))
    for act in ("disable", "reset"):
        with pytest.raises(CommandError, match="disabled"):
            staff(act, "ann")
        with pytest.raises(CommandError, match="no member of staff called eve"):
            staff(act, "eve")
    assert set_up(client, made("ann", "viewer")).status_code == 302
    with pytest.raises(CommandError, match="valid username"):
        staff("add", "no blanks", "--role", "viewer")
    assert clock.now() > 0
