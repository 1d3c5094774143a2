"""What a log line bears, and what none shows."""

from __future__ import annotations

import io
import json
import logging
import logging.config
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog
from django.conf import settings
from structlog.contextvars import bound_contextvars, clear_contextvars

from assize.environment import Environment
from assize.log_secrets import CUT, Censor
from assize.logs import logging_config
from protocol.signing import sign
from tests.cast import person

KEY = "0x" + "4b" * 32
PASSWORD = "correct/horse"
SIGNATURE = sign("0x" + "12" * 32, person("alice").key)
MESSAGE = {
    "expiry": "0x" + "ab" * 32,
    "account": person("alice").address,
    "price": "2450500000000000000000",
    "bond": "1000000000000000000",
    "salt": "0x" + "5a" * 32,
}
SECRET = (MESSAGE["price"], MESSAGE["salt"], SIGNATURE, SIGNATURE[2:])


def environment() -> Environment:
    found = Environment(
        {
            "SERVICE_KEY": KEY,
            "DATABASE_URL": "postgresql://assize:correct%2Fhorse@db:5432/assize",
            "REDIS_URL": "redis://:a-redis-password@redis:6379/0",
            "RPC_URLS": "https://node.example/v3/0123456789abcdef0123456789abcdef,https://b.example/?key=fedcba9876543210",
            "EMAIL_URL": "smtp://mail:a-mail-password@host:587?tls=starttls",
            "METRICS_TOKEN": "m" * 40,
        }
    )
    found.key("SERVICE_KEY", about="")
    found.database("DATABASE_URL", about="")
    found.url("REDIS_URL", ("redis",), about="")
    found.words("RPC_URLS", about="")
    found.email("EMAIL_URL", default={}, about="")
    found.text("METRICS_TOKEN", secret=True, about="")
    assert found.problems == []
    return found


GIVEN = (
    KEY[2:], PASSWORD, "a-redis-password", "0123456789abcdef0123456789abcdef", "fedcba9876543210",
    "a-mail-password", "m" * 40,
)  # fmt: skip


@pytest.fixture
def written() -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """Log as the product does; gives what was written since, one object per line."""
    out = io.StringIO()
    config = logging_config("DEBUG", environment().secrets)
    config["handlers"]["stderr"]["stream"] = out
    clear_contextvars()
    logging.config.dictConfig(config)

    def lines() -> list[dict[str, Any]]:
        return [json.loads(line) for line in out.getvalue().splitlines()]

    yield lines
    logging.config.dictConfig(logging_config(settings.LOG_LEVEL, settings.ENVIRONMENT.secrets))


def raised() -> None:
    raise ValueError(f"cannot store {MESSAGE!r} signed {SIGNATURE}")


def refused_row() -> None:
    """As psycopg tells of a row that a CHECK refuses."""
    raise RuntimeError(
        'new row for relation "oracle_act" violates check constraint "oracle_act_kind"\n'
        f"DETAIL:  Failing row contains (7, 1790000000, Report, {MESSAGE['price']}, {MESSAGE['salt']})."
    )


def log_exception(work: Callable[[], None]) -> Callable[[], None]:
    def logged() -> None:
        try:
            work()
        except Exception:
            structlog.get_logger("ours").exception("it.broke")
            logging.getLogger("django.request").exception("Internal Server Error: %s", "/api/v1/acts")

    return logged


def log() -> Any:
    return structlog.get_logger("ours")


