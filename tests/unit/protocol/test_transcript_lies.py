"""A service that lies with all signatures right: the law finds the act that it would not have taken."""

import copy

import pytest

from protocol.replay import Difference
from protocol.signing import address_of, digest, sign
from protocol.terms import ETHER, Terms
from protocol.transcript import Verdict, verify
from tests.unit.protocol.story import (
    CROWD,
    DAY,
    DOMAIN,
    EXPIRY_AT,
    GUARDIANS,
    LATER,
    LIAR,
    PRICE,
    REPORTERS,
    SERVICE,
    VOTERS,
    WRONG,
    Story,
    reported,
    ruled,
    voted,
)

VOTED = voted().document(LATER)
RULED = ruled().document(LATER)
SILENT = reported().document(LATER)


def lied(story: Story) -> Verdict:
    """Verify a story that the law does not allow, behind an honest document's other parts."""
    with pytest.raises(Difference):
        story.document(LATER)
    honest = Story(story.terms)
    electorate = {account: str(stake) for account, stake in story.electorate.items()}
    return verify({**honest.document(EXPIRY_AT), "electorate": electorate, "acts": story.acts})


def expect(story: Story, place: int, words: str) -> None:
    verdict = lied(story)
    assert (verdict.passed, verdict.act_index) == (False, place), verdict
    assert words in verdict.reason


def test_verify__opened_before_the_instant__fails() -> None:
    story = Story()
    story.opened(at=EXPIRY_AT - 1)
    expect(story, 0, "wrong_stage")


def test_verify__report_before_opened__fails() -> None:
    story = Story()
    story.report(REPORTERS[0], PRICE)
    story.opened(at=EXPIRY_AT + 5)
    expect(story, 0, "wrong_stage")


def test_verify__late_report__fails() -> None:
    story = reported()
    story.report(LIAR, PRICE, at=EXPIRY_AT + DAY)
    expect(story, 4, "wrong_stage")


def test_verify__time_goes_back__fails() -> None:
    story = reported()
    story.report(LIAR, PRICE, at=EXPIRY_AT + 1)
    expect(story, 4, "before the act ahead of it")


def test_verify__act_taken_twice__fails() -> None:
    story = reported()
    for _ in range(2):
        message = {
            "account": address_of(LIAR), "round": 1, "price": WRONG, "amount": ETHER, "evidence": "0x" + "00" * 32,
            "nonce": 1, "until": 2**256 - 1,
        }
        story.add("Pledge", message, [LIAR], at=EXPIRY_AT + DAY + 1)
    expect(story, 5, "second time")


def test_verify__another_expirys_act__fails() -> None:
    story = Story()
    story.opened()
    story.add("Report", {
        "account": address_of(LIAR), "price": PRICE, "bond": ETHER, "evidence": "0x" + "00" * 32,
        "salt": "0x" + "00" * 32, "expiry": "0x" + "e1" * 32,
    }, [LIAR])
    expect(story, 1, "another expiry")


def test_verify__signed_by_another__fails() -> None:
    story = Story()
    story.opened()
    story.report(REPORTERS[0], PRICE)
    story.acts[1]["signatures"] = [sign(LIAR, story.acts[1]["digest"])]
    verdict = verify(story.document(story.at))
    assert verdict.act_index == 1
    assert "one signature, by" in verdict.reason


def test_verify__receipt_signed_by_another__fails() -> None:
    story = Story()
    story.opened()
    receipt = story.acts[0]["receipt"]
    message = {**receipt["message"], "seq": 1, "at": EXPIRY_AT}
    receipt["signature"] = sign(LIAR, digest(DOMAIN, "Receipt", message))
    verdict = verify(story.document(story.at))
    assert verdict.act_index == 0
    assert "receipt is signed by" in verdict.reason


def test_verify__short_silence_as_outage__fails() -> None:
    story = reported()
    story.outage(story.at, story.at + 180)
    expect(story, 4, "longer than 180 s")
    story.acts.pop()
    story = reported()
    story.outage(story.at, story.at + 181)
    assert verify(story.document(story.at)).passed


def test_verify__outage_recorded_before_its_end__fails() -> None:
    story = reported()
    story.add("Outage", {"from": story.at, "to": story.at + 600}, [SERVICE], at=story.at + 599)
    expect(story, 4, "before the outage ended")


