"""Proposals and the audit log under several workers at once, with real commits."""

from __future__ import annotations

from functools import partial

import pytest
from django.contrib.auth.models import User

from operators import audit
from operators.kinds import Details, Kind, Plan
from operators.models import AuditEntry, Proposal
from operators.services import proposals
from tests.race.test_acts_race import together

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
