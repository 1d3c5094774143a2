"""`watch`: every expiry once, whatever happens in between, until a brake wants a person."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from protocol.entry import Entry
from protocol.signing import address_of, digest, parse, to_json
from protocol.terms import ETHER
from reporter import __main__, report_commands
from reporter.asking import NoAnswer
from reporter.brakes import Brakes
from reporter.keys import Key
from reporter.quote import Sources
from reporter.report import Reporter
from reporter.service import Problem, Unreachable
from reporter.stop import Stop
from reporter.watch import LOOK_SECONDS, MOST_WAIT, Watch, watch
from tests.unit.protocol.story import DOMAIN, EXPIRY_AT, REPORTERS, key
from tests.unit.protocol.test_book import SHORT, disputed, funded
from tests.unit.protocol.writer import Writer
from tests.unit.reporter.fake_service import FakeService
from tests.unit.reporter.test_own_source import answer, runs, says

NOW = EXPIRY_AT + 10
BOT = REPORTERS[0]
GOOD = answer(("A", 0, "2500"), ("B", 1, "2501"))


class Taking(FakeService):
    """Takes acts into its book, as the service does. `down` are the next answers: lost before or after taking."""

    def __init__(self, writer: Writer) -> None:
        super().__init__(writer)
        self.now = NOW
        self.down: list[str] = []

    def _ask(self, method: str, path: str, query: Any, body: Any) -> dict[str, Any]:
        if method == "POST" and self.down and path == self.down[0].split()[0]:
            _, when = self.down.pop(0).split()
            if when == "taken":
                super()._ask(method, path, query, body)
            raise Unreachable("gone")
        return super()._ask(method, path, query, body)

    def _receipt(self, act: dict[str, Any]) -> dict[str, Any]:
        message = parse(act["kind"], act["message"])
        signed, account = digest(DOMAIN, act["kind"], message), message["account"]
        taken = next((each for each in self.reports() if each.digest == signed), None)
        if taken is None:
            expiry = message["expiry"]
            if any((each.message["account"], each.expiry) == (account, expiry) for each in self.reports()):
                raise Problem(409, {"code": "already_reported", "detail": "no"})
            taken = self.writer.add("Report", message, [BOT], self.now)
        return {"receipt": {"message": to_json("Receipt", taken.receipt), "signature": taken.receipt_signature}}

    def reports(self) -> list[Entry]:
        return [each for each in self.writer.log if isinstance(each, Entry) and each.kind == "Report"]


@pytest.fixture
def service() -> Taking:
    """Two expiries of the index btc in REPORTING."""
    writer = funded((SHORT, SHORT))
    for expiry in writer.expiries:
        writer.open(EXPIRY_AT + 2, expiry)
    return Taking(writer)


def bot(service: Taking, folder: Path, *, text: str = GOOD, skip: Sequence[str] = (), **changes: Any) -> Watch:
    """The program as it begins; a second one over the same folder is a restart."""
    limits = {name: changes.pop(name) for name in list(changes) if name in Brakes.__annotations__}
    sources = Sources(folder, ("A", "B"), changes.pop("own", says(text)))
    fields: dict[str, Any] = {"bond": ETHER, "out": folder / "out", "sending": True} | changes
    reporter = Reporter(service, Key(BOT), sources=sources, brakes=Brakes(**limits), **fields)
    return Watch(reporter, ["btc"], skip)


@pytest.fixture(autouse=True)
def index(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = {"name": "BTC/USD", "min_price": "1", "max_price": str(10**27), "tick": "1"}
    monkeypatch.setattr("tests.unit.protocol.writer.INDEX", spec)


def files(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(path.read_text()) for path in sorted((folder / "out").glob("report-*.json"))]


# ---------------------------------------------------------------- once each


def test_round__two_that_take_reports__each_is_reported_once(service: Taking, tmp_path: Path) -> None:
    one = bot(service, tmp_path)
    for second in range(3):
        one.round(NOW + second)
    bot(service, tmp_path).round(NOW + 3)
    assert [each.expiry for each in service.reports()] == service.writer.expiries
    assert {each.message["price"] for each in service.reports()} == {25005 * ETHER // 10}
    assert [(each["handed_in"], each["receipt"]["message"]["code"]) for each in files(tmp_path)] == [(True, "")] * 2
    assert len(service.posts) == 4, "two acts and their evidence"


def test_round__reported_from_elsewhere__is_left_alone(service: Taking, tmp_path: Path) -> None:
    service.writer.report(BOT, ETHER, ETHER, NOW)
    bot(service, tmp_path).round(NOW)
    assert [each.expiry for each in service.reports()] == service.writer.expiries


def test_round__service_refuses_what_it_has__goes_on(
    service: Taking, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A replica may be behind: the law is what lets nobody report twice."""
    service.writer.report(BOT, ETHER, ETHER, NOW)
    plain = service.account
    monkeypatch.setattr(service, "account", lambda address: {**plain(address), "locks": []})
    bot(service, tmp_path).round(NOW)
    assert [each.expiry for each in service.reports()] == service.writer.expiries
    assert sorted(each.get("refusal", "") for each in files(tmp_path)) == ["", "already_reported"]


