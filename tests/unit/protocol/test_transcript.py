"""Transcripts: whole stories pass, and whatever is changed in them fails where it was changed."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from protocol.merkle import payouts_root
from protocol.messages import SEALED_FIELDS
from protocol.replay import Difference
from protocol.signing import address_of
from protocol.terms import ETHER
from protocol.transcript import verify
from tests.unit.protocol.story import (
    DAY,
    EXPIRY_AT,
    LATER,
    LIAR,
    PRICE,
    REPORTERS,
    TERMS,
    VOTERS,
    Story,
    key,
    reported,
    ruled,
    voted,
)

Path = tuple[Any, ...]


def through_json(document: dict[str, Any]) -> dict[str, Any]:
    result: dict[str, Any] = json.loads(json.dumps(document))
    return result


VOTED = through_json(voted().document(LATER))
RULED = through_json(ruled().document(LATER))
SILENT = through_json(reported().document(LATER))


@pytest.mark.parametrize(
    ("document", "decided_by", "acts"),
    [(VOTED, "vote", 16), (RULED, "ruling", 4), (SILENT, "silence", 4)],
    ids=["voted", "ruled", "silent"],
)
def test_verify__honest_story__passes(document: dict[str, Any], decided_by: str, acts: int) -> None:
    verdict = verify(document)
    assert (verdict.passed, verdict.reason, verdict.acts) == (True, "", acts)
    assert verdict.outcome == document["outcome"]
    assert document["outcome"]["decided_by"] == decided_by
    assert str(verdict).startswith(f"PASS head {verdict.head}, price 25000")


def test_verify__voted_story__pays_to_the_wei() -> None:
    """Each escalation doubled; the liar's 18 ether go to the right ones, the voters and the treasury."""
    outcome = VOTED["outcome"]
    payouts = {account: int(amount) for account, amount in outcome["payouts"].items()}
    changes = {account: int(change) for account, change in outcome["stake_changes"].items()}
    staked = 3 * ETHER + 6 * ETHER + 9 * ETHER + 12 * ETHER
    assert payouts[address_of(LIAR)] == 0
    assert sum(payouts.values()) + int(outcome["treasury"]) + sum(changes.values()) == staked + ETHER
    assert int(outcome["treasury"]) == 18 * ETHER // 5 // 2
    assert changes[address_of(VOTERS[2])] == -32 * ETHER * 5 // 100
    assert outcome["payouts_root"] == payouts_root(payouts)


@pytest.mark.parametrize("acts", range(1, 16))
def test_verify__story_still_running__passes_at_every_step(acts: int) -> None:
    story = voted()
    story.acts = story.acts[:acts]
    at = int(story.acts[-1]["at"])
    if acts == 8:  # the ballot is open and its Electorate act not there yet
        with pytest.raises(Difference, match="no Electorate act"):
            story.document(at)
        return
    document = story.document(at)
    assert set(document["outcome"]) == {"stage", "head", "at"}
    verdict = verify(through_json(document))
    assert verdict.passed, verdict
    assert str(verdict).startswith("PASS")
    assert "no price yet" in str(verdict)


def test_verify__deadline_passed_since_last_act__stage_of_its_own_time() -> None:
    document = reported().document(EXPIRY_AT + DAY + 5)
    assert document["outcome"]["stage"] == "CHALLENGE"
    assert verify(document).passed


def test_verify__nothing_happened__passes_as_scheduled() -> None:
    document = Story().document(EXPIRY_AT)
    assert (document["outcome"]["stage"], document["raised"]) == ("SCHEDULED", None)
    assert verify(document).passed


def test_build__value_secured__raises_the_terms() -> None:
    story = Story()
    story.opened(value_secured=1_000 * ETHER)
    document = story.document(story.at)
    assert int(document["raised"]["min_challenge_bond"]) == 17 * int(document["terms"]["min_challenge_bond"])
    assert verify(document).passed


# ---------------------------------------------------------------- one thing changed


def leaves(value: Any, path: Path = ()) -> Iterator[Path]:
    children: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    if not children:
        yield path
    for name, child in children:
        yield from leaves(child, (*path, name))


