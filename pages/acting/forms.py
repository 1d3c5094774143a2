"""One form for each kind of act: what is asked, the message that it makes, and why it could not be taken now.

A form that is shown has an expiry (or none, for acts on an account alone) and perhaps an account, whose money it then
knows. What `trouble` says is a help only: the service judges the act anew when it arrives.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import urlencode

from django import forms
from django.urls import reverse
from django.utils.html import format_html

from ledger import names
from ledger.selectors import balance
from oracle.models import Act, Expiry
from oracle.projection import load_state
from oracle.receipts import NOTHING
from oracle.services.answer import REASONS
from pages.acting import price_words
from pages.acting.evidence_form import EvidenceForm
from pages.acting.fields import DecimalField, EtherField
from pages.dispute_words import materiality, quote_rows
from pages.terms_words import percent
from protocol import show
from protocol.acts import Refusal
from protocol.resolution import price_refusal
from protocol.signing import Message
from protocol.stages import Stage
from protocol.terms import Index, Terms
from settlement.simulation import Ask, Simulated, simulate


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why an act would be refused now. `field` is what to change, "" where nothing that was typed is at fault."""

    text: str
    field: str = ""
    link: str = ""  # where to go, and
    link_text: str = ""  # what to do there


class ActForm(forms.Form):
    """What all have in common. Amounts are in wei, prices have 18 decimals."""

    kind: ClassVar[str]
    title: ClassVar[str]
    button: ClassVar[str]
    command: ClassVar[str]  # of the reporter's program, for who has no wallet in the browser
    template: ClassVar[str] = "pages/act.html"
    foretells: ClassVar[bool] = False  # whether `foretold` has something to say

    def __init__(self, data: Any = None, *, expiry: Expiry | None = None, **options: Any) -> None:
        super().__init__(data, prefix=None, auto_id="id_%s", **options)
        self.expiry = expiry
        if expiry is not None:
            self.terms = Terms.from_json(expiry.raised or expiry.terms)
        self.prepare()

    def prepare(self) -> None:
        """Set labels and first values that depend on the expiry."""

    def outlook(self) -> str:
        """What may become of the money once it is taken: read on the form, before anything is typed or signed."""
        return ""

    def closed(self, now: int) -> Trouble | None:
        """Why nobody could do this now, whoever they are and whatever they typed."""
        return None

    def barred(self, account: str) -> Trouble | None:
        """Why this account could not do this now, whatever it typed."""
        return None

    def message(self, account: str, now: int) -> Message:
        """What would be signed; fields that were left empty have their defaults."""
        raise NotImplementedError

    def trouble(self, message: Message) -> Trouble | None:
        """Why it would be refused now, whoever signs it."""
        return None

    def trouble_of_account(self, message: Message) -> Trouble | None:
        """Why it would be refused of the account in the message; not asked while no account is known."""
        return None

    def defaults(self) -> dict[str, str]:
        """What the fields that were left empty stand for, once a message was made."""
        return {}

    def foretold(self) -> dict[str, Any] | None:
        """What the act would cost, gain and change, once a message was made. It is read beside it, and not signed."""
        return None


class OnExpiry(ActForm):
    stage: ClassVar[Stage]
    too_early: ClassVar[str]
    too_late: ClassVar[str]
    late_in: ClassVar[dict[Stage, str]] = {}  # in its place, where a later stage has more to say

    @property
    def on(self) -> Expiry:
        assert self.expiry is not None
        return self.expiry

    @property
    def unit(self) -> str:
        """What prices of the index are in, such as USD."""
        return show.pair(self.on.index.spec, "").partition("/")[2]

    @property
    def index(self) -> Index:
        return Index.from_json(self.on.index.spec)

    def prepare(self) -> None:
        price = self.fields["price"]
        assert isinstance(price, DecimalField)
        price.unit = self.unit
        allowed, described = price_words.allowed(self.index, self.unit), reverse("expiry", args=[self.on.slug])
        price.help_text = format_html(
            '{} {} <a href="{}#terms">What is priced</a>', price.help_text, allowed, described
        )

    def refused_price(self, price: int, refusal: Refusal) -> Trouble:
        said = price_words.not_allowed(self.index, price, refusal)
        return Trouble(said, "price") if said else refused(refusal, "price")

    def closed(self, now: int) -> Trouble | None:
        if self.on.stage == Stage.FINAL:
            return Trouble("The price is final.")
        order = list(Stage)
        here, there = order.index(Stage(self.on.stage)), order.index(self.stage)
        if here != there:
            late = self.late_in.get(order[here], self.too_late)
            return Trouble(self.too_early if here < there else late)
        if self.on.deadline is not None and self.on.deadline <= now:
            return Trouble(
                f"The window closed at {show.utc(self.on.deadline)}; what comes next is being worked out."
            )
        return None


def refused(refusal: Refusal, field: str = "") -> Trouble:
    return Trouble(REASONS[refusal], field)


def short_of(account: str, amount: int, field: str) -> Trouble | None:
    """Whether the free balance does not cover an amount."""
    free = balance(names.free(account))
    if free >= amount:
        return None
    missing = show.typed(amount - free)
    text = f"The free balance is {show.ether(free)}: {show.ether(amount - free)} more is needed."
    return Trouble(text, field, f"/me/deposit/?amount={missing}", f"Deposit {show.ether(amount - free)}")


