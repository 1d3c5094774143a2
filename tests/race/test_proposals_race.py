"""Proposals and the audit log under several workers at once, with real commits."""

from __future__ import annotations

from functools import partial

import pytest
from django.contrib.auth.models import User

from desk.kinds import KINDS
from operators.kinds import Details, Kind, Plan
from operators.models import AuditEntry, Proposal
from operators.services import audit, proposals
from oracle.models import Act, BookHead, Index
from oracle.services import pausing
from oracle.services.book import BookPaused
from tests.cast import person
from tests.race.test_acts_race import together
from tests.two_people import agree, outcome

pytestmark = pytest.mark.django_db(transaction=True)
NOW = 1_000_000
WORKERS = 8


def test_carry_out__by_many_workers_at_once__is_done_by_one() -> None:
    done: list[int] = []

    def carry_out(proposal: Proposal, now: int) -> str:
        done.append(proposal.pk)
        return "done"

    def plan(details: Details, now: int) -> Plan:
        return Plan("hall", "It is done.")

    kind = Kind("do_it", "Do it", "It is done once.", plan, carry_out)
    one, two = (User.objects.create_user(name, is_staff=True) for name in ("one", "two"))
    made = proposals.propose(kind=kind, details={}, reason="why", by=one, now=NOW)
    proposals.approve(kind=kind, proposal_id=made.pk, seen=plan({}, NOW).hash, by=two, now=NOW)
    ended = together([partial(proposals.carry_out, {"do_it": kind}, now=NOW)] * WORKERS)
    assert done == [made.pk]
    assert sum(ended) == 1
    made.refresh_from_db()
    assert made.outcome == "done"


def test_propose_and_approve__by_many_at_once__are_taken_once() -> None:
    kind = Kind(
        "do_it", "Do it", "", lambda details, now: Plan("hall", "It is done."), lambda proposal, now: "done"
    )
    people = [User.objects.create_user(f"p{number}", is_staff=True) for number in range(WORKERS)]

    def propose(number: int) -> bool:
        try:
            proposals.propose(kind=kind, details={}, reason="why", by=people[number], now=NOW)
        except proposals.NotPossible:
            return False
        return True

    def approve(number: int) -> bool:
        made = Proposal.objects.get()
        try:
            proposals.approve(
                kind=kind, proposal_id=made.pk, seen=kind.plan({}, NOW).hash, by=people[number], now=NOW
            )
        except proposals.NotPossible:
            return False
        return True

    assert sum(together([partial(propose, number) for number in range(WORKERS)])) == 1
    assert sum(together([partial(approve, number) for number in range(WORKERS)])) == 1
    made = Proposal.objects.get()
    assert made.approved_by_id not in (None, made.proposed_by_id)


def test_record__by_many_at_once__is_one_chain_without_gaps() -> None:
    def record(number: int) -> None:
        for _ in range(20):
            audit.record("thing.happened", str(number), now=NOW)

    together([partial(record, number) for number in range(WORKERS)])
    assert AuditEntry.objects.count() == WORKERS * 20
    assert audit.verify(AuditEntry.objects.order_by("seq"), {}) == ""


def test_kinds_of_the_oracle__carried_out_by_many_past_any_lease__happen_once() -> None:
    """A worker that was taken for dead comes back while another one is at it."""
    spec = {"pair": "ETH/USD", "min_price": "1", "max_price": "9", "tick": "1"}
    listed = agree("list_index", {"slug": "eth-usd", "spec": spec}, NOW)
    together([partial(KINDS["list_index"].carry_out, listed, NOW)] * WORKERS)
    assert Index.objects.count() == 1
    paused = agree("pause_intake", {}, NOW)
    together([partial(KINDS["pause_intake"].carry_out, paused, NOW)] * WORKERS)
    assert outcome(paused).startswith("paused since ")
    resumed = agree("resume_intake", {}, NOW + 500)
    together([partial(KINDS["resume_intake"].carry_out, resumed, NOW + 500)] * WORKERS)
    assert outcome(resumed) == "resumed after 500 s, an outage"
    together([partial(KINDS["pause_intake"].carry_out, paused, NOW + 501)] * WORKERS)
    assert pausing.paused_since() is None
    ends = AuditEntry.objects.filter(what="proposal.ended").values_list("subject", flat=True)
    assert sorted(ends) == ["eth-usd", "intake", "intake"]


def test_pause_and_acts__at_once__no_entry_comes_after_the_pause() -> None:
    book_begins = person("dave")
    book_begins.deposit(10**18, NOW)

    def act(number: int) -> bool:
        try:
            return book_begins.stake(1, NOW + number).refusal is None
        except BookPaused:
            return False

    def pause() -> bool:
        pausing.pause(now=NOW + WORKERS)
        return True

    done = together([*(partial(act, number) for number in range(WORKERS)), pause])
    head = BookHead.objects.get()
    assert (head.paused_at, head.clock, head.life_at) == (NOW + WORKERS,) * 3
    assert Act.objects.filter(kind="Stake").count() == sum(done) - 1
    assert not Act.objects.filter(at__gt=NOW + WORKERS).exists()
