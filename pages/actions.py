"""What can be done about an expiry now: one button that matters, and a reason on every one that cannot be pressed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse

from disputes.selectors import Ballot
from oracle.models import Expiry
from pages.acting.vote_forms import EXPIRY_FORMS
from pages.series import Line
from protocol.stages import Stage


@dataclass(frozen=True, slots=True)
class Action:
    """A button. `reason` says why it cannot be pressed now; empty where it can."""

    label: str
    url: str
    reason: str = ""
    primary: bool = False
    word: str = ""  # of a table's row, where the label is too long


def actions(
    expiry: Expiry, now: int, account: str | None = None, ballots: Sequence[Ballot] = ()
) -> list[Action]:
    """All acts on an expiry, in the order of its life, none once it is final; of whoever is logged in, what they have
    done: of votes, in `ballots`. One query, while reports are taken from an account."""
    if expiry.stage == Stage.FINAL:
        return []
    return [_action(word, expiry, now, account, ballots) for word in EXPIRY_FORMS]


def redeem(lines: Sequence[Line]) -> list[Action]:
    """What is left to do about a final expiry: to redeem series of ours, once the oracle gives the price."""
    open_ = [line for line in lines if line.can_be_redeemed]
    if not open_:
        return []
    url = reverse("redeem", args=[open_[0].row.address]) if len(open_) == 1 else "#series"
    return [Action("Redeem", url, primary=True)]


def vote(expiry: Expiry, now: int, account: str | None, ballots: Sequence[Ballot], *, member: bool) -> Action:
    """The act of the phase that runs, of an account that is or is not in the electorate; None: nobody is logged in."""
    word = "commit" if expiry.stage == Stage.COMMIT else "reveal"
    out = "" if member or account is None else "Your account is not in its electorate."
    return _action(word, expiry, now, account, ballots, out)


def primary(expiry: Expiry, now: int) -> Action | None:
    """The one act that moves an expiry now; None where nobody can do anything."""
    if expiry.stage not in (Stage.REPORTING, Stage.CHALLENGE, Stage.COMMIT, Stage.REVEAL):
        return None
    return next((each for each in actions(expiry, now) if each.primary), None)


def _action(
    word: str, expiry: Expiry, now: int, account: str | None, ballots: Sequence[Ballot], out: str = ""
) -> Action:
    """The reason that holds for everybody comes first, then `out`, then what this account has done already."""
    form = EXPIRY_FORMS[word](expiry=expiry)
    trouble = form.closed(now) or (form.barred(account) if account else None)
    reason = trouble.text if trouble else out or _own(word, account, ballots)
    url = reverse(word, args=[expiry.slug])
    return Action(form.title, url, reason, primary=not reason, word=word.capitalize())


def _own(word: str, account: str | None, ballots: Sequence[Ballot]) -> str:
    """Why an account has nothing to do in the last ballot; empty where it has, or nobody can know."""
    if account is None or not ballots or word not in ("commit", "reveal"):
        return ""
    committed = account in ballots[-1].committed
    if word == "commit":
        return "You have committed: reveal once committing has closed." if committed else ""
    if any(voter == account for voter, _, _ in ballots[-1].revealed):
        return "You have revealed."
    return "" if committed else "You did not commit in this ballot."
