"""What stops a report before it is signed."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from protocol.signing import address_of
from protocol.terms import ETHER
from reporter.brakes import is_disputed
from reporter.keys import Key
from reporter.report import Closed
from reporter.stop import Stop
from tests.unit.protocol.story import CROWD, EXPIRY_AT, LIAR, PRICE, REPORTERS
from tests.unit.protocol.test_book import SHORT, disputed, funded, reported
from tests.unit.reporter.fake_service import FakeService
from tests.unit.reporter.test_own_source import AT, SPEC, answer, says
from tests.unit.reporter.test_reporting import run

assert AT == EXPIRY_AT

Make = Callable[..., FakeService]


@pytest.fixture
def open_(monkeypatch: pytest.MonkeyPatch) -> Make:
    """Opens an expiry of an index with these keys beside SPEC's."""

    def make(**changes: Any) -> FakeService:
        monkeypatch.setattr("tests.unit.protocol.writer.INDEX", SPEC | {"tick": "1"} | changes)
        writer = funded()
        writer.open(EXPIRY_AT + 2)
        return FakeService(writer)

    return make


def stops(service: FakeService, folder: Path, words: str, **changes: Any) -> None:
    with pytest.raises(Stop, match=words):
        run(service, folder, **changes)
    assert service.posts == []


TWO = ("A", 0, "2500"), ("B", -61, "2500")


def test_stale__seen_too_far_from_the_instant__says_who_and_by_how_much(open_: Make, tmp_path: Path) -> None:
    stops(open_(), tmp_path, "^B is stale by 1 s: .* more than 60 s from the instant", own=says(answer(*TWO)))
    both = says(answer(("A", 90, "2500"), ("B", -61, "2500")))
    stops(open_(), tmp_path, "A is stale by 30 s, B is stale by 1 s", own=both)
    run(service := open_(), tmp_path, own=says(answer(*TWO)), max_age=61)
    assert len(service.posts) == 2


def test_stale__hole_in_the_window__stops(open_: Make, tmp_path: Path) -> None:
    seen = says(answer(("A", -120, "2500"), ("A", 0, "2500")))
    stops(open_(window="180"), tmp_path, "A is stale by 60 s", own=seen)


@pytest.mark.parametrize(
    ("named", "least", "words"),
    [
        (["A", "B", "C"], None, "^2 of at least 3 sources answered, nothing of C: .* --least-sources"),
        ([], 3, "^2 of at least 3 sources answered: "),
    ],
)
def test_few_sources__stop(
    open_: Make, tmp_path: Path, named: list[str], least: int | None, words: str
) -> None:
    seen = says(answer(("A", 0, "2500"), ("B", 0, "2500")))
    stops(open_(sources=named), tmp_path, words, own=seen, least_sources=least)
    run(service := open_(sources=named), tmp_path, own=seen, least_sources=2)
    assert len(service.posts) == 2


def test_sources_disagree__stop(open_: Make, tmp_path: Path) -> None:
    seen = says(answer(("A", 0, "2500"), ("B", 0, "2513")))
    stops(open_(), tmp_path, "apart, over 0.5000 %", own=seen)


def test_one_source__says_that_nothing_was_compared(
    open_: Make, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(open_(), tmp_path, own=says(answer(("A", 7, "2500"))), sending=False)
    shown = capsys.readouterr().out
    assert "one source: nothing was compared" in shown
    assert "7 s at most" in shown


def test_answer__of_the_own_source__is_kept_with_the_report(open_: Make, tmp_path: Path) -> None:
    run(open_(), tmp_path, own=says(text := answer(("A", 7, "2500"))))
    (kept,) = (tmp_path / "out").glob("answer-*.json")
    assert text.replace('"', '\\"') in kept.read_text()


@pytest.mark.parametrize(("keep", "words"), [(99 * ETHER + 1, r"0\.0+1 ether more"), (100 * ETHER, r"1\.0 ether more")])
def test_balance__less_than_what_is_to_be_kept__stops(open_: Make, tmp_path: Path, keep: int, words: str) -> None:
    own = says(answer(("A", 0, "2500")))
    stops(open_(), tmp_path, f"the bond and the .* to keep: deposit {words}", own=own, keep=keep)
    run(service := open_(), tmp_path, own=own, keep=99 * ETHER)
    assert len(service.posts) == 2


def two_expiries(*, dispute: bool) -> FakeService:
    """The reporters have reported on the first, which has a ballot or goes undisputed; the second is open."""
    writer = funded((SHORT, SHORT))
    at = disputed(writer) if dispute else reported(writer)
    writer.settle(at + 1)
    writer.open(at + 1, writer.expiries[1])
    return FakeService(writer)


def report_second(service: FakeService, folder: Path, key: str = REPORTERS[0], **changes: Any) -> None:
    run(service, folder, key=Key(key), expiry=service.writer.expiries[1], price=PRICE, now=EXPIRY_AT + 60, **changes)


def test_disputed__earlier_report__stops_until_a_person_has_looked(tmp_path: Path) -> None:
    service = two_expiries(dispute=True)
    words = r"btc, where this account has 1\.0 ether at stake, is disputed \(COMMIT, round 1\).*--although-disputed btc"
    with pytest.raises(Stop, match=words):
        report_second(service, tmp_path)
    with pytest.raises(Stop, match="is disputed"):
        report_second(service, tmp_path, although_disputed=["another"])
    assert service.posts == []
    report_second(service, tmp_path, although_disputed=[service.writer.expiry])
    assert len(service.posts) == 1


def test_disputed__somebody_else_s_report__does_not_stop(tmp_path: Path) -> None:
    service = two_expiries(dispute=True)
    report_second(service, tmp_path, key=CROWD[0])
    assert len(service.posts) == 1


def test_disputed__challenge_without_a_filled_claim__does_not_stop(tmp_path: Path) -> None:
    service = two_expiries(dispute=False)
    assert service.expiry(service.writer.expiry)["stage"] == "CHALLENGE"
    report_second(service, tmp_path)
    assert len(service.posts) == 1


def test_disputed__looking__asks_once_for_each_expiry_that_holds_a_bond(tmp_path: Path) -> None:
    service = two_expiries(dispute=False)
    report_second(service, tmp_path, sending=False)
    assert service.asked.count(f"expiries/{service.writer.expiry}") == 1
    assert len(service.asked) == 4, "the account twice, and each expiry"


@pytest.mark.parametrize(
    ("stage", "round_", "found"),
    [
        ("REPORTING", "0", False), ("CHALLENGE", "0", False), ("CHALLENGE", "1", True), ("COMMIT", "0", True),
        ("REVEAL", "1", True), ("RULING", "0", True), ("FINAL", "3", False),
    ],
)  # fmt: skip
def test_is_disputed__by_stage_and_round(stage: str, round_: str, found: bool) -> None:
    assert is_disputed({"stage": stage, "round": round_}) is found


def test_reported_already__stops_before_the_sources_are_asked(tmp_path: Path) -> None:
    writer = funded()
    writer.open(EXPIRY_AT + 2)
    writer.report(LIAR, PRICE, ETHER, EXPIRY_AT + 3)
    service = FakeService(writer)
    assert service.account(address_of(LIAR))["locks"]
    stops(service, tmp_path, "has reported on this expiry already")


def test_closed__is_told_apart_from_brakes(open_: Make, tmp_path: Path) -> None:
    with pytest.raises(Closed, match="window closed"):
        run(open_(), tmp_path, now=EXPIRY_AT + 52)
