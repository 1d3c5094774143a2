"""The outcome does not depend on when a scheduler ran; no window runs while nobody could act (promise 4, I-9)."""

from dataclasses import replace

import pytest
from django.db import OperationalError, transaction
from structlog.testing import capture_logs

from ledger import selectors
from ledger.services import Overdrawn
from oracle.models import Act, Beat, BookHead, Expiry
from oracle.services import effects, time
from oracle.services.due import ExpiryStuck
from oracle.services.funding import pay_out
from oracle.services.opening import open_expiry
from oracle.services.time import beat, pass_time
from protocol.acts import Refusal
from protocol.payouts import settle
from protocol.terms import Terms
from tests.cast import ETHER, NO_EVIDENCE, person
from tests.flows.conftest import list_short_expiry
from tests.flows.following import assert_followed
from tests.flows.story import LIE, OPENS_AT, PRICE, START, WINDOW, assert_sound, tick_along


def report_all(expiry: Expiry) -> None:
    for name in ("alice", "bob", "carol"):
        assert person(name).report(expiry.id, PRICE, ETHER, OPENS_AT + 1).refusal is None


@pytest.mark.parametrize("times", [1, 3])
def test_tick__run_any_number_of_times__one_outcome(opened: Expiry, times: int) -> None:
    report_all(opened)
    for now in range(OPENS_AT + 1, OPENS_AT + 2 * WINDOW + 100, 100):
        for _ in range(times):
            pass_time(now=now)
            beat(now=now)
    assert_sound(opened)
    assert (opened.price, opened.final_at) == (PRICE, OPENS_AT + 2 * WINDOW)
    assert Act.objects.filter(kind="Final").count() == 1


def test_scheduler__never_ran__next_act_processes_what_was_due(opened: Expiry) -> None:
    """Only beats went out; nobody passed time (C-6). A pledge at the deadline is late all the same."""
    report_all(opened)
    BookHead.objects.update(life_at=OPENS_AT + 2 * WINDOW - 1)
    late = person("mallory").pledge(opened.id, 1, LIE, ETHER, OPENS_AT + 2 * WINDOW)
    assert late.refusal is Refusal.WRONG_STAGE
    assert_sound(opened)
    assert (opened.stage, opened.final_at) == ("FINAL", OPENS_AT + 2 * WINDOW)


def test_last_and_first_second_of_a_window(opened: Expiry) -> None:
    """C-37: an interval is [open, deadline)."""
    report_all(opened)
    end = OPENS_AT + WINDOW
    tick_along(OPENS_AT + 1, end - 2)
    assert person("dave").report(opened.id, PRICE, ETHER, end - 1).refusal is None
    assert person("erin").report(opened.id, PRICE, ETHER, end).refusal is Refusal.WRONG_STAGE
    tick_along(end, end + WINDOW - 2)
    assert person("mallory").pledge(opened.id, 1, LIE, ETHER, end + WINDOW - 1).refusal is None
    assert_sound(opened)


def test_service_away__gap_becomes_an_outage__window_is_whole(opened: Expiry) -> None:
    """C-16: down in the middle of the challenge, back long after its deadline: nothing was decided meanwhile."""
    report_all(opened)
    tick_along(OPENS_AT + 1, OPENS_AT + WINDOW + 100)
    away_from, back_at = OPENS_AT + WINDOW + 100, OPENS_AT + 30 * 86_400
    pass_time(now=back_at)
    opened.refresh_from_db()
    assert opened.stage == "CHALLENGE"
    assert opened.deadline == OPENS_AT + 2 * WINDOW + (back_at - away_from)
    outage = Act.objects.get(kind="Outage")
    assert (outage.message["from"], outage.message["to"]) == (str(away_from), str(back_at))
    assert_sound(opened)
    assert person("mallory").pledge(opened.id, 1, LIE, ETHER, back_at + 1).refusal is None
    tick_along(back_at + 1, back_at + WINDOW)
    assert_sound(opened)
    assert opened.price == PRICE


def test_gap__of_exactly_180_seconds__is_no_outage(opened: Expiry) -> None:
    report_all(opened)
    beat(now=OPENS_AT + 181)
    assert not Act.objects.filter(kind="Outage").exists()
    beat(now=OPENS_AT + 181 + 181)
    assert Act.objects.filter(kind="Outage").count() == 1
    assert_sound(opened)


def test_deadline_before_the_gap__is_processed_before_it(opened: Expiry) -> None:
    report_all(opened)
    tick_along(OPENS_AT + 1, OPENS_AT + 2 * WINDOW - 1)
    beat_at = OPENS_AT + 2 * WINDOW
    BookHead.objects.update(life_at=beat_at, clock=beat_at)
    pass_time(now=beat_at + 10_000)
    assert_sound(opened)
    assert (opened.stage, opened.final_at) == ("FINAL", beat_at)
    assert not Act.objects.filter(kind="Outage").exists()


