"""The life of a proposal, whatever its kind: agreed to by hash, begun once, carried out until it has an outcome."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from django.contrib.auth.models import User

from operators.kinds import Change, Details, Kind, NotPossible, Plan
from operators.models import AuditEntry, Proposal
from operators.services import proposals
from operators.services.proposals import HOLD_SECONDS, LIFE_SECONDS

pytestmark = pytest.mark.django_db
NOW = 1_000_000


@dataclass
class Lamp:
    """Something to propose: a lamp that is switched over, in so many rounds."""

    lit: bool = False
    rounds: int = 1
    broken: str = ""
    tried: list[str] = field(default_factory=list)

    def plan(self, details: Details, now: int) -> Plan:
        if self.broken == "gone":
            raise NotPossible("there is no lamp")
        change = Change("lamp", "on" if self.lit else "off", "off" if self.lit else "on")
        return Plan(str(details["lamp"]), "It is switched over.", (change,))

    def carry_out(self, proposal: Proposal, now: int) -> str | None:
        self.tried.append(proposal.subject)
        if self.broken == "raises":
            raise RuntimeError("a bulb burst")
        if len(self.tried) < self.rounds:
            return None
        self.lit = not self.lit
        return "switched"

    @property
    def kind(self) -> Kind:
        return Kind("switch_lamp", "Switch a lamp", "It is on or off.", self.plan, self.carry_out)


@pytest.fixture
def lamp() -> Lamp:
    return Lamp()


@pytest.fixture
def one() -> User:
    return User.objects.create_user("one", is_staff=True)


@pytest.fixture
def two() -> User:
    return User.objects.create_user("two", is_staff=True)


def made(lamp: Lamp, one: User, name: str = "hall") -> Proposal:
    return proposals.propose(kind=lamp.kind, details={"lamp": name}, reason="it is dark", by=one, now=NOW)


def agreed(lamp: Lamp, proposal: Proposal, two: User) -> Proposal:
    seen = lamp.kind.plan(proposal.details, NOW).hash
    return proposals.approve(kind=lamp.kind, proposal_id=proposal.pk, seen=seen, by=two, now=NOW)


def rounds(lamp: Lamp, now: int = NOW) -> int:
    return proposals.carry_out({"switch_lamp": lamp.kind}, now=now)


def outcome(proposal: Proposal) -> str:
    proposal.refresh_from_db()
    return proposal.outcome


def test_proposal__approved__is_done_once_and_each_step_is_in_the_audit_log(
    lamp: Lamp, one: User, two: User
) -> None:
    proposal = made(lamp, one)
    assert rounds(lamp) == 0, "one alone wants it"
    agreed(lamp, proposal, two)
    assert rounds(lamp) == 1
    assert rounds(lamp) == 0
    assert (outcome(proposal), lamp.lit, proposal.begun_at, proposal.ended_at) == ("switched", True, NOW, NOW)
    steps = list(AuditEntry.objects.order_by("seq").values_list("what", "actor", "subject"))
    assert steps == [
        ("proposal.made", "staff:one", "hall"),
        ("proposal.approved", "staff:two", "hall"),
        ("proposal.ended", "service", "hall"),
    ]


def test_approve__another_plan_than_was_seen__refused(lamp: Lamp, one: User, two: User) -> None:
    proposal = made(lamp, one)
    seen = lamp.kind.plan(proposal.details, NOW).hash
    lamp.lit = True
    with pytest.raises(NotPossible, match="something else by now than what you saw"):
        proposals.approve(kind=lamp.kind, proposal_id=proposal.pk, seen=seen, by=two, now=NOW)


def test_carry_out__another_plan_than_was_approved__is_not_begun(lamp: Lamp, one: User, two: User) -> None:
    proposal = agreed(lamp, made(lamp, one), two)
    lamp.lit = True
    rounds(lamp)
    assert outcome(proposal) == "not done: it would do something else by now than what was approved"
    assert (lamp.tried, proposal.begun_at) == ([], None)


def test_carry_out__not_possible_any_more__ends_with_the_reason(lamp: Lamp, one: User, two: User) -> None:
    proposal = agreed(lamp, made(lamp, one), two)
    lamp.broken = "gone"
    rounds(lamp)
    assert outcome(proposal) == "not done: there is no lamp"


def test_carry_out__takes_some_rounds__the_plan_is_compared_before_the_first_alone(
    lamp: Lamp, one: User, two: User
) -> None:
    lamp.rounds = 3
    proposal = agreed(lamp, made(lamp, one), two)
    assert rounds(lamp) == 0
    lamp.broken = "gone"  # the plan of what has begun is nobody's business
    assert rounds(lamp, NOW + LIFE_SECONDS) == 0, "nor does it expire"
    assert rounds(lamp) == 1
    assert outcome(proposal) == "switched"


def test_carry_out__one_raises__the_others_have_their_turn_and_it_is_tried_again(
    lamp: Lamp, one: User, two: User
) -> None:
    first, second = (agreed(lamp, made(lamp, one, name), two) for name in ("hall", "cellar"))
    lamp.broken = "raises"
    with pytest.raises(RuntimeError):
        rounds(lamp)
    assert lamp.tried == ["hall", "cellar"]
    lamp.broken = ""
    lamp.rounds = 0
    assert rounds(lamp) == 2
    assert (outcome(first), outcome(second)) == ("switched", "switched")


def test_carry_out__a_worker_died_at_it__another_goes_on_after_a_minute(
    lamp: Lamp, one: User, two: User
) -> None:
    proposal = agreed(lamp, made(lamp, one), two)
    Proposal.objects.update(begun_at=NOW, held_until=NOW + HOLD_SECONDS)
    assert rounds(lamp, NOW + HOLD_SECONDS - 1) == 0
    assert rounds(lamp, NOW + HOLD_SECONDS) == 1
    assert outcome(proposal) == "switched"


def test_carry_out__one_of_the_two_has_left__nothing_is_begun(lamp: Lamp, one: User, two: User) -> None:
    proposal = agreed(lamp, made(lamp, one), two)
    User.objects.filter(pk=one.pk).update(is_active=False)
    rounds(lamp)
    assert outcome(proposal).startswith("not done: one of the two people")


def test_carry_out__a_kind_of_another_version__ends(lamp: Lamp, one: User, two: User) -> None:
    proposal = agreed(lamp, made(lamp, one), two)
    proposals.carry_out({}, now=NOW)
    assert outcome(proposal) == "not done: this version knows no switch_lamp"


def test_reject__by_either__ends_it_and_frees_the_subject(lamp: Lamp, one: User, two: User) -> None:
    proposal = made(lamp, one)
    with pytest.raises(NotPossible, match="say why"):
        proposals.reject(proposal_id=proposal.pk, reason=" ", by=two, now=NOW)
    proposals.reject(proposal_id=proposal.pk, reason="it is day", by=two, now=NOW)
    assert outcome(proposal) == "rejected by two: it is day"
    again = agreed(lamp, made(lamp, one), two)
    proposals.reject(proposal_id=again.pk, reason="never mind", by=one, now=NOW)
    assert rounds(lamp) == 0
    assert AuditEntry.objects.filter(what="proposal.ended", actor="staff:one").count() == 1


def test_reject__once_begun_or_over__refused(lamp: Lamp, one: User, two: User) -> None:
    lamp.rounds = 2
    proposal = agreed(lamp, made(lamp, one), two)
    rounds(lamp)
    with pytest.raises(NotPossible, match="it has begun"):
        proposals.reject(proposal_id=proposal.pk, reason="stop", by=two, now=NOW)
    rounds(lamp)
    with pytest.raises(NotPossible, match="it is over"):
        proposals.reject(proposal_id=proposal.pk, reason="stop", by=two, now=NOW)