def test_verify__outage_over_an_act__fails() -> None:
    story = reported()
    story.outage(story.at - 1, story.at + 600)
    expect(story, 4, "bad_outage")


def test_verify__outage_before_opening__passes() -> None:
    story = Story()
    story.outage(EXPIRY_AT - 10, EXPIRY_AT + 600)
    story.opened(at=EXPIRY_AT + 600)
    assert verify(story.document(story.at)).passed


@pytest.mark.parametrize(
    ("guardians", "words"),
    [
        (GUARDIANS[:1], "2 needed"),
        ([GUARDIANS[0]] * 2, "2 needed"),
        ([*GUARDIANS[:2], LIAR], "no guardian"),
        ([], "2 needed"),
    ],
)
def test_verify__ruling_without_k_guardians__fails(guardians: list[str], words: str) -> None:
    story = ruled()
    story.acts.pop()
    story.ruling(PRICE, guardians)
    verdict = verify({**RULED, "acts": story.acts})
    assert verdict.act_index == 3
    assert words in verdict.reason


def test_verify__ruling_where_terms_name_no_guardians__fails() -> None:
    """A threshold of 0 lets nobody rule; it must not let everybody."""
    story = Story(Terms(service=address_of(SERVICE)))
    story.opened()
    story.electorate_taken(at=EXPIRY_AT + 3 * DAY + 5)
    story.ruling(PRICE, [])
    verdict = verify(story.document(LATER))
    assert verdict.act_index == 2
    assert "1 needed" in verdict.reason


def challenged_to_a_ballot() -> Story:
    story = reported()
    story.pledge(LIAR, 1, WRONG, 99 * ETHER, at=EXPIRY_AT + DAY + 10)
    story.pledge(CROWD[0], 2, PRICE, 99 * ETHER)
    story.pledge(LIAR, 3, WRONG, 99 * ETHER)
    return story


def test_verify__commit_without_electorate_act__fails() -> None:
    story = challenged_to_a_ballot()
    story.commit(VOTERS[0], 1, PRICE)
    expect(story, 7, "Electorate act does not stand before it")


def test_verify__electorate_act_before_the_ballot__fails() -> None:
    story = reported()
    story.electorate_taken()
    expect(story, 4, "before the first ballot")


def test_verify__second_electorate_act__fails() -> None:
    story = challenged_to_a_ballot()
    story.electorate_taken()
    story.electorate_taken()
    expect(story, 8, "second Electorate act")


def test_verify__electorate_of_another_entry__fails() -> None:
    story = challenged_to_a_ballot()
    story.seq -= 1
    message_seq = story.seq
    story.seq += 1
    story.add("Electorate", {"seq": message_seq, "root": "0x" + "00" * 32}, [SERVICE])
    expect(story, 7, "book's last entry before it")


@pytest.mark.parametrize("change", ["more", "less", "member", "none"])
def test_verify__wrong_electorate__fails_at_its_act(change: str) -> None:
    document = copy.deepcopy(VOTED)
    members = document["electorate"]
    first = next(iter(members))
    match change:
        case "more":
            members[first] = str(int(members[first]) + 1)
        case "less":
            del members[first]
        case "member":
            members[address_of(LIAR)] = "1"
        case "none":
            members[address_of(LIAR)] = "0"
    verdict = verify(document)
    assert (verdict.passed, verdict.act_index) == (False, 8), verdict


def test_verify__electorate_without_a_ballot__fails() -> None:
    verdict = verify({**SILENT, "electorate": {address_of(LIAR): "1"}})
    assert verdict.act_index is None
    assert "no ballot" in verdict.reason


def test_verify__final_before_its_deadline__fails() -> None:
    early = {**SILENT, "outcome": {**SILENT["outcome"], "final_at": str(EXPIRY_AT + 2 * DAY - 1)}}
    verdict = verify(early)
    assert verdict.act_index is None
    assert "stage" in verdict.reason


def test_verify__invalid_terms__fails_as_such() -> None:
    terms = {**VOTED["terms"], "min_reports": "0"}
    verdict = verify({**VOTED, "terms": terms})
    assert verdict.act_index is None
    assert "min_reports" in verdict.reason
