"""The stage of an expiry in words: what happens next and when, and the strip of its life (PROTOCOL 2)."""

from __future__ import annotations

from dataclasses import dataclass

from oracle.models import Expiry
from protocol.show import decimal, ether
from protocol.stages import DecidedBy, Stage
from protocol.terms import Terms


@dataclass(frozen=True, slots=True)
class Next:
    """A sentence, and the unix second that it is about; None where there is none."""

    sentence: str
    at: int | None


def what_next(expiry: Expiry, terms: Terms, now: int) -> Next:
    """What moves this expiry on. `terms` are those that hold now."""
    match Stage(expiry.stage):
        case Stage.SCHEDULED:
            return _scheduled(expiry, now)
        case Stage.REPORTING:
            return Next(_reporting(expiry, terms), expiry.deadline)
        case Stage.CHALLENGE:
            price = decimal(expiry.standing)
            return Next(f"{price} becomes final unless a claim against it is filled before", expiry.deadline)
        case Stage.COMMIT:
            sentence = (
                f"Ballot {expiry.ballot}: the electorate commits to sealed votes; they are revealed from"
            )
            return Next(sentence, expiry.deadline)
        case Stage.REVEAL:
            return Next(f"Ballot {expiry.ballot}: votes are revealed and counted until", expiry.deadline)
        case Stage.RULING:
            return _ruling(expiry, terms)
        case Stage.FINAL:
            return Next(_DECIDED[DecidedBy(str(expiry.decided_by))], expiry.final_at)


def _scheduled(expiry: Expiry, now: int) -> Next:
    if expiry.opens_at <= now:
        return Next(
            "Its time has come; it opens for reports with the chain's first final block after",
            expiry.opens_at,
        )
    return Next("It opens for reports at", expiry.opens_at)


def _reporting(expiry: Expiry, terms: Terms) -> str:
    have = f"{expiry.reports} with {ether(expiry.report_stake)} so far"
    word = "enough" if terms.enough(expiry.reports, expiry.report_stake) else "not enough yet"
    need = f"at least {terms.min_reports} with {ether(terms.min_report_stake)}"
    return f"Takes sealed reports, {have}: {word} ({need}); reporting closes at"


def _ruling(expiry: Expiry, terms: Terms) -> Next:
    who = f"{terms.guardian_threshold} of {len(terms.guardians)} guardians decide"
    if expiry.deadline is None:
        return Next(f"Ballots failed and nobody revealed a vote: {who}, however long it takes", None)
    price = decimal(expiry.best_ballot_price)
    return Next(
        f"Ballots failed: {who}; else {price} becomes final, the median of the strongest ballot, at",
        expiry.deadline,
    )


def pays(awaited: int | None, now: int) -> Next | None:
    """From when series pay by a price that is on the chain, before that is safe to rely on; None: nobody knows yet."""
    if awaited is None:
        return None
    if awaited > now:
        return Next("Unless guardians cancel it before, series pay by it from", awaited)
    return Next("Unless guardians cancelled it in between, series pay by it since", awaited)


_DECIDED = {
    DecidedBy.SILENCE: "Nobody filled a claim against it. It is final since",
    DecidedBy.VOTE: "The electorate voted for it. It is final since",
    DecidedBy.RULING: "The guardians ruled. It is final since",
    DecidedBy.DEFAULT: "The guardians did not rule, so the strongest ballot decided. It is final since",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One stage of the strip. `state` is done, now, ahead or skipped."""

    name: str
    state: str


STRIP = (
    Stage.SCHEDULED,
    Stage.REPORTING,
    Stage.CHALLENGE,
    Stage.COMMIT,
    Stage.REVEAL,
    Stage.RULING,
    Stage.FINAL,
)


def strip(expiry: Expiry) -> list[Step]:
    """The stages in order, and which of them this expiry went through."""
    here = STRIP.index(Stage(expiry.stage))
    return [Step(stage.capitalize(), _state(expiry, place, here)) for place, stage in enumerate(STRIP)]


def _state(expiry: Expiry, place: int, here: int) -> str:
    if place == here:
        return "now"
    if place > here:
        return "ahead"
    return "done" if _visited(expiry, STRIP[place]) else "skipped"


def _visited(expiry: Expiry, stage: Stage) -> bool:
    """Of a stage that lies behind; what was never entered is told by what it would have left."""
    match stage:
        case Stage.CHALLENGE:
            return Terms.from_json(expiry.raised or expiry.terms).enough(expiry.reports, expiry.report_stake)
        case Stage.COMMIT | Stage.REVEAL:
            return expiry.ballot > 0
        case Stage.RULING:
            return expiry.decided_by in (DecidedBy.RULING, DecidedBy.DEFAULT)
        case _:
            return True