def test_round__other_refusal__stops(service: Taking, tmp_path: Path) -> None:
    service.refuse_with = "insufficient_balance"
    service._receipt = lambda act: FakeService._receipt(service, act)  # type: ignore[method-assign]
    with pytest.raises(Problem, match="insufficient_balance"):
        bot(service, tmp_path).round(NOW)


def test_round__skipped_by_id__is_not_reported(service: Taking, tmp_path: Path) -> None:
    first, second = service.writer.expiries
    bot(service, tmp_path, skip=[first]).round(NOW)
    assert [each.expiry for each in service.reports()] == [second]


def test_round__window_closes_meanwhile__says_so_and_goes_on(
    service: Taking, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bot(service, tmp_path).round(EXPIRY_AT + 52)
    assert capsys.readouterr().out.count("window closed") == 2
    assert service.reports() == []


def test_round__unknown_index__stops(service: Taking, tmp_path: Path) -> None:
    one = bot(service, tmp_path)
    one.indices = ["bct"]
    with pytest.raises(Stop, match="no expiry of an index bct"):
        one.round(NOW)


# ---------------------------------------------------------------- whatever is lost in between


@pytest.mark.parametrize("restarts", [True, False])
@pytest.mark.parametrize("lost", ["acts taken", "acts away"])
def test_answer_lost__same_report_again_and_its_receipt_and_evidence_kept(
    service: Taking, tmp_path: Path, lost: str, restarts: bool
) -> None:
    service.down = [lost]
    one = bot(service, tmp_path)
    with pytest.raises(Unreachable):
        one.round(NOW)
    (kept,) = files(tmp_path)
    assert "receipt" not in kept
    (bot(service, tmp_path) if restarts else one).round(NOW + 1)
    assert [each.expiry for each in service.reports()] == service.writer.expiries
    assert kept["digest"] in {each.digest for each in service.reports()}, "the same report, with the same salt"
    assert [each["handed_in"] for each in files(tmp_path) if each["receipt"]] == [True, True]
    evidence = {body["document"]["expiry"] for path, body in service.posts if path == "evidence"}
    assert evidence == set(service.writer.expiries)


def test_evidence_lost__restart_hands_it_in(service: Taking, tmp_path: Path) -> None:
    service.down = ["evidence away"]
    bot(service, tmp_path).round(NOW)
    assert sum("handed_in" in each for each in files(tmp_path)) == 1
    bot(service, tmp_path).round(NOW + 1)
    assert all(each["handed_in"] for each in files(tmp_path))
    assert len(service.reports()) == 2


def test_unanswered__sources_say_something_else_now__stops(service: Taking, tmp_path: Path) -> None:
    service.down = ["acts away"]
    with pytest.raises(Unreachable):
        bot(service, tmp_path).round(NOW)
    with pytest.raises(Stop, match=r"holds a report of 2,500\.50 that got no answer: send it by `resend`"):
        bot(service, tmp_path, text=GOOD.replace("2501", "2502")).round(NOW)
    assert service.reports() == []


def test_unanswered__a_brake_holds__is_not_sent_again(service: Taking, tmp_path: Path) -> None:
    service.down = ["acts away"]
    with pytest.raises(Unreachable):
        bot(service, tmp_path).round(NOW)
    with pytest.raises(Stop, match="to keep"):
        bot(service, tmp_path, keep=100 * ETHER).round(NOW)
    assert service.reports() == []


def test_unanswered__window_is_over__the_answer_is_kept(service: Taking, tmp_path: Path) -> None:
    service.down = ["acts taken"]
    with pytest.raises(Unreachable):
        bot(service, tmp_path).round(NOW)
    for number in (1, 2):
        service.writer.report(REPORTERS[number], 2500 * ETHER, ETHER, NOW)
    service.writer.beats_until(EXPIRY_AT + 300)
    bot(service, tmp_path).round(EXPIRY_AT + 300)
    (kept,) = files(tmp_path)
    assert kept["receipt"]["message"]["digest"] == kept["digest"]


# ---------------------------------------------------------------- brakes


def test_balance_low__reports_until_then_and_stops(service: Taking, tmp_path: Path) -> None:
    with pytest.raises(Stop, match=r"99\.0 ether to keep: deposit 1\.0 ether more"):
        bot(service, tmp_path, keep=99 * ETHER).round(NOW)
    assert len(service.reports()) == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (answer(("A", 0, "2500"), ("B", 61, "2500")), "B is stale by 1 s"),
        (answer(("A", 0, "2500"), ("B", 0, "2600")), "apart"),
        (answer(("A", 0, "2500")), "1 of at least 2 sources answered, nothing of B"),
        ("what?", "answered with something else"),
    ],
)
def test_sources_stale_few_or_apart__stops(service: Taking, tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(Stop, match=words):
        bot(service, tmp_path, text=text).round(NOW)
    assert service.posts == []


def test_disputed__earlier_report__stops_before_the_next_bond(tmp_path: Path) -> None:
    writer = funded((SHORT, SHORT))
    writer.open(disputed(writer) + 1, writer.expiries[1])
    service, before = Taking(writer), 3
    with pytest.raises(Stop, match="is disputed"):
        bot(service, tmp_path).round(EXPIRY_AT + 55)
    assert len(service.reports()) == before
    service.now = EXPIRY_AT + 55
    bot(service, tmp_path, although_disputed=[writer.expiry]).round(service.now)
    assert len(service.reports()) == before + 1


def test_disputed__nothing_to_report__is_noticed_all_the_same(service: Taking, tmp_path: Path) -> None:
    one = bot(service, tmp_path)
    one.round(NOW)
    service.shown = {"stage": "COMMIT", "round": "1"}
    one.round(NOW + LOOK_SECONDS - 1)
    with pytest.raises(Stop, match="is disputed"):
        one.round(NOW + LOOK_SECONDS)


def test_source_silent_for_one__the_other_is_reported_and_it_is_tried_again(service: Taking, tmp_path: Path) -> None:
    code = f"import json, sys; json.load(sys.stdin)['instant'] != '{EXPIRY_AT}' or sys.exit(1); print({GOOD!r})"
    with pytest.raises(NoAnswer):
        bot(service, tmp_path, own=runs(code), max_age=61).round(NOW)
    assert [each.expiry for each in service.reports()] == service.writer.expiries[1:]


# ---------------------------------------------------------------- the loop


class Enough(Exception):
    """The test has seen what it wanted."""


class Rounds(Watch):
    """Rounds that end in these ways."""

    def __init__(self, *ends: Exception | None) -> None:
        self.ends, self.at = list(ends), list[int]()

    def round(self, now: int) -> bool:
        self.at.append(now)
        if not self.ends:
            raise Enough
        if problem := self.ends.pop(0):
            raise problem
        return False


def test_watch__trouble__waits_twice_as_long_each_time_up_to_a_bound_and_begins_anew(
    capsys: pytest.CaptureFixture[str],
) -> None:
    slept: list[int] = []
    gone = Unreachable("gone")
    with pytest.raises(Enough):
        watch(Rounds(*[gone] * 8, None, NoAnswer("silent")), every=60, once=False, clock=lambda: 7, sleep=slept.append)
    assert slept == [5, 10, 20, 40, 80, 160, MOST_WAIT, MOST_WAIT, 60, 5]
    assert "1970-01-01 00:00:07 UTC  gone; trying again in 5 s" in capsys.readouterr().out


def test_watch__brake__ends_it() -> None:
    with pytest.raises(Stop, match="look first"):
        watch(Rounds(Stop("look first")), every=60, once=False, clock=lambda: 7, sleep=lambda _: None)


def test_watch__once__ends_after_a_round_and_with_its_trouble(capsys: pytest.CaptureFixture[str]) -> None:
    watch(Rounds(None), every=60, once=True, clock=lambda: 7, sleep=lambda _: pytest.fail("slept"))
    assert "nothing to report" in capsys.readouterr().out
    with pytest.raises(Unreachable):
        watch(Rounds(Unreachable("gone")), every=60, once=True, clock=lambda: 7, sleep=lambda _: None)


@pytest.fixture
def arguments(tmp_path: Path, service: Taking, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setattr(report_commands, "Service", lambda url: service)
    monkeypatch.setattr(report_commands, "now", lambda: NOW)
    (tmp_path / "key").write_text(BOT)
    (tmp_path / "key").chmod(0o600)
    (tmp_path / "own.py").write_text(f"print({GOOD!r})")
    return [
        "watch", "--index", "btc", "--bond", "1ether", "--key-file", str(tmp_path / "key"), "--out",
        str(tmp_path / "out"), "--source-command", f"python3 '{tmp_path / 'own.py'}'",
    ]  # fmt: skip


def test_main__watch__dry_run_shows_all_and_writes_nothing(
    service: Taking, arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert __main__.main(arguments) == 0
    shown = capsys.readouterr().out
    assert (shown.count("dry run"), shown.count("2,500.50")) == (2, 2)
    assert service.posts == []
    assert not (tmp_path / "out").exists()


def test_main__watch__reports_and_a_brake_exits_1(
    service: Taking, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert __main__.main([*arguments, "--send", "--keep", "99ether"]) == 1
    assert "watch: the free balance does not cover the bond" in capsys.readouterr().err
    assert len(service.reports()) == 1
    assert __main__.main([*arguments, "--send", "--once"]) == 0
    assert [each.message["account"] for each in service.reports()] == [address_of(BOT)] * 2
    assert key(1) not in capsys.readouterr().out


@pytest.mark.parametrize(
    "more", [["--max-age", "-1"], ["--least-sources", "0"], ["--keep", "0.1.2"], ["--source-command", ""],
             ["--source-url", "http://own.test"]],
)  # fmt: skip
def test_main__watch__wrong_option__exit_2(arguments: list[str], more: list[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        __main__.main([*arguments, *more])
    assert stop.value.code == 2