def changed(value: Any) -> Any:
    """Another value of the same form, so that only its meaning can give it away."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, str) and value.startswith("0x"):
        middle = len(value) // 2
        return value[:middle] + ("1" if value[middle] != "1" else "2") + value[middle + 1:]
    if isinstance(value, str) and value.isdigit():
        return str(int(value) + 1)
    return "x"


def set_at(document: Any, path: Path, value: Any) -> Any:
    if not path:
        return value
    copied: Any = copy.copy(document)
    copied[path[0]] = set_at(document[path[0]], path[1:], value)
    return copied


def get_at(document: dict[str, Any], path: Path) -> Any:
    value: Any = document
    for step in path:
        value = value[step]
    return value


def expected_place(document: dict[str, Any], path: Path) -> int | None:
    if path[0] == "acts":
        return int(path[1])
    if path[0] == "domain":
        return 0
    kinds = [act["kind"] for act in document["acts"]]
    return kinds.index("Electorate") if path[0] == "electorate" and len(path) > 1 else None


@pytest.mark.parametrize("document", [VOTED, RULED, SILENT], ids=["voted", "ruled", "silent"])
def test_verify__any_one_value_changed__fails_where_it_was_changed(document: dict[str, Any]) -> None:
    for path in leaves(document):
        verdict = verify(set_at(document, path, changed(get_at(document, path))))
        assert not verdict.passed, path
        assert verdict.act_index == expected_place(document, path), (path, str(verdict))
        assert verdict.reason


@pytest.mark.parametrize("junk", [None, True, 1.5, -1, "", "007", "٣", "\ud800", [], {}, [[]], {"a": {}}])
def test_verify__any_one_thing_replaced_by_junk__fails_and_never_raises(junk: Any) -> None:
    for path in {leaf[:depth] for leaf in leaves(RULED) for depth in range(len(leaf) + 1)}:
        if get_at(RULED, path) != junk:
            assert not verify(set_at(RULED, path, junk)).passed, path


def test_verify__any_one_key_left_out_or_added__fails() -> None:
    objects = {path[:depth] for path in leaves(RULED) for depth in range(len(path))}
    for path in objects:
        if not isinstance(get_at(RULED, path), dict):
            continue
        for name in list(get_at(RULED, path)):
            document = copy.deepcopy(RULED)
            del get_at(document, path)[name]
            assert not verify(document).passed, (path, name)
        document = copy.deepcopy(RULED)
        get_at(document, path)["unknown"] = "1"
        assert not verify(document).passed, path


@pytest.mark.parametrize("place", range(16))
def test_verify__an_act_removed__fails_at_the_one_that_follows(place: int) -> None:
    document = copy.deepcopy(VOTED)
    del document["acts"][place]
    verdict = verify(document)
    assert (verdict.passed, verdict.act_index) == (False, place if place < 15 else None)


@pytest.mark.parametrize("place", range(15))
def test_verify__two_acts_swapped__fails_at_the_first(place: int) -> None:
    document = copy.deepcopy(VOTED)
    acts = document["acts"]
    acts[place], acts[place + 1] = acts[place + 1], acts[place]
    verdict = verify(document)
    assert (verdict.passed, verdict.act_index) == (False, place)
    assert verdict.seq == acts[place]["seq"]


@pytest.mark.parametrize("place", range(1, 17))
def test_verify__an_act_inserted__fails_at_it(place: int) -> None:
    document = copy.deepcopy(VOTED)
    document["acts"].insert(place, copy.deepcopy(document["acts"][0]))
    verdict = verify(document)
    assert (verdict.passed, verdict.act_index) == (False, place)


def test_verify__book_leaves_out_an_entry_between_consecutive_ones__fails() -> None:
    """Two receipts that follow each other in the book must chain."""
    story = Story()
    story.opened()
    story.book = "0x" + "77" * 32
    story.report(REPORTERS[0], PRICE)
    verdict = verify(story.document(story.at))
    assert (verdict.passed, verdict.act_index) == (False, 1)
    assert "receipt says book" in verdict.reason


# ---------------------------------------------------------------- sealed reports


def sealed_story() -> Story:
    story = reported()
    for act in story.acts[1:]:
        for name in SEALED_FIELDS["Report"]:
            del act["message"][name]
    return story


def test_verify__reports_sealed_while_reporting__passes() -> None:
    story = sealed_story()
    document = story.document(story.at)
    assert document["sealed"] is True
    assert verify(through_json(document)).passed


def test_verify__sealed_report_of_another__fails() -> None:
    story = sealed_story()
    document = story.document(story.at)
    document["acts"][2]["message"]["account"] = address_of(LIAR)
    assert verify(document).act_index == 2


def test_build__reports_sealed_when_reporting_has_closed__raises() -> None:
    with pytest.raises(Difference, match="still sealed"):
        sealed_story().document(EXPIRY_AT + DAY)


# ---------------------------------------------------------------- size


def test_verify__two_thousand_acts__in_a_second_or_two() -> None:
    """Per act two recoveries and a fold that does not grow: 10,000 acts take five times as long."""
    story = Story(TERMS)
    story.opened()
    who = [key(1_000 + number) for number in range(2_000)]
    for number, each in enumerate(who):
        story.report(each, PRICE + number, bond=ETHER // 10)
    verdict = verify(story.document(LATER))
    assert verdict.passed
    assert verdict.acts == 2_001