def test_decided_without_an_entry__then_away__the_outage_does_not_reach_back_over_it(opened: Expiry) -> None:
    """A tick or a refusal leaves a beat: else the gap after a crash would begin before what it decided."""
    report_all(opened)
    tick_along(OPENS_AT + 1, OPENS_AT + WINDOW - 50)
    pass_time(now=OPENS_AT + WINDOW + 50)
    opened.refresh_from_db()
    assert opened.stage == "CHALLENGE"
    assert (
        person("dave").report(opened.id, PRICE, ETHER, OPENS_AT + WINDOW + 90).refusal is Refusal.WRONG_STAGE
    )
    pass_time(now=OPENS_AT + WINDOW + 5_000)
    outage = Act.objects.get(kind="Outage")
    assert outage.message["from"] == str(OPENS_AT + WINDOW + 90)
    assert_sound(opened)


def test_clock__stepped_back_over_a_deadline__does_not_undo_it(opened: Expiry) -> None:
    """C-18: the service's clock never goes back, whatever the host's does."""
    report_all(opened)
    tick_along(OPENS_AT + 1, OPENS_AT + WINDOW)
    answer = person("dave").report(opened.id, PRICE, ETHER, OPENS_AT + 30)
    assert answer.refusal is Refusal.WRONG_STAGE
    assert answer.receipt is not None and answer.receipt.message["at"] == OPENS_AT + WINDOW
    assert_sound(opened)


def test_two_expiries__due_together__one_order_for_everybody(scheduled: Expiry, terms: Terms) -> None:
    other = list_short_expiry(Terms.from_json({**terms.to_json(), "fee_ppm": "1"}), slug="other")
    tick_along(START, OPENS_AT)
    for expiry in (scheduled, other):
        open_expiry(expiry_id=expiry.id, block=1, value_secured=0, now=OPENS_AT)
    tick_along(OPENS_AT, OPENS_AT + 3 * WINDOW)
    assert_sound(scheduled, other)
    assert scheduled.stage == other.stage == "COMMIT", "nobody reported, so both are voted on"
    first, second = sorted((scheduled, other), key=lambda expiry: expiry.id)
    assert first.electorate_weight == 30 * ETHER
    assert second.electorate_weight == 30 * ETHER - 3 * 3 * ETHER, "less what the first may still cut"


