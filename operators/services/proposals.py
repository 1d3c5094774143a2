"""What one operator proposes and another approves (RELIABILITY 4). The worker carries it out, if it still is the same.

The dry run is worked out three times: for whoever proposes, for whoever approves, and when it is carried out. What is
done is what the second person saw.
"""

from __future__ import annotations

from collections.abc import Mapping

import structlog
from django.contrib.auth.models import AbstractUser, User
from django.db import IntegrityError, transaction
from django.db.models import Q

from operators.kinds import Details, Kind, NotPossible, Plan
from operators.models import Proposal
from operators.services import audit

log = structlog.get_logger(__name__)

LIFE_SECONDS = 24 * 3600
"""After which what nobody approved, or no worker could begin, is over."""
HOLD_SECONDS = 60
"""Of one worker on one proposal; a task that takes longer is killed (assize/celery.py)."""


def propose(*, kind: Kind, details: Details, reason: str, by: AbstractUser, now: int) -> Proposal:
    """One operator's word. NotPossible where it could not be done, or waits already."""
    if not reason.strip():
        raise NotPossible("say why")
    plan = kind.plan(details, now)
    _is_not_about(plan, by)
    expire(now=now)
    try:
        with transaction.atomic():
            proposal = Proposal.objects.create(
                kind=kind.name,
                subject=plan.subject,
                details=dict(details),
                reason=reason.strip(),
                plan=plan.to_json(),
                proposed_by_id=by.pk,
                proposed_at=now,
                expires_at=now + LIFE_SECONDS,
            )
            _record(
                "proposal.made", proposal, by=audit.staff(by.get_username()), now=now, reason=proposal.reason
            )
    except IntegrityError:
        raise NotPossible("it is proposed already") from None
    log.warning(
        "proposal.made", proposal=proposal.pk, kind=kind.name, subject=plan.subject, by=by.get_username()
    )
    return proposal


def approve(*, kind: Kind, proposal_id: int, seen: str, by: AbstractUser, now: int) -> Proposal:
    """Another operator's word on the dry run of hash `seen`; the worker does the rest.

    NotPossible where it is over, approved, one's own, or would do something else by now.
    """
    # Outside of the transaction: a plan may ask the chain. Details never change.
    plan = kind.plan(Proposal.objects.get(pk=proposal_id).details, now)
    if plan.hash != seen:
        raise NotPossible("it would do something else by now than what you saw: look again")
    _is_not_about(plan, by)
    with transaction.atomic():
        held = _waiting(proposal_id, now)
        if held.approved_by_id is not None:
            raise NotPossible("it is approved already")
        if held.proposed_by_id == by.pk:
            raise NotPossible("somebody else has to approve what one has proposed oneself")
        held.approved_by_id, held.approved_at, held.approved_plan = by.pk, now, seen
        held.save(update_fields=["approved_by", "approved_at", "approved_plan"])
        _record("proposal.approved", held, by=audit.staff(by.get_username()), now=now, plan=seen)
    log.warning(
        "proposal.approved", proposal=held.pk, kind=held.kind, subject=held.subject, by=by.get_username()
    )
    return held


def reject(*, proposal_id: int, reason: str, by: AbstractUser, now: int) -> Proposal:
    """Either person's no, also to one's own; NotPossible once it has begun, or is over."""
    if not reason.strip():
        raise NotPossible("say why")
    with transaction.atomic():
        held = _waiting(proposal_id, now)
        if held.begun_at is not None:
            raise NotPossible("it has begun")
        who = by.get_username()
        end(held, f"rejected by {who}: {reason.strip()}", by=audit.staff(who), now=now)
    return held


