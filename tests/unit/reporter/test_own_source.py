"""The operator's own program or address as the source of an index: what it is asked, what it may answer."""

import json
import re
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import requests

from protocol.evidence import document
from protocol.hashing import keccak, to_hex
from reporter.asking import MAX_ANSWER, NoAnswer
from reporter.commands import parser
from reporter.own_source import OwnSource, parse_answer
from reporter.quote import Quote, Sources, read_quote
from reporter.stop import Stop

AT = 1_790_000_000
UNIT = 10**18
SPEC: dict[str, Any] = {"pair": "ETH/USD", "min_price": "1", "max_price": str(10**27), "tick": str(10**16)}


def answer(*observations: tuple[str, int, str]) -> str:
    """The answer that says these (source, seconds after the instant, price)."""
    return json.dumps({
        "observations": [{"source": who, "instant": str(AT + at), "price": price} for who, at, price in observations]
    })  # fmt: skip


def says(text: str, timeout: int = 5) -> OwnSource:
    return runs(f"print({text!r}, end='')", timeout)


def runs(code: str, timeout: int = 5) -> OwnSource:
    """A source that runs these words of Python."""
    return OwnSource((sys.executable, "-c", code), None, timeout)


def quote(own: OwnSource, venues: tuple[str, ...] = (), **changes: Any) -> Quote:
    return read_quote(SPEC | changes, Sources(Path("absent"), venues, own), AT)


THREE = ("Kraken", 0, "2500.111"), ("Coinbase", -3, "2510"), ("Bitstamp", 2, "2499")


