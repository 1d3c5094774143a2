"""The attestor's own price check: what it is asked, what it holds back, who lets it go."""

import json
import sys
from pathlib import Path

import pytest

from protocol.signing import address_of
from reporter import __main__
from reporter.attest.alarms import Alarms
from reporter.attest.config import AlarmConfig, PriceCheckConfig
from reporter.attest.pricing import ROUND_SECONDS, Doubts, PriceCheck
from reporter.attest.program import Attestor
from tests.unit.protocol.story import DOMAIN, EXPIRY_AT, PRICE
from tests.unit.reporter.test_grounds import ATTESTOR, Scene


def check(code: str, bps: int = 100, timeout: int = 5) -> PriceCheck:
    """A check that runs these words of Python."""
    return PriceCheck(PriceCheckConfig((sys.executable, "-c", code), None, bps, timeout))


def says(answer: str) -> PriceCheck:
    return check(f"print({answer!r})")


def attestor(scene: Scene, found: PriceCheck | None) -> Attestor:
    doubts = Doubts(scene.follower.store.folder, found)
    return Attestor(scene.service, ATTESTOR, DOMAIN, scene.context, doubts=doubts)


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    found = Scene(tmp_path).catch_up()
    found.propose(found.item)
    return found


def posted(scene: Scene) -> list[str]:
    """What was handed in: `signed`, or the words of a refusal."""
    return [body.get("refusal") or "signed" for _, body in scene.service.posts]


@pytest.mark.parametrize(
    "answer", ['{"price": "2500"}', '{"price": "2475.3"}', '{"price": "2525"}', '{"within": true}']
)
def test_check__agrees__is_signed(scene: Scene, answer: str) -> None:
    attestor(scene, says(answer)).round(scene.closes + 2)
    assert posted(scene) == ["signed"]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("print('{\"price\": \"2475\"}')", "2,475.00 lies 102 bps off, over 100"),
        ("print('{\"within\": false}')", "not within its bounds"),
        ("print('{\"price\": 2500}')", "answered with neither"),
        ("print('{\"price\": \"0\"}')", "answered with neither"),
        ("print('{\"price\": \"NaN\"}')", "answered with neither"),
        ("print('[]')", "answered with neither"),
        ("print('{')", "answered with neither"),
        ("raise SystemExit(3)", "failed: CalledProcessError"),
        ("import time; time.sleep(30)", "did not answer within 1 s"),
    ],
)
def test_check__differs_or_fails__is_held_and_told_once(scene: Scene, code: str, words: str) -> None:
    one = attestor(scene, check(code, timeout=1 if "sleep" in code else 5))
    for second in (2, 3):
        one.round(scene.closes + second)
    (said,) = posted(scene)
    assert said.startswith(f"held: expiry {scene.item['expiry']}: ")
    assert words in said
    attestor(scene, says('{"within": true}')).round(scene.closes + 4)
    assert posted(scene) == [said], "a restart neither tells it again nor lets it go"
    assert len(one.doubts.waiting()) == 1


def test_check__no_such_program__is_held(scene: Scene) -> None:
    attestor(scene, PriceCheck(PriceCheckConfig(("/no/such/program",), None, 5, 5))).round(scene.closes + 2)
    assert "failed: FileNotFoundError" in posted(scene)[0]


