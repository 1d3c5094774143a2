"""The reporter's `watch` against the service itself: it reports once on all that opens, until it is disputed."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from evidence.models import Document
from oracle import clock
from oracle.models import Act, Expiry
from oracle.services.opening import open_expiry
from protocol.terms import Terms
from reporter.brakes import Brakes
from reporter.keys import Key
from reporter.own_source import OwnSource
from reporter.quote import Sources
from reporter.report import Reporter
from reporter.stop import Stop
from reporter.watch import Watch
from tests.cast import ETHER, person
from tests.flows.conftest import list_short_expiry
from tests.flows.following import service
from tests.flows.story import LIE, OPENS_AT, PRICE, WINDOW, assert_sound, tick_along

SAYS = json.dumps({
    "observations": [{"source": who, "instant": str(OPENS_AT), "price": "2500"} for who in ("Kraken", "Coinbase")]
})  # fmt: skip
CHALLENGE = OPENS_AT + WINDOW


def watching(folder: Path, *although: str) -> Watch:
    """Alice's bot, begun anew."""
    own = OwnSource((sys.executable, "-c", f"print('{SAYS}')"), None, 10)
    reporter = Reporter(
        service(), Key(person("alice").key), ETHER, Sources(folder, own=own),
        Brakes(keep=90 * ETHER, although_disputed=although), folder / "out", sending=True,
    )  # fmt: skip
    return Watch(reporter, ["eth-usd"])


def reports_of_alice() -> list[Act]:
    return list(Act.objects.filter(kind="Report", account=person("alice").address).order_by("seq"))


def test_watch__reports_once_each__stops_once_disputed__goes_on_when_a_person_has_looked(
    opened: Expiry, terms: Terms, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: OPENS_AT + 2)
    watching(tmp_path).round(OPENS_AT + 2)
    watching(tmp_path).round(OPENS_AT + 3)
    (report,) = reports_of_alice()
    assert (report.expiry_id, report.message["price"]) == (opened.id, str(PRICE))
    assert Document.objects.filter(hash=report.message["evidence"]).exists()
    (kept,) = (tmp_path / "out").glob("report-*.json")
    assert json.loads(kept.read_text())["receipt"]["message"]["digest"] == report.digest

    for name in ("bob", "carol"):
        assert person(name).report(opened.id, PRICE, ETHER, OPENS_AT + 4).refusal is None
    tick_along(OPENS_AT + 4, CHALLENGE)
    assert person("mallory").pledge(opened.id, 1, LIE, 50 * ETHER, CHALLENGE).refusal is None
    later = list_short_expiry(replace(terms, vote_retries=1), slug="later")
    open_expiry(expiry_id=later.id, block=1, value_secured=0, now=CHALLENGE + 1)

    monkeypatch.setattr(clock, "now", lambda: CHALLENGE + 2)
    with pytest.raises(Stop, match=r"^eth-usd-short, where this account has 1\.0 ether at stake, is disputed"):
        watching(tmp_path).round(CHALLENGE + 2)
    assert len(reports_of_alice()) == 1
    watching(tmp_path, "eth-usd-short").round(CHALLENGE + 2)
    assert [each.expiry_id for each in reports_of_alice()] == [opened.id, later.id]
    assert_sound(opened, later)
