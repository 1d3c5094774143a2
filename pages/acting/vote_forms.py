"""Votes: the browser works out salt and commitment, and before the reveal sends neither price nor salt (vote.js)."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from django import forms

import disputes.selectors
from disputes.selectors import OwnVote
from oracle.models import Act, Expiry
from oracle.projection import load_state
from pages.acting.forms import DisputeForm, OnExpiry, ReportForm, Trouble, refused
from protocol.acts import Refusal
from protocol.resolution import price_refusal
from protocol.signing import Message, commitment
from protocol.stages import Stage

NUMBER, WORD = re.compile(r"0|[1-9][0-9]{0,36}"), re.compile(r"0x[0-9a-f]{64}")
KNOWN_PRICES = 50


class Hidden(forms.RegexField):
    """What the page's script fills in; nobody types it."""

    def __init__(self, form: re.Pattern[str]) -> None:
        super().__init__(f"^(?:{form.pattern})$", widget=forms.HiddenInput, strip=False)


class VoteForm(OnExpiry):
    """Both halves of a vote. Its visible price has no name, so no browser sends it with the form."""

    template = "pages/vote_act.html"
    half: ClassVar[str]  # what the page's script has to do: commit or reveal

    ballot = Hidden(NUMBER)

    def prepare(self) -> None:
        """Nothing: no field shows a unit."""

    def facts(self) -> dict[str, Any]:
        """What the script needs to know of expiry and ballot; integers as decimal strings."""
        lowest, highest = self.index.span()
        revealing = self.half == "reveal" and self.on.stage == Stage.REVEAL  # before, reports may be sealed
        known = known_prices(self.on) if revealing else []
        return {
            "expiry": self.on.id,
            "slug": self.on.slug,
            "ballot": str(self.on.ballot),
            "least": str(lowest),
            "most": str(highest),
            "tick": str(self.index.tick),
            "known": [str(price) for price in known],
        }

    def trouble(self, message: Message) -> Trouble | None:
        if message["ballot"] == self.on.ballot:
            return None
        return Trouble(
            f"Ballot {self.on.ballot} runs now, and this page was made for ballot {message['ballot']}:"
            " load the page again."
        )


class CommitForm(VoteForm):
    kind, title, button, command = (
        "VoteCommit",
        "Vote",
        "Sign and send the sealed vote",
        "vote commit --derive-salt",
    )
    half = "commit"
    stage = Stage.COMMIT
    too_early = "There is no ballot: one opens when a dispute has grown to the arbitration bond."
    too_late = "Votes cannot be committed any more."
    late_in: ClassVar = {
        Stage.REVEAL: "Votes cannot be committed now. Another ballot opens only if this one fails and one is left."
    }

    commitment = Hidden(WORD)

    def message(self, account: str, now: int) -> Message:
        found = self.cleaned_data
        return {
            "account": account,
            "expiry": self.on.id,
            "ballot": int(found["ballot"]),
            "commitment": found["commitment"],
        }

    def trouble_of_account(self, message: Message) -> Trouble | None:
        own = own_vote(self.on, message["account"])
        if own is None:
            return refused(Refusal.NOT_A_VOTER)
        return refused(Refusal.ALREADY_COMMITTED) if own.commitment else None


class RevealForm(VoteForm):
    kind, title, button, command = (
        "VoteReveal",
        "Reveal your vote",
        "Sign and send the vote",
        "vote reveal --derive-salt",
    )
    half = "reveal"
    stage = Stage.REVEAL
    too_early = "Nothing can be revealed yet: votes are revealed once committing has closed."
    too_late = "Votes cannot be revealed any more."

    price = Hidden(NUMBER)
    salt = Hidden(WORD)

    def message(self, account: str, now: int) -> Message:
        found = self.cleaned_data
        return {
            "account": account,
            "expiry": self.on.id,
            "ballot": int(found["ballot"]),
            "price": int(found["price"]),
            "salt": found["salt"],
        }

    def trouble_of_account(self, message: Message) -> Trouble | None:
        own = own_vote(self.on, message["account"])
        if own is None or not own.commitment:
            return refused(Refusal.NO_COMMITMENT)
        if own.price is not None:
            return refused(Refusal.ALREADY_REVEALED)
        opened = commitment(
            self.on.id, message["ballot"], message["account"], message["price"], message["salt"]
        )
        if opened != own.commitment:
            return refused(Refusal.COMMITMENT_MISMATCH, "price")
        bad_price = price_refusal(load_state(self.on), message["price"])
        return self.refused_price(message["price"], bad_price) if bad_price else None


def own_vote(expiry: Expiry, account: str) -> OwnVote | None:
    """An account's vote in the running ballot; None where it is no member of the electorate."""
    found = disputes.selectors.voter(expiry, account)
    return found.votes[-1] if found and found.votes else None


def known_prices(expiry: Expiry) -> list[int]:
    """Prices that somebody has named: one who forgot how they voted has most likely voted for one of these."""
    named = (
        Act.objects.filter(expiry=expiry, price__isnull=False)
        .order_by("-seq")
        .values_list("price", flat=True)
    )
    return list(
        dict.fromkeys([*filter(None, (expiry.standing, expiry.tentative)), *named[: 4 * KNOWN_PRICES]])
    )[:KNOWN_PRICES]


EXPIRY_FORMS: dict[str, type[OnExpiry]] = {
    "report": ReportForm,
    "dispute": DisputeForm,
    "commit": CommitForm,
    "reveal": RevealForm,
}
"""Acts on an expiry, by the last word of their address: /expiries/<slug>/<word>/."""
