"""What can be done about an expiry now: one button that matters, and a reason on every one that cannot be pressed."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse

from oracle.models import Expiry
from pages.acting.vote_forms import EXPIRY_FORMS
from protocol.stages import Stage


@dataclass(frozen=True, slots=True)
class Action:
    """A button. `reason` says why it cannot be pressed now; empty where it can."""

    label: str
    url: str
    reason: str = ""
    primary: bool = False
    word: str = ""  # of a table's row, where the label is too long


def actions(expiry: Expiry, now: int) -> list[Action]:
    """All acts on an expiry, in the order of its life."""
    found = []
    for word, form in EXPIRY_FORMS.items():
        trouble = form(expiry=expiry).closed(now)
        reason = trouble.text if trouble else ""
        url = reverse(word, args=[expiry.slug])
        found.append(Action(form.title, url, reason, primary=not reason, word=word.capitalize()))
    return found


def primary(expiry: Expiry, now: int) -> Action | None:
    """The one act that moves an expiry now; None where nobody can do anything."""
    if expiry.stage not in (Stage.REPORTING, Stage.CHALLENGE, Stage.COMMIT, Stage.REVEAL):
        return None
    return next((each for each in actions(expiry, now) if each.primary), None)