LINES: list[Callable[[], object]] = [
    lambda: log().info("act", message=MESSAGE, signatures=[SIGNATURE]),
    lambda: log().info("act", body=json.dumps({"kind": "Report", "message": MESSAGE, "signatures": [SIGNATURE]})),
    lambda: log().info("act", body=repr({"message": MESSAGE, "signatures": [SIGNATURE]})),
    lambda: log().info(f"a report {MESSAGE} under {SIGNATURE}"),
    lambda: log().info("act", price=int(MESSAGE["price"]), salt=bytes.fromhex(MESSAGE["salt"][2:])),
    lambda: log().info("sent", signed="0x02" + SIGNATURE[2:] * 2, deep={"deeper": [{"raw": SIGNATURE}]}),
    lambda: logging.getLogger("django").warning("%s", MESSAGE),
    log_exception(raised),
    log_exception(refused_row),
    lambda: log().info("headers", headers={"Authorization": f"Bearer {GIVEN[-1]}", "Cookie": f"s={PASSWORD}"}),
    lambda: log().info(f"asked with Authorization: Bearer {'x' * 30} and Basic {GIVEN[3]}"),
    *(lambda text=text: log().warning("said", reason=f"cannot do {text}!") for text in GIVEN),
    *(lambda text=text: log().warning("said", key=KEY.upper().replace("0X", "0x").lower()) for text in GIVEN[:1]),
    lambda: logging.getLogger("celery").info("Connected to redis://:other-password@redis:6379/0"),
    lambda: log().warning("database", dsn="host=db user=assize password=other-password"),
    lambda: logging.getLogger("django.request").warning("Not Found: /feeds/follows/other-password.atom"),
    lambda: logging.getLogger("django.request").warning("Not Found: /calendar/mine/other-password.ics"),
    lambda: logging.getLogger("django.request").warning("Not Found: /alerts/confirm/other-password/"),
    lambda: logging.getLogger("django.db.backends").debug("INSERT ... args=(%s)", MESSAGE["price"]),
]


@pytest.mark.parametrize("work", LINES)
def test_log__whoever_writes_a_secret__it_is_cut_out(
    written: Callable[[], list[dict[str, Any]]], work: Callable[[], object]
) -> None:
    work()
    text = json.dumps(written())
    shown = [secret for secret in (*SECRET, *GIVEN, "other-password", "x" * 30) if secret in text]
    assert shown == []


def test_log__what_is_no_secret__stays(written: Callable[[], list[dict[str, Any]]]) -> None:
    words = f"publication 12 of {MESSAGE['expiry']} by {MESSAGE['account']} at 1790000000: see /api/v1/publications"
    log().warning("publication.waits", reason=words, block=7, good=True, none=None, purpose="publication:12")
    (line,) = written()
    assert line["event"] == "publication.waits"
    assert (line["reason"], line["block"], line["good"], line["none"]) == (words, 7, True, None)
    assert line["purpose"] == "publication:12"
    assert {"level", "logger", "timestamp"} <= set(line)


def test_log__something_is_bound__every_line_bears_it_whoever_writes(
    written: Callable[[], list[dict[str, Any]]],
) -> None:
    with bound_contextvars(request="r-1", act="0x12"):
        log().info("ours.said")
        logging.getLogger("django.db").warning("theirs")
    log().info("later.said")
    assert [(line.get("request"), line.get("act")) for line in written()] == [("r-1", "0x12")] * 2 + [(None, None)]


def test_censor__a_traceback__keeps_where_and_loses_what(written: Callable[[], list[dict[str, Any]]]) -> None:
    log_exception(refused_row)()
    for line in written():
        assert "oracle_act_kind" in line["exception"]
        assert "in refused_row" in line["exception"]
        assert f"DETAIL:  {CUT}" in line["exception"]


def test_censor__no_secret_is_known__forms_are_cut_all_the_same() -> None:
    assert Censor([]).text("redis://u:p@h") == f"redis://{CUT}@h"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "mysql://u:other-password@h/d"),
        ("DATABASE_URL", "postgresql://u:other-password/x@h/d"),
        ("EMAIL_URL", "http://u:other-password@h"),
        ("EMAIL_URL", "smtp://u:other-password/x@h"),
        ("SERVICE_KEY", "0x" + "4b" * 31),
        ("SERVICE_KEY", "other-password"),
        ("TREASURY_ADDRESS", KEY),
        ("SECRET_KEY", "other-password"),
    ],
)
def test_settings__a_wrong_value__its_problem_does_not_show_it(name: str, value: str) -> None:
    env = Environment({name: value})
    {
        "DATABASE_URL": lambda: env.database(name, about=""),
        "EMAIL_URL": lambda: env.email(name, default={}, about=""),
        "SERVICE_KEY": lambda: env.key(name, about=""),
        "TREASURY_ADDRESS": lambda: env.address(name, about=""),
        "SECRET_KEY": lambda: env.text(name, least=32, about=""),
    }[name]()
    (problem,) = env.problems
    assert problem.startswith(name)
    assert not any(word in problem for word in ("other-password", "password@", "4b4b4b"))
