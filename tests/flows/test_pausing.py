"""Two operators pause intake: the book stands still, and every window gets the time back (docs/time.md)."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from desk.kinds import KINDS
from operators.kinds import NotPossible
from operators.models import Proposal
from operators.services.proposals import HOLD_SECONDS
from oracle.models import Act, Beat, BookHead, Expiry
from oracle.services import pausing
from oracle.services.book import BookPaused
from oracle.services.events import place_waiting
from oracle.services.funding import credit, deposit, pay_out
from oracle.services.opening import open_expiry
from oracle.services.time import beat, pass_time
from oracle.tasks import beat as beat_task
from tests.cast import ETHER, person
from tests.flows.following import assert_followed
from tests.flows.story import LIE, OPENS_AT, PRICE, WINDOW, assert_sound, tick_along
from tests.two_people import agree, carry_out, decide, outcome

PAUSED = OPENS_AT + WINDOW + 100
"""In the middle of the challenge."""


@pytest.fixture
def challenged(opened: Expiry) -> Expiry:
    for name in ("alice", "bob", "carol"):
        assert person(name).report(opened.id, PRICE, ETHER, OPENS_AT + 1).refusal is None
    tick_along(OPENS_AT + 1, PAUSED)
    opened.refresh_from_db()
    assert opened.stage == "CHALLENGE"
    return opened


def book_of(expiry: Expiry) -> tuple[object, ...]:
    """All that a pause leaves as it is."""
    expiry.refresh_from_db()
    head = BookHead.objects.values("seq", "book", "at", "clock", "life_at").get()
    return head, Beat.objects.count(), Act.objects.count(), expiry.stage, expiry.deadline, expiry.head


def test_pause__over_a_deadline__moves_it_by_exactly_the_gap(challenged: Expiry) -> None:
    before = challenged.deadline
    assert before is not None
    assert decide("pause_intake", {}, PAUSED).startswith("paused since ")
    assert pausing.paused_since() == PAUSED
    still = book_of(challenged)
    for now in (PAUSED + 1, before, before + 5_000):
        for write in (
            lambda now=now: person("mallory").pledge(challenged.id, 1, LIE, ETHER, now),
            lambda now=now: person("mallory").stake(1, now),
            lambda now=now: beat(now=now),
            lambda now=now: deposit(account=person("dave").address, amount=1, now=now),
            lambda now=now: credit(
                account=person("dave").address, amount=1, block=1, tx="0x1", log_index=0, now=now
            ),
            lambda now=now: pay_out(account=person("dave").address, amount=1, tx="0x1", log_index=0, now=now),
            lambda now=now: open_expiry(expiry_id=challenged.id, block=1, value_secured=0, now=now),
        ):
            with pytest.raises(BookPaused, match="no window runs meanwhile"):
                write()
    with pytest.raises(BookPaused):
        pass_time(now=before + 5_000)
    assert place_waiting(now=before + 5_000) > 0, "what people are told is no entry"
    assert book_of(challenged) == still
    resumed = before + 5_000
    assert decide("resume_intake", {}, resumed) == f"resumed after {resumed - PAUSED} s, an outage"
    outage = Act.objects.get(kind="Outage", expiry=challenged)
    assert (outage.message["from"], outage.message["to"]) == (str(PAUSED), str(resumed))
    challenged.refresh_from_db()
    assert (challenged.stage, challenged.deadline) == ("CHALLENGE", before + resumed - PAUSED)
    assert person("mallory").pledge(challenged.id, 1, LIE, ETHER, resumed + 1).refusal is None
    tick_along(resumed + 1, resumed + 2 * WINDOW)
    assert_sound(challenged)
    assert_followed(resumed + 2 * WINDOW)
    assert challenged.price == PRICE


def test_resume__before_the_pause_is_an_outage__waits_until_it_is_one(challenged: Expiry) -> None:
    """Else windows would have run for up to three minutes in which nobody could act."""
    decide("pause_intake", {}, PAUSED)
    proposal = agree("resume_intake", {}, PAUSED + 10)
    for now in (PAUSED + 10, PAUSED + 180):
        carry_out(now)
        assert (outcome(proposal), pausing.paused_since()) == ("", PAUSED)
    carry_out(PAUSED + 181)
    assert outcome(proposal) == "resumed after 181 s, an outage"
    assert Act.objects.filter(kind="Outage").count() == 1
    assert_sound(challenged)


def test_pause__what_is_due_by_then__is_decided_first(challenged: Expiry) -> None:
    """Nobody can keep a deadline from passing by pausing behind it."""
    end = challenged.deadline
    assert end is not None
    tick_along(PAUSED, end - 20)
    decide("pause_intake", {}, end)
    challenged.refresh_from_db()
    assert (challenged.stage, challenged.final_at, challenged.price) == ("FINAL", end, PRICE)
    assert Beat.objects.filter(at=end).exists()
    assert pausing.paused_since() == end


def test_pause__tasks_and_people__hear_that_it_is_meant(
    challenged: Expiry, monkeypatch: pytest.MonkeyPatch
) -> None:
    decide("pause_intake", {}, PAUSED)
    monkeypatch.setattr("oracle.clock.now", lambda: PAUSED + 60)
    assert beat_task().startswith("BookPaused: Intake is paused by the operators since ")


def test_pause__twice_or_resume_without__not_possible(challenged: Expiry) -> None:
    with pytest.raises(NotPossible, match="not paused"):
        agree("resume_intake", {}, PAUSED)
    first = agree("pause_intake", {}, PAUSED)
    with pytest.raises(NotPossible, match="proposed already"):
        agree("pause_intake", {}, PAUSED)
    carry_out(PAUSED)
    assert outcome(first).startswith("paused since")
    with pytest.raises(NotPossible, match="paused already"):
        agree("pause_intake", {}, PAUSED + 1)


def test_pause__somebody_else_paused_in_between__is_not_done(challenged: Expiry) -> None:
    proposal = agree("pause_intake", {}, PAUSED)
    pausing.pause(now=PAUSED)
    carry_out(PAUSED + 1)
    assert outcome(proposal) == "not done: intake is paused already"
    proposal = agree("resume_intake", {}, PAUSED + 200)
    pausing.resume(now=PAUSED + 200)
    carry_out(PAUSED + 201)
    assert outcome(proposal) == "not done: intake is not paused"


def test_pause__worker_dies_before_or_after_its_commit__is_paused_once(
    challenged: Expiry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever takes over after the lease does the rest; what was resumed meanwhile is not paused again."""
    proposal = agree("pause_intake", {}, PAUSED)
    with monkeypatch.context() as dying:
        dying.setattr(pausing, "pause", _dies)
        with pytest.raises(KeyboardInterrupt):
            carry_out(PAUSED)
    carry_out(PAUSED + 1)
    assert (outcome(proposal), pausing.paused_since()) == ("", None), "another worker is at it"
    late = PAUSED + HOLD_SECONDS
    carry_out(late)
    assert outcome(proposal).startswith("paused since")
    assert pausing.paused_since() == late
    pausing.resume(now=late + 200)
    KINDS["pause_intake"].carry_out(Proposal.objects.get(pk=proposal.pk), late + 201)
    assert pausing.paused_since() is None, "a slow worker comes back to what has ended"


def test_database__the_clock_moves_during_a_pause__refused(challenged: Expiry) -> None:
    """A process of an older version, that knows of no pause, cannot move the book either."""
    pausing.pause(now=PAUSED)
    for columns in ({"clock": PAUSED + 60, "life_at": PAUSED + 60}, {"clock": PAUSED + 1}, {"life_at": 0}):
        with pytest.raises(IntegrityError, match="paused_stands"), transaction.atomic():
            BookHead.objects.update(**columns)


def _dies(*, now: int) -> int:
    raise KeyboardInterrupt