def test_tick__killed_between_two_transactions__the_rest_is_not_an_hour_late(
    scheduled: Expiry, terms: Terms, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two are due in one second, the first is final, then nobody comes for an hour: no outage reaches back over it."""
    expiries = [scheduled, list_short_expiry(replace(terms, fee_ppm=1), slug="eth-usd-second")]
    tick_along(START, OPENS_AT)
    for expiry in expiries:
        open_expiry(expiry_id=expiry.id, block=1, value_secured=0, now=OPENS_AT)
    for expiry in expiries:
        report_all(expiry)
    end = OPENS_AT + 2 * WINDOW
    tick_along(OPENS_AT + 1, end - 1)
    monkeypatch.setattr(time, "AT_ONCE", 1)
    with monkeypatch.context() as patch:
        looks = iter([True])
        patch.setattr(time, "_anything_due", lambda now: next(looks))
        with pytest.raises(StopIteration):
            pass_time(now=end)
    assert sorted(Expiry.objects.values_list("stage", flat=True)) == ["CHALLENGE", "FINAL"]
    pass_time(now=end + 3600)
    assert set(Expiry.objects.values_list("stage", "final_at")) == {("FINAL", end)}
    assert not Act.objects.filter(kind="Outage").exists()
    assert_sound(*expiries)
    assert_followed(end + 3600)


def test_unbonding__delay_over__free_without_any_scheduler(scheduled: Expiry, settings) -> None:  # type: ignore[no-untyped-def]
    settings.UNBONDING_DELAY = 1_000
    person("vera").unstake(10 * ETHER, START + 1)
    assert selectors.balances(person("vera").address)["unbonding"] == 10 * ETHER
    pass_time(now=START + 1_000)
    assert selectors.balances(person("vera").address)["free"] == 90 * ETHER
    assert person("vera").stake(100 * ETHER, START + 1_001).refusal is None
    assert_sound(scheduled)


def test_beat__signs_the_head_of_the_book(scheduled: Expiry) -> None:
    first = beat(now=START + 60)
    assert first is not None and first.seq == BookHead.objects.get().seq
    assert beat(now=START + 60) is None, "two beats may ring: one per second is enough"
    assert Beat.objects.count() == 1


def test_tick__ends_a_silence__a_beat_at_once_says_that_nobody_objected(opened: Expiry) -> None:
    """Attestors sign no silence without a beat at or after its end."""
    report_all(opened)
    end = OPENS_AT + 2 * WINDOW
    tick_along(OPENS_AT + 1, end - 1)
    pass_time(now=end)
    opened.refresh_from_db()
    assert opened.stage == "FINAL"
    assert Beat.objects.get(at=end).seq == Act.objects.get(kind="Final").seq


def test_opening__refused_when_something_else_was_due__book_goes_on(opened: Expiry) -> None:
    """Two workers open the same expiry; meanwhile a deadline has passed, and its Final stands in the book."""
    report_all(opened)
    end = OPENS_AT + 2 * WINDOW
    for now in range(OPENS_AT + 1, end, 100):
        beat(now=now)
    second = open_expiry(expiry_id=opened.id, block=1, value_secured=0, now=end)
    assert second is Refusal.WRONG_STAGE
    assert person("dave").stake(ETHER, end + 1).refusal is None
    assert_sound(opened)
    assert opened.stage == "FINAL"


def test_claim__paid_after_a_deadline__leaves_a_sign_of_life(opened: Expiry) -> None:
    """Else the outage after a crash reaches back over the deadline that was processed with it."""
    report_all(opened)
    withdrawal = person("dave").send("Withdrawal", {"amount": ETHER, "nonce": 1}, OPENS_AT + 1)
    assert withdrawal.refusal is None
    tick_along(OPENS_AT + 1, OPENS_AT + WINDOW - 50)
    claim = {"account": person("dave").address, "amount": ETHER, "tx": NO_EVIDENCE, "log_index": 0}
    assert pay_out(**claim, now=OPENS_AT + WINDOW + 50)
    opened.refresh_from_db()
    assert opened.stage == "CHALLENGE"
    assert not pay_out(**claim, now=OPENS_AT + WINDOW + 60)
    pass_time(now=OPENS_AT + WINDOW + 5_000)
    assert Act.objects.get(kind="Outage").message["from"] == str(OPENS_AT + WINDOW + 50)
    assert_sound(opened)
    assert_followed(OPENS_AT + WINDOW + 5_000)


def test_silence__while_nothing_runs__ends_with_a_beat(scheduled: Expiry) -> None:
    """There is no expiry to write an outage for, but who follows the book must see when it was heard again."""
    pass_time(now=START + 1_000)
    assert Beat.objects.get().at == START + 1_000


def test_payment__fails_inside_the_lock__all_stands_still_and_goes_on_whole(
    opened: Expiry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A defect that makes a FINAL raise stops the book rather than let others act on what it owes. Nothing is half
    done, and the silence is everybody's outage: no window has run meanwhile."""
    report_all(opened)
    final_at = OPENS_AT + 2 * WINDOW
    tick_along(OPENS_AT + 1, final_at - 20)
    entries, total = Act.objects.count(), selectors.balance("free:" + person("dave").address)
    with monkeypatch.context() as broken:
        broken.setattr(effects, "settle", lambda *_: 1 // 0)
        for now in (final_at, final_at + 60, final_at + 120):
            for attempt in (
                lambda now=now: beat(now=now),
                lambda now=now: pass_time(now=now),
                lambda now=now: person("dave").stake(ETHER, now),
            ):
                with capture_logs() as logs, pytest.raises(ExpiryStuck), transaction.atomic():
                    attempt()
                (line,) = logs
                assert (line["event"], line["log_level"]) == ("expiry.stuck", "critical")
                assert (line["expiry"], line["deadline"]) == (opened.slug, final_at)
    assert (Act.objects.count(), selectors.balance("free:" + person("dave").address)) == (entries, total)
    back = final_at + 600
    assert person("mallory").pledge(opened.id, 1, LIE, ETHER, back).refusal is None, "there are 20 s left"
    tick_along(back, back + 20)
    assert_sound(opened)
    assert (opened.stage, opened.final_at) == ("FINAL", back + 20)
    assert_followed(back + 20)


def test_payment__more_than_is_there__is_refused_by_the_ledger_and_named(
    opened: Expiry, monkeypatch: pytest.MonkeyPatch
) -> None:
    report_all(opened)
    final_at = OPENS_AT + 2 * WINDOW
    tick_along(OPENS_AT + 1, final_at - 20)
    monkeypatch.setattr(
        effects, "settle", lambda *folded: replace(settle(*folded), treasury=settle(*folded).treasury + 1)
    )
    with pytest.raises(ExpiryStuck, match=opened.slug) as stuck, transaction.atomic():
        pass_time(now=final_at)
    assert isinstance(stuck.value.__cause__, Overdrawn)


def test_payment__the_database_goes_away__is_no_fault_of_the_expiry(
    opened: Expiry, monkeypatch: pytest.MonkeyPatch
) -> None:
    report_all(opened)
    final_at = OPENS_AT + 2 * WINDOW
    tick_along(OPENS_AT + 1, final_at - 20)

    def gone(*_: object) -> None:
        raise OperationalError("terminating connection")

    monkeypatch.setattr(effects, "settle", gone)
    with capture_logs() as logs, pytest.raises(OperationalError), transaction.atomic():
        pass_time(now=final_at)
    assert logs == []
