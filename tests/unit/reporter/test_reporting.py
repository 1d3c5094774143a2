"""`report`, `dispute`, `stake`, `vote` and `rule`: what stops them, what they send and what they keep."""

import json
from pathlib import Path
from typing import Any

import pytest

from protocol.canonical import json_hash
from protocol.entry import ZERO_WORD
from protocol.evidence import check
from protocol.signing import address_of, commitment, digest, parse, recover
from protocol.terms import ETHER
from protocol.transcript import verify as verify_transcript
from reporter import __main__, disputing
from reporter.brakes import Brakes
from reporter.keys import Key
from reporter.quote import Sources
from reporter.report import Reporter
from reporter.service import Problem
from reporter.stop import Stop
from tests.unit.protocol.story import (
    DOMAIN,
    EXPIRY_AT,
    GUARDIANS,
    LIAR,
    PRICE,
    REPORTERS,
    VOTERS,
    WRONG,
    voted,
)
from tests.unit.protocol.test_book import SHORT, disputed, funded, reported
from tests.unit.reporter.fake_service import FakeService
from tests.unit.reporter.test_prices import TWO, recorded

NOW = EXPIRY_AT + 10


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeService:
    """An expiry in REPORTING whose index names a recording of 10.50 in `tmp_path`."""
    spec = recorded(tmp_path, TWO) | {"min_price": "1", "max_price": str(10**27), "base": "BTC", "quote": "USD"}
    monkeypatch.setattr("tests.unit.protocol.writer.INDEX", spec)
    writer = funded()
    writer.open(EXPIRY_AT + 2)
    return FakeService(writer)


def run(service: FakeService, folder: Path, **changes: Any) -> None:
    """Report as LIAR, by limits, sources and fields of a Reporter that are changed."""
    now, price, expiry = changes.pop("now", NOW), changes.pop("price", None), changes.pop("expiry", None)
    sources = Sources(changes.pop("recordings", folder), changes.pop("venues", ()), changes.pop("own", None))
    limits = {name: changes.pop(name) for name in list(changes) if name in Brakes.__annotations__}
    own: dict[str, Any] = {"key": Key(LIAR), "bond": ETHER, "out": folder / "out", "sending": True} | changes
    reporter = Reporter(service, sources=sources, brakes=Brakes(**limits), **own)
    reporter.report(expiry or service.writer.expiry, now, price)