class ReportForm(EvidenceForm, OnExpiry):
    kind, title, button, command = "Report", "Report a price", "Sign and send the report", "report"
    stage = Stage.REPORTING
    too_early = "It does not take reports yet; it opens after the expiry instant."
    too_late = "Reporting has closed."
    late_in: ClassVar = {Stage.CHALLENGE: "Reporting has closed. The price can still be disputed."}

    price = DecimalField(label="Price", help_text="What the index was worth at the instant.")
    bond = EtherField(
        label="Bond", help_text="Comes back with a gain if the price agrees with the final one."
    )

    def prepare(self) -> None:
        super().prepare()
        least, most = self.terms.min_report_bond, self.terms.max_report_bond
        self.fields["bond"].initial = show.typed(least)
        self.fields["bond"].help_text = (
            f"From {show.ether(least)} to {show.ether(most)}. It comes back, with a share of what others lose, if your"
            " price agrees with the final one."
        )

    def outlook(self) -> str:
        near, far = percent(self.terms.tolerance_ppm), percent(self.terms.full_forfeit_ppm)
        return (
            f"A price within {near} of the final one agrees with it and loses nothing. From {far} off on, all of the"
            " bond is lost; in between, a part of it."
        )

    def barred(self, account: str) -> Trouble | None:
        reported = Act.objects.filter(expiry=self.on, account=account, kind=self.kind).exists()
        return refused(Refusal.ALREADY_REPORTED) if reported else None

    def message(self, account: str, now: int) -> Message:
        return {
            "account": account,
            "expiry": self.on.id,
            "price": self.cleaned_data["price"],
            "bond": self.cleaned_data["bond"],
            "evidence": NOTHING,
            "salt": "0x" + secrets.token_hex(32),
        }

    def trouble(self, message: Message) -> Trouble | None:
        if bad_price := price_refusal(load_state(self.on), message["price"]):
            return self.refused_price(message["price"], bad_price)
        if not self.terms.min_report_bond <= message["bond"] <= self.terms.max_report_bond:
            bounds = f"{show.ether(self.terms.min_report_bond)} to {show.ether(self.terms.max_report_bond)}"
            return Trouble(f"The bond must lie within {bounds}.", "bond")
        return None

    def trouble_of_account(self, message: Message) -> Trouble | None:
        return short_of(message["account"], message["bond"], "bond")


class DisputeForm(EvidenceForm, OnExpiry):
    kind, title, button, command = "Pledge", "Dispute the price", "Sign and send the pledge", "dispute"
    stage = Stage.CHALLENGE
    too_early = "There is no price to dispute yet: it stands once reporting has closed."
    too_late = "The price cannot be disputed any more."
    foretells = True

    price = DecimalField(label="The right price", help_text="Your claim against the standing price.")
    amount = EtherField(
        label="Pledge",
        required=False,
        help_text="Left empty: all that the claim still needs. Others may pledge the rest.",
    )

    simulated: Simulated | None = None

    def outlook(self) -> str:
        near = percent(self.terms.tolerance_ppm)
        return (
            "A claim that is not filled when the window closes comes to nothing, and its pledges go back whole; where"
            " another one is filled first, it stays open in the next round unless it agrees with the new price. Once it"
            f" is filled, all of the pledge is lost unless the final price is within {near} of it."
        )

    def message(self, account: str, now: int) -> Message:
        price, amount = self.cleaned_data["price"], self.cleaned_data["amount"] or None
        self.simulated = simulate(self.on, Ask(price, amount=amount))
        left = self.simulated.quote.left if self.simulated.quote else 0
        return {
            "account": account,
            "expiry": self.on.id,
            "round": self.on.round + 1,
            "price": price,
            "amount": amount or left,
            "evidence": NOTHING,
            "nonce": secrets.randbits(128),
            "until": self.on.deadline or now,
        }

    def trouble(self, message: Message) -> Trouble | None:
        assert self.simulated is not None
        quote = self.simulated.quote
        if quote is None:
            refusal = self.simulated.refusal
            return self.refused_price(message["price"], refusal) if refusal else None
        least = min(self.terms.min_pledge, quote.left)
        return Trouble(f"Pledge at least {show.ether(least)}.", "amount") if message["amount"] < least else None

    def trouble_of_account(self, message: Message) -> Trouble | None:
        assert self.simulated is not None and self.simulated.quote is not None
        return short_of(message["account"], min(message["amount"], self.simulated.quote.left), "amount")

    def defaults(self) -> dict[str, str]:
        quote = self.simulated and self.simulated.quote
        return {"amount": show.typed(quote.left)} if quote else {}

    def foretold(self) -> dict[str, Any] | None:
        if self.simulated is None or self.simulated.quote is None:
            return None
        amount = self.simulated.ask.amount
        query = {"expiry": self.on.slug, "price": show.typed(self.simulated.ask.price)}
        query |= {"amount": show.typed(amount)} if amount else {}
        return {
            "rows": quote_rows(self.simulated.quote),
            "text": materiality(self.simulated),
            "href": f"{reverse('simulate')}?{urlencode(query)}",
        }