def carry_out(kinds: Mapping[str, Kind], *, signs: bool = False, now: int) -> int:
    """Do what two people want, by kinds that sign transactions or by all others; returns how many came to their end.

    What is not the same any more ends with the reason.
    Whatever a kind raises besides NotPossible goes up once the others have had their turn; the next round tries again.
    """
    expire(now=now)
    ended, raised = 0, None
    for proposal in Proposal.objects.filter(ended_at=None, approved_at__isnull=False).order_by("pk"):
        kind = kinds.get(proposal.kind)
        if signs != (kind is not None and kind.signs) or not _claim(proposal, now):
            continue
        try:
            ended += _carry_out(kind, proposal, now)
        except Exception as error:
            log.error("proposal.waits", proposal=proposal.pk, kind=proposal.kind, reason=str(error))
            raised = raised or error
        Proposal.objects.filter(pk=proposal.pk).update(held_until=None)
    if raised is not None:
        raise raised
    return ended


def hold(proposal: Proposal) -> bool:
    """For a kind, first of all in the transaction that does it and ends it: nobody else ends it before that commits.

    False where it has ended: a worker was taken for dead, and was only slow.
    """
    rows = Proposal.objects.select_for_update(of=("self",)).filter(pk=proposal.pk, ended_at=None)
    return rows.first() is not None


def end(proposal: Proposal, outcome: str, *, by: str = audit.SERVICE, now: int) -> None:
    """What came of it; the first word stays."""
    with transaction.atomic():
        ended = Proposal.objects.filter(pk=proposal.pk, ended_at=None).update(ended_at=now, outcome=outcome)
        if ended:
            _record("proposal.ended", proposal, by=by, now=now, outcome=outcome)
    if ended:
        log.warning("proposal.ended", proposal=proposal.pk, kind=proposal.kind, outcome=outcome)


def expire(*, now: int) -> None:
    """What was not begun in time never is."""
    for proposal in Proposal.objects.filter(ended_at=None, begun_at=None, expires_at__lte=now):
        end(
            proposal, "expired: nobody approved it" if proposal.approved_by_id is None else "expired", now=now
        )


def people_behind(proposal: Proposal | None) -> tuple[str, ...]:
    """Names of those who want it and are staff today; nobody where it is not approved."""
    if proposal is None or proposal.approved_by_id is None:
        return ()
    people = User.objects.filter(
        pk__in=[proposal.proposed_by_id, proposal.approved_by_id], is_staff=True, is_active=True
    )
    return tuple(people.order_by("pk").values_list("username", flat=True))


def _carry_out(kind: Kind | None, proposal: Proposal, now: int) -> bool:
    try:
        if kind is None:
            raise NotPossible(f"this version knows no {proposal.kind}")
        if proposal.begun_at is None:
            _begin(kind, proposal, now)
        outcome = kind.carry_out(proposal, now)
    except NotPossible as error:
        outcome = f"not done: {error}"
    if outcome is not None:
        end(proposal, outcome, now=now)
    return outcome is not None


def _begin(kind: Kind, proposal: Proposal, now: int) -> None:
    """Nothing is begun but what was approved, by two who are still staff."""
    if len(people_behind(proposal)) < 2:
        raise NotPossible("one of the two people behind it is no operator any more")
    if kind.plan(proposal.details, now).hash != proposal.approved_plan:
        raise NotPossible("it would do something else by now than what was approved")
    proposal.begun_at = now
    proposal.save(update_fields=["begun_at"])


def _claim(proposal: Proposal, now: int) -> bool:
    """By a write that must hit the row: of two workers one goes on, and after a crash somebody does, a minute later."""
    free = Proposal.objects.filter(Q(held_until=None) | Q(held_until__lte=now), pk=proposal.pk, ended_at=None)
    if not free.update(held_until=now + HOLD_SECONDS):
        return False
    proposal.refresh_from_db()
    return True


def _is_not_about(plan: Plan, by: AbstractUser) -> None:
    if plan.person == by.get_username():
        raise NotPossible("it is about you: two others have to agree on it")


def _waiting(proposal_id: int, now: int) -> Proposal:
    held = Proposal.objects.select_for_update().get(pk=proposal_id)
    if held.ended_at is not None or (held.begun_at is None and held.expires_at <= now):
        raise NotPossible("it is over")
    return held


def _record(what: str, proposal: Proposal, *, by: str, now: int, **details: object) -> None:
    told = {"proposal": proposal.pk, "kind": proposal.kind, **details}
    audit.record(what, proposal.subject, by=by, details=told, now=now)