def test_own_source__index_that_says_nothing_of_how__is_the_median_on_its_tick_and_says_so() -> None:
    found = quote(says(answer(*THREE)))
    assert (found.price, found.ages) == (250011 * UNIT // 100, (0, 3, 2))
    assert found.way == "median of 3, rounded half_up; the index does not say how"


@pytest.mark.parametrize(
    "changes", [{"combine": "mean"}, {"rounding": "down"}, {"combine": "median", "rounding": "half_even"}]
)
def test_own_source__index_that_combines_otherwise__is_refused_in_words(changes: dict[str, str]) -> None:
    with pytest.raises(Stop, match=r"known are median and half_up: work the price out as it says"):
        quote(says(answer(*THREE)), **changes)


def test_own_source__observations__are_those_of_the_evidence_with_the_answer_s_hash() -> None:
    text = answer(*THREE)
    found = quote(says(text))
    made = [each for reading in found.readings for each in reading.observations]
    document(expiry="0x" + "11" * 32, price=found.price, observations=made)
    assert made[1] == {
        "source": "Coinbase", "instant": str(AT - 3), "price": str(2510 * UNIT), "raw": to_hex(keccak(text.encode()))
    }  # fmt: skip
    assert found.answer == text.encode()


def test_own_source__is_asked_with_index_and_instant_as_the_price_check_is(tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    code = f"import sys; open({str(seen)!r}, 'w').write(sys.stdin.read()); print({answer(*THREE)!r})"
    quote(runs(code))
    assert json.loads(seen.read_text()) == {"index": SPEC, "instant": str(AT)}


def test_own_source__spec_names_an_instant_of_its_own__that_is_observed(tmp_path: Path) -> None:
    found = quote(says(answer(("Kraken", 0, "1"))), instant=str(AT + 30))
    assert (found.instant, found.ages) == (AT + 30, (30,))


def test_own_source__window__is_the_mean_of_all_that_was_seen_in_it() -> None:
    found = quote(says(answer(("A", -60, "1"), ("A", 0, "4"), ("A", -120, "2"))), window="180", tick="1")
    assert found.readings[0].price == Fraction(7, 3)
    assert found.ages == (60,)


@pytest.mark.parametrize(
    ("observations", "age"),
    [([("A", -60, "1"), ("A", 0, "1")], 120), ([("A", -120, "1"), ("A", -60, "1")], 60), ([("A", -100, "1")], 100)],
)
def test_own_source__window_with_holes__is_as_old_as_its_longest_hole(
    observations: list[tuple[str, int, str]], age: int
) -> None:
    assert quote(says(answer(*observations)), window="180").ages == (age,)


@pytest.mark.parametrize(
    ("observations", "changes", "words"),
    [
        ([("A", 0, "1"), ("A", -1, "1")], {}, "A: 2 observations, and the index has no window"),
        ([("A", 0, "1"), ("A", 0, "1")], {"window": "60"}, "two observations of one second"),
        ([("A", 1, "1")], {"window": "60"}, "outside the index's window"),
        ([("A", -60, "1")], {"window": "60"}, "outside the index's window"),
        ([("A", 0, "1")], {"window": "an hour"}, "no number of seconds"),
        ([("A", 0, "1")], {"instant": "noon"}, "no unix second"),
        ([("A", 0, "1")], {"sources": ["B", {"venue": "C"}]}, "the index has no venue 'A'; it has B, C"),
        ([("A", 0, "1")], {"sources": "the usual"}, "a form that is not known"),
        ([("A", 0, "1")], {"sources": [{"name": "A"}]}, "a form that is not known"),
        ([("A", 0, "0")], {}, "price is zero"),
        ([], {}, "no source of the index said anything"),
    ],
)
def test_own_source__not_what_the_index_asks_for__stops_with_words(
    observations: list[tuple[str, int, str]], changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(Stop, match=words):
        quote(says(answer(*observations)), **changes)


def test_own_source__chosen_venues__leave_the_others_out() -> None:
    found = quote(says(answer(*THREE)), ("Kraken",), sources=["Kraken", "Coinbase", "Bitstamp"])
    assert [each.venue for each in found.readings] == ["Kraken"]


ONE = '{"source": "A", "instant": "1", "price": "1"}'


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "[]", "7", "null", '{"observations": 7}', f'{{"observations": [{ONE}], "more": 1}}',
        '{"observations": [7]}',
        '{"observations": [{"source": "A", "instant": "1"}]}',
        '{"observations": [{"source": "A", "instant": 1, "price": "1"}]}',
        '{"observations": [{"source": "A", "instant": "253402300800", "price": "1"}]}',
        '{"observations": [{"source": "A", "instant": "1", "price": 1.5}]}',
        '{"observations": [{"source": "A", "instant": "1", "price": "NaN"}]}',
        '{"observations": [{"source": "A", "instant": "1", "price": "1e999999999"}]}',
        '{"observations": [{"source": "A", "instant": "1", "price": "-1"}]}',
        '{"observations": [{"source": "<b>", "instant": "1", "price": "1"}]}',
        '{"observations": [{"source": "A", "instant": "1", "price": "1", "raw": "0x"}]}',
        f'{{"observations": [{", ".join([ONE] * 501)}]}}',
    ],
)  # fmt: skip
def test_answer__not_in_form__stops_and_shows_the_form(text: str) -> None:
    with pytest.raises(Stop, match='such as {"observations"'):
        parse_answer(text.encode())


@pytest.mark.parametrize(
    ("own", "words"),
    [
        (runs("raise SystemExit(3)"), "the source failed: CalledProcessError"),
        (runs("import time; time.sleep(30)", timeout=1), "the source did not answer within 1 s"),
        (runs(f"print('x' * {MAX_ANSWER})"), f"the source answered with more than {MAX_ANSWER} bytes"),
    ],
)
def test_own_source__no_answer__may_come_later(own: OwnSource, words: str) -> None:
    with pytest.raises(NoAnswer, match=words):
        quote(own)


def test_own_source__no_such_program__stops_and_names_it() -> None:
    with pytest.raises(Stop, match="cannot be run: /no/such/program") as stopped:
        quote(OwnSource(("/no/such/program",), None, 5))
    assert not isinstance(stopped.value, NoAnswer), "nobody should wait for it"


def test_docs__answer_and_options__are_what_the_programs_take() -> None:
    text = (Path(__file__).resolve().parents[3] / "docs" / "reporting.md").read_text()
    (shown,) = re.findall(r"^\{\"observations\".*$", text, re.MULTILINE)
    assert [each.source for each in parse_answer(shown.encode())] == ["Kraken", "Coinbase"]
    commands = parser()._subparsers._group_actions[0].choices  # type: ignore[union-attr, index]
    known = {option for name in ("report", "watch", "prices") for option in commands[name]._option_string_actions}
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", text)) <= known


class Answer:
    """As much of an HTTP answer as is read."""

    def __init__(self, status: int, content: bytes) -> None:
        self.status_code, self.content = status, content

    def __enter__(self) -> "Answer":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def iter_content(self, size: int) -> list[bytes]:
        return [self.content[at : at + size] for at in range(0, len(self.content), size)]


def test_own_source__address__is_asked_the_same_by_post(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, Any]] = []

    def post(url: str, question: bytes, **_: Any) -> Answer:
        asked.append((url, json.loads(question)))
        return Answer(200, answer(*THREE).encode())

    monkeypatch.setattr(requests, "post", post)
    own = OwnSource(None, "http://own.test/price", 5)
    assert quote(own).price == 250011 * UNIT // 100
    assert asked == [("http://own.test/price", {"index": SPEC, "instant": str(AT)})]
    for status, content, words in ((503, b"", "answered 503"), (200, b"x" * (MAX_ANSWER + 1), "more than")):
        monkeypatch.setattr(requests, "post", lambda *_, s=status, c=content, **__: Answer(s, c))
        with pytest.raises(NoAnswer, match=words):
            quote(own)


def test_built_in__index_without_recordings__says_how_to_name_a_source() -> None:
    for sources, words in (([{"venue": "A", "type": "api"}], "A: no source of type 'api'"), ([], "names no sources")):
        with pytest.raises(Stop, match=f"{words}.*--source-command"):
            read_quote(SPEC | {"sources": sources}, Sources(Path("absent")), AT)
