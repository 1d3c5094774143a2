"""The id of a request: in every line that is logged for it, and in its answer; and the line that each has."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from typing import Any

import pytest
from django.test import Client
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from oracle.models import Expiry
from oracle.receipts import NOTHING
from oracle.services import book
from tests.cast import person


@pytest.fixture
def lines() -> Iterator[list[MutableMapping[str, Any]]]:
    """All lines of ours, with what is bound."""
    with capture_logs(processors=[merge_contextvars]) as found:
        yield found


def answered(lines: Any) -> list[Any]:
    return [line for line in lines if line["event"] == "request.answered"]


def test_request__answered__one_line_without_its_address(db: None, client: Client, lines: list[Any]) -> None:
    response = client.get("/expiries/?q=secret")
    (line,) = answered(lines)
    assert line["request"] == response["X-Request-ID"]
    assert (line["method"], line["view"], line["status"]) == ("GET", "expiries/", 200)
    assert isinstance(line["milliseconds"], int)
    assert "secret" not in str(line)
    assert client.get("/healthz")["X-Request-ID"] != response["X-Request-ID"]
    assert client.get("/nowhere").status_code == 404
    assert [each["view"] for each in answered(lines)] == ["expiries/", "healthz", ""]


@pytest.mark.parametrize(
    ("behind", "given", "taken"),
    [
        (True, "from-the-proxy.1", True),
        (False, "from-anybody", False),
        (True, "two words", False),
        (True, "x" * 65, False),
        (True, "x\nINFO forged", False),
        (True, "", False),
    ],
)
def test_request_id__given_in_a_header__taken_from_a_proxy_alone(
    db: None, client: Client, settings: Any, behind: bool, given: str, taken: bool
) -> None:
    settings.BEHIND_PROXY = behind
    found = client.get("/healthz", headers={"x-request-id": given})["X-Request-ID"]
    assert (found == given) is taken
    assert taken or len(found) == 32


def test_act__said_while_it_is_taken__request_act_and_expiry(
    reporting: Expiry, api: Any, lines: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def halted(*_: object) -> None:
        book.log.error("clock.ahead", seconds=5)
        raise book.ClockAhead("ahead")

    monkeypatch.setattr(book, "advance_clock", halted)
    report = {"expiry": reporting.id, "price": 5, "bond": 1, "salt": "0x" + "5a" * 32, "evidence": NOTHING}
    act = person("dave").sign("Report", report)
    response = api(act)
    assert response.status_code == 503
    assert [line["event"] for line in lines] == ["clock.ahead", "request.answered"]
    for line in lines:
        assert line["expiry"] == reporting.id
        assert line["act"].startswith("0x")
        assert line["request"] == response["X-Request-ID"]
    lines.clear()
    api(person("dave").sign("Stake", {"amount": 1, "nonce": 1}))
    assert "expiry" not in lines[0]
    assert lines[0]["act"].startswith("0x")
    lines.clear()
    api({"kind": "Report", "message": {}, "signatures": []})
    assert "act" not in lines[0]