def test_check__is_asked_with_index_instant_and_price(scene: Scene, tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    code = f"import sys; open({str(seen)!r}, 'a').write(sys.stdin.read() + chr(10)); print('{{\"within\": true}}')"
    one = attestor(scene, check(code))
    one.round(scene.closes + 2)
    one.round(scene.closes + 3)
    (line,) = seen.read_text().splitlines()
    asked = json.loads(line)
    assert (asked["instant"], asked["price"]) == (str(EXPIRY_AT), str(PRICE // 10**18) + ".00")
    assert asked["index"]["name"] == "ETH/USD"


def test_check__grounds_refuse__is_not_asked(scene: Scene, tmp_path: Path) -> None:
    scene.service.published.clear()
    scene.propose(scene.item | {"price": 1})
    attestor(scene, check(f"open({str(tmp_path / 'asked')!r}, 'w'); print('{{\"within\": true}}')")).round(
        scene.closes + 2
    )
    assert posted(scene)[0].startswith("wrong_price")
    assert not (tmp_path / "asked").exists()


def test_check__round_s_time_is_up__waits_and_says_nothing(scene: Scene) -> None:
    ticks = iter([0.0, ROUND_SECONDS + 1.0, ROUND_SECONDS + 2.0, ROUND_SECONDS + 3.0])
    one = attestor(scene, None)
    one.doubts = Doubts(scene.follower.store.folder, says('{"within": true}'), clock=lambda: next(ticks))
    one.round(scene.closes + 2)
    assert posted(scene) == []
    one.round(scene.closes + 3)
    assert posted(scene) == ["signed"]


def decide(scene: Scene, tmp_path: Path, action: str, expiry: str) -> int:
    key = tmp_path / "unused"
    options = ["--key-file", str(key), "--rpc-url", "http://n", "--state-dir", str(scene.follower.store.folder)]
    return __main__.main(["attest", action, expiry, *options])


def test_release__by_a_person__is_signed_then(
    scene: Scene, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one = attestor(scene, says('{"within": false}'))
    one.round(scene.closes + 2)
    assert decide(scene, tmp_path, "release", "0x" + "ab" * 32) == 1
    assert f"held there: {scene.item['expiry']}" in capsys.readouterr().err
    assert decide(scene, tmp_path, "release", scene.item["expiry"]) == 0
    assert "released: 2,500.00" in capsys.readouterr().out
    one.round(scene.closes + 3)
    assert posted(scene)[1:] == ["signed"]
    assert one.doubts.waiting() == []


def test_refuse__by_a_person__is_for_good(scene: Scene, tmp_path: Path) -> None:
    one = attestor(scene, says('{"within": false}'))
    one.round(scene.closes + 2)
    assert decide(scene, tmp_path, "refuse", scene.item["expiry"]) == 0
    assert decide(scene, tmp_path, "release", scene.item["expiry"]) == 1
    one.round(scene.closes + 3)
    assert posted(scene)[1].startswith("refused_by_person: ")


def test_release__another_attempt__is_looked_at_again(scene: Scene, tmp_path: Path) -> None:
    one = attestor(scene, says('{"within": false}'))
    one.round(scene.closes + 2)
    decide(scene, tmp_path, "release", scene.item["expiry"])
    scene.service.published.clear()
    scene.chain.attempt = 1
    scene.propose(scene.item | {"attempt": 1})
    one.round(scene.closes + 3)
    assert "signed" not in posted(scene)


def test_alarm__same_words__command_once_with_the_words(tmp_path: Path) -> None:
    out, said = tmp_path / "out", list[str]()
    code = f"import sys; open({str(out)!r}, 'a').write(sys.stdin.read())"
    alarms = Alarms(said.append, AlarmConfig((sys.executable, "-c", code), 10))
    for _ in range(3):
        alarms.raise_("held", "look at it")
    alarms.wait()
    assert out.read_text() == "held: look at it\n"
    assert said == ["ALARM held: look at it"]
    alarms.clear("held")
    alarms.raise_("held", "look at it")
    alarms.wait()
    assert out.read_text().count("look") == 2
    assert alarms.count == 2


def test_alarm__command_fails__is_said_and_nothing_else_happens() -> None:
    said: list[str] = []
    alarms = Alarms(said.append, AlarmConfig(("/no/such/program",), 10))
    alarms.raise_("held", address_of("0x" + "11" * 32))
    alarms.wait()
    assert said[1:] == ["the alarm's command failed: FileNotFoundError"]