def test_report__dry_run__shows_all_and_sends_nothing(
    service: FakeService, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(service, tmp_path, sending=False)
    shown = capsys.readouterr().out
    expected = "BTC/USD", "1970-01-01 00:02:00 UTC", "10.50", "spread", "1.0 ether", "100.0 ether", "dry run"
    for words in expected:
        assert words in shown
    assert service.posts == []


def test_report__send__signs_this_price_and_keeps_act_evidence_and_receipt(
    service: FakeService, tmp_path: Path
) -> None:
    run(service, tmp_path)
    (path, act), handed_in = service.posts
    message = parse("Report", act["message"])
    assert (path, message["price"], message["bond"]) == ("acts", 105 * 10**17, ETHER)
    assert recover(digest(DOMAIN, "Report", message), act["signatures"][0]) == address_of(LIAR)
    kept = {each.name.split("-")[0]: json.loads(each.read_text()) for each in (tmp_path / "out").iterdir()}
    check(kept["evidence"])
    assert json_hash(kept["evidence"]) == message["evidence"]
    assert handed_in == ("evidence", {"document": kept["evidence"], "files": []})
    first, second = kept["evidence"]["observations"][:2]
    assert (first["instant"], first["price"]) == ("60", str(10 * ETHER))
    assert (second["instant"], second["price"]) == ("120", str(11 * ETHER))
    assert first["raw"] == second["raw"]
    assert kept["report"]["act"] == act
    assert kept["report"]["receipt"]["message"]["code"] == ""
    assert all(each.stat().st_mode & 0o077 == 0 for each in (tmp_path / "out").iterdir())


def test_report__price_by_hand__asks_no_source(service: FakeService, tmp_path: Path) -> None:
    run(service, tmp_path, price=WRONG, recordings=tmp_path / "absent")
    assert service.posts[0][1]["message"]["price"] == str(WRONG)


def test_report__nothing_seen_and_nothing_said__carries_no_evidence(service: FakeService, tmp_path: Path) -> None:
    run(service, tmp_path, price=WRONG)
    assert service.posts[0][1]["message"]["evidence"] == ZERO_WORD
    assert [path for path, _ in service.posts] == ["acts"]
    assert not list(tmp_path.rglob("evidence-*"))


@pytest.mark.parametrize(
    ("shown", "changes", "words"),
    [
        ({"stage": "CHALLENGE"}, {}, "in CHALLENGE"),
        ({}, {"now": EXPIRY_AT + 52}, "window closed"),
        ({}, {"bond": 3 * ETHER}, "bond must lie between"),
        ({}, {"bond": 1}, "bond must lie between"),
        ({}, {"price": 10**28}, "outside the index's bounds"),
        ({}, {"venues": ["B"]}, "no venue 'B'"),
    ],
)
def test_report__something_wrong__stops_before_signing(
    service: FakeService, tmp_path: Path, shown: dict[str, str], changes: dict[str, Any], words: str
) -> None:
    service.shown = shown
    with pytest.raises(Stop, match=words):
        run(service, tmp_path, **changes)
    assert service.posts == []


def test_report__balance_low__stops(service: FakeService, tmp_path: Path) -> None:
    service.writer.move("Withdrawal", LIAR, 100 * ETHER, EXPIRY_AT + 3)
    with pytest.raises(Stop, match=r"deposit 1\.0 ether more"):
        run(service, tmp_path)


def test_report__sources_disagree__stops(
    service: FakeService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [*TWO[:2], "B,1970-01-01T00:00Z,11", "B,1970-01-01T00:01Z,11"]
    spec = recorded(tmp_path, rows) | {"min_price": "1", "max_price": str(10**27)}
    spec["sources"].append(spec["sources"][0] | {"venue": "B"})
    monkeypatch.setattr("tests.unit.protocol.writer.INDEX", spec)
    service.writer = funded()
    service.writer.open(EXPIRY_AT + 2)
    with pytest.raises(Stop, match="apart"):
        run(service, tmp_path)
    run(service, tmp_path, max_spread_ppm=50_000)


def test_report__service_shows_other_terms__stops(service: FakeService, tmp_path: Path) -> None:
    service.shown = {"terms": SHORT.to_json() | {"report_window": "51"}}
    with pytest.raises(Stop, match="not those of expiry"):
        run(service, tmp_path)


def test_report__with_words_links_and_files__signs_and_hands_in_all_of_it(service: FakeService, tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_bytes(b"1,2")
    run(service, tmp_path, reason="see", links=["https://a.example/"], files=[table])
    (_, act), (_, handed_in) = service.posts
    found = handed_in["document"]
    assert act["message"]["evidence"] == json_hash(found)
    assert (found["words"], found["links"], found["files"][0]["name"]) == ("see", ["https://a.example/"], "table.csv")
    assert found["observations"], "with what the venues said"
    assert handed_in["files"] == ["MSwy"]


def test_report__a_file_that_is_none__stops_before_signing_also_in_a_dry_run(
    service: FakeService, tmp_path: Path
) -> None:
    (table := tmp_path / "table.csv").write_bytes(b"\xff")
    with pytest.raises(Stop, match="not in form: table.csv: text must be UTF-8"):
        run(service, tmp_path, files=[table], sending=False)
    assert service.posts == []


def test_report__refused__keeps_the_signed_refusal(service: FakeService, tmp_path: Path) -> None:
    service.refuse_with = "already_reported"
    with pytest.raises(Problem, match="already_reported"):
        run(service, tmp_path)
    kept = json.loads(next((tmp_path / "out").glob("report-*.json")).read_text())
    assert kept["refusal"] == "already_reported"
    assert kept["receipt"] == {"some": "receipt"}


def test_report__receipt_by_somebody_else__stops_and_keeps_it(service: FakeService, tmp_path: Path) -> None:
    service.receipt_key = LIAR
    with pytest.raises(Stop, match="receipt is signed by"):
        run(service, tmp_path)
    assert "bad_receipt" in json.loads(next((tmp_path / "out").glob("report-*.json")).read_text())


def test_report__answered_as_taken_with_a_signed_refusal__stops(service: FakeService, tmp_path: Path) -> None:
    """It proves nothing to anybody that the act was taken."""
    service.receipt_code = "wrong_stage"
    with pytest.raises(Stop, match="the receipt is a refusal: wrong_stage"):
        run(service, tmp_path)


def test_dispute__challenge__pledges_in_the_running_round(tmp_path: Path) -> None:
    writer = funded()
    writer.book.pass_time(reported(writer))
    service = FakeService(writer)
    disputing.dispute(
        service, Key(LIAR), expiry_id=writer.expiry, price=WRONG, amount=ETHER, until=NOW, reason="", out=tmp_path,
        sending=True,
    )  # fmt: skip
    message = service.posts[0][1]["message"]
    assert (message["round"], message["price"], message["until"]) == ("1", str(WRONG), str(NOW))


@pytest.mark.parametrize(
    ("simulated", "expected"),
    [
        ({}, ["2.4 ether", "would move", " 0.0 ether between holders"]),
        ({"moved_rated": None}, ["would move", "units of a series are not counted"]),
        ({"moved_unrated": [{"collateral": "0xcd", "amount": "9"}]}, ["and tokens without a rate: 0xcd"]),
        ({"dispute": None, "refusal": "off_tick", "refusal_means": "no"}, ["would be refused  off_tick: no"]),
    ],
)
def test_dispute__dry_run__shows_what_is_at_risk_and_gained(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], simulated: dict[str, Any], expected: list[str]
) -> None:
    writer = funded()
    writer.book.pass_time(reported(writer))
    service = FakeService(writer)
    service.simulated = simulated
    disputing.dispute(
        service, Key(LIAR), expiry_id=writer.expiry, price=WRONG, amount=ETHER, until=NOW, reason="", out=tmp_path,
        sending=False,
    )  # fmt: skip
    shown = capsys.readouterr().out
    for words in expected:
        assert words in shown
    if "dispute" not in simulated:
        for label in ("required now", "left to fill", "at risk        1.0 ether", "gain if right", "break-even"):
            assert label in shown
    assert service.posts == []


def test_dispute__with_links_and_files__signs_and_hands_in_all_of_it(tmp_path: Path) -> None:
    writer = funded()
    writer.book.pass_time(reported(writer))
    service = FakeService(writer)
    table = tmp_path / "table.csv"
    table.write_bytes(b"1,2")
    disputing.dispute(
        service, Key(LIAR), expiry_id=writer.expiry, price=WRONG, amount=ETHER, until=NOW, reason="see",
        out=tmp_path / "out", sending=True, links=["https://a.example/"], files=[table],
    )  # fmt: skip
    (_, act), (_, handed_in) = service.posts
    found = handed_in["document"]
    assert act["message"]["evidence"] == json_hash(found)
    assert (found["words"], found["links"], found["files"][0]["name"]) == ("see", ["https://a.example/"], "table.csv")
    assert handed_in["files"] == ["MSwy"]
    table.write_bytes(b"\xff")
    with pytest.raises(Stop, match="not in form: table.csv: text must be UTF-8"):
        disputing.dispute(
            service, Key(LIAR), expiry_id=writer.expiry, price=WRONG, amount=ETHER, until=NOW, reason="", out=tmp_path,
            sending=True, files=[table],
        )  # fmt: skip


def test_dispute__too_early__stops(service: FakeService, tmp_path: Path) -> None:
    with pytest.raises(Stop, match="CHALLENGE only"):
        disputing.dispute(
            service, Key(LIAR), expiry_id=service.writer.expiry, price=WRONG, amount=1, until=NOW, reason="",
            out=tmp_path, sending=True,
        )  # fmt: skip


@pytest.mark.parametrize("kind", ["Stake", "Unstake", "Withdrawal"])
def test_move__send__names_amount_and_a_fresh_nonce(service: FakeService, tmp_path: Path, kind: str) -> None:
    for _ in range(2):
        disputing.move(service, Key(LIAR), kind=kind, amount=7, out=tmp_path, sending=True)
    first, second = (act["message"] for _, act in service.posts)
    assert first["amount"] == "7"
    assert first["nonce"] != second["nonce"]


def test_vote__commit_and_reveal__open_each_other(tmp_path: Path) -> None:
    writer = funded()
    at = disputed(writer)
    service, voter = FakeService(writer), Key(VOTERS[0])
    disputing.commit_vote(service, voter, expiry_id=writer.expiry, price=PRICE, out=tmp_path, sending=True)
    writer.book.pass_time(at + 50)
    disputing.reveal_vote(service, voter, expiry_id=writer.expiry, out=tmp_path, sending=True)
    committed, revealed = (parse(act["kind"], act["message"]) for _, act in service.posts)
    opened = commitment(writer.expiry, 1, voter.address, revealed["price"], revealed["salt"])
    assert (revealed["price"], committed["commitment"]) == (PRICE, opened)


def test_vote__commit_again_for_another_price__stops(tmp_path: Path) -> None:
    writer = funded()
    disputed(writer)
    service, voter = FakeService(writer), Key(VOTERS[0])
    disputing.commit_vote(service, voter, expiry_id=writer.expiry, price=PRICE, out=tmp_path, sending=True)
    disputing.commit_vote(service, voter, expiry_id=writer.expiry, price=PRICE, out=tmp_path, sending=True)
    assert service.posts[0] == service.posts[1]  # a lost answer: the same vote, with the same salt
    with pytest.raises(Stop, match="move it away"):
        disputing.commit_vote(service, voter, expiry_id=writer.expiry, price=WRONG, out=tmp_path, sending=True)


def test_rule__two_shares__are_sent_as_one_act(service: FakeService, tmp_path: Path) -> None:
    for guardian in GUARDIANS[:2]:
        disputing.sign_ruling(
            service, Key(guardian), expiry_id=service.writer.expiry, price=PRICE, reason="why", out=tmp_path
        )
    shares = sorted(tmp_path.glob("ruling-*.json"))
    with pytest.raises(Stop, match="1 of 2 guardians"):
        disputing.send_ruling(service, shares[:1], out=tmp_path)
    disputing.send_ruling(service, shares, out=tmp_path)
    act = service.posts[0][1]
    signed = digest(DOMAIN, "Ruling", parse("Ruling", act["message"]))
    assert {recover(signed, each) for each in act["signatures"]} == {address_of(each) for each in GUARDIANS[:2]}


def test_rule__shares_of_two_rulings__stops(service: FakeService, tmp_path: Path) -> None:
    for guardian, price in zip(GUARDIANS[:2], (PRICE, WRONG), strict=True):
        disputing.sign_ruling(
            service, Key(guardian), expiry_id=service.writer.expiry, price=price, reason="why", out=tmp_path
        )
    with pytest.raises(Stop, match="another ruling"):
        disputing.send_ruling(service, sorted(tmp_path.glob("ruling-*.json")), out=tmp_path)


def test_rule__no_guardian__stops(service: FakeService, tmp_path: Path) -> None:
    with pytest.raises(Stop, match="no guardian"):
        disputing.sign_ruling(
            service, Key(REPORTERS[0]), expiry_id=service.writer.expiry, price=PRICE, reason="", out=tmp_path
        )



# ---------------------------------------------------------------- the command line


def test_main__verify_file__passes_or_fails_by_exit_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = voted().document(EXPIRY_AT + 60 * 86_400)
    assert verify_transcript(document).passed
    path = tmp_path / "t.json"
    path.write_text(json.dumps(document))
    assert __main__.main(["verify", str(path)]) == 0
    assert "PASS" in capsys.readouterr().out
    document["outcome"]["price"] = str(WRONG)
    path.write_text(json.dumps(document))
    assert __main__.main(["verify", str(path)]) == 1
    assert "FAIL" in capsys.readouterr().out


def test_main__bad_key_file__one_line_and_exit_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["stake", "--amount", "1ether", "--key-file", str(tmp_path / "absent")]
    assert __main__.main(arguments) == 1
    assert capsys.readouterr().err == f"stake: key file {tmp_path / 'absent'}: No such file or directory\n"


def test_main__prices__prints_the_demo_price(capsys: pytest.CaptureFixture[str]) -> None:
    demo = Path(__file__).resolve().parents[3] / "demo"
    assert __main__.main(["prices", "--index", str(demo / "index.json"), "--recordings", str(demo)]) == 0
    assert "17,891.07" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [[], ["report"], ["stake", "--amount", "-1", "--key-file", "k"], ["vote"]])
def test_main__wrong_usage__exit_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        __main__.main(arguments)
    assert stop.value.code == 2
    assert "usage" in capsys.readouterr().err


def test_vote__salt_derived__revealed_from_another_folder_by_key_and_price(tmp_path: Path) -> None:
    writer = funded()
    at = disputed(writer)
    service, voter = FakeService(writer), Key(VOTERS[0])
    here, there = tmp_path / "here", tmp_path / "there"
    disputing.commit_vote(
        service, voter, expiry_id=writer.expiry, price=PRICE, out=here, sending=True, derive=True
    )
    writer.book.pass_time(at + 50)
    with pytest.raises(Stop, match="--price"):
        disputing.reveal_vote(service, voter, expiry_id=writer.expiry, out=there, sending=True, derive=True)
    disputing.reveal_vote(
        service, voter, expiry_id=writer.expiry, out=there, sending=True, derive=True, price=PRICE
    )
    committed, revealed = (parse(act["kind"], act["message"]) for _, act in service.posts)
    opened = commitment(writer.expiry, 1, voter.address, revealed["price"], revealed["salt"])
    assert (revealed["price"], committed["commitment"]) == (PRICE, opened)
