"""What people fill in on the page of alerts."""

from __future__ import annotations

import re
from typing import Any

from django import forms

from alerts.models import Follow, Hook, Mailbox
from alerts.services import hooks
from alerts.webhooks import target
from oracle import selectors
from oracle.events import MEANING, EventKind
from oracle.models import Expiry, Index
from pages.acting.fields import EtherField
from protocol import show

ADDRESS = re.compile(r"0x[0-9a-f]{40}")


class FollowForm(forms.Form):
    """One follow. `target` is read by its scope: a slug or an id, a slug, an address, nothing."""

    ALWAYS = ("scope", "target", "mailbox", "hook", "feed")

    scope = forms.ChoiceField(label="Follow", choices=Follow.Scope.choices, initial=Follow.Scope.ALL)
    target = forms.CharField(
        label="Which", required=False, max_length=100,
        help_text="Name of the expiry or index, or address of the account. Empty for ballots and for everything.",
    )  # fmt: skip
    mailbox = forms.ModelChoiceField(
        label="By mail to", queryset=Mailbox.objects.none(), required=False, empty_label="no mail"
    )
    hook = forms.ModelChoiceField(
        label="By webhook to", queryset=Hook.objects.none(), required=False, empty_label="no webhook"
    )
    feed = forms.BooleanField(label="As an Atom feed", required=False, initial=True)
    kinds = forms.MultipleChoiceField(
        label="Only these events", required=False, widget=forms.CheckboxSelectMultiple,
        choices=[(kind.value, f"{kind.replace('_', ' ')}: {MEANING[kind]}") for kind in EventKind],
        help_text="None chosen: all of them.",
    )  # fmt: skip
    deviation_bps = forms.IntegerField(
        label="Only prices at least so far off (basis points)", required=False, min_value=1, max_value=10_000,
        help_text="100 is 1 %. Events without a price are left out then.",
    )  # fmt: skip
    deviation_from = forms.ChoiceField(label="Off from", choices=Follow.From.choices, required=False)
    least_value = EtherField(
        label="Only expiries that secure at least (ETH)", required=False,
        help_text="Known from the opening on; nothing before it is told then.",
    )  # fmt: skip

    def __init__(self, *args: Any, account: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.account = account
        boxes: Any = self.fields["mailbox"]
        boxes.queryset = Mailbox.objects.filter(account=account, confirmed_at__isnull=False)
        targets: Any = self.fields["hook"]
        targets.queryset = Hook.objects.filter(account=account)

    def always(self) -> list[forms.BoundField]:
        """What everybody fills in; the rest leaves some of it out."""
        return [self[name] for name in self.ALWAYS]

    def filters(self) -> list[forms.BoundField]:
        return [field for field in self if field.name not in self.ALWAYS]

    def filtered(self) -> bool:
        """Whether something is left out, or was typed wrong: then it is not folded away."""
        names = [field.name for field in self.filters() if field.name != "deviation_from"]
        return any(self[name].value() or self[name].errors for name in names)

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        text = found.get("target", "").strip()
        try:
            found["target"] = _target(found.get("scope"), text, self.account)
        except ValueError as error:
            self.add_error("target", str(error))
        if found.get("scope") == Follow.Scope.VOTES:  # told what waits for one, whatever it is about
            found |= {"kinds": [], "deviation_bps": None, "least_value": None}
        found["deviation_from"] = found.get("deviation_from") or Follow.From.STANDING
        if not (found.get("mailbox") or found.get("hook") or found.get("feed")):
            self.add_error("feed", "Choose at least one way to be told.")
        return found


def initial(follow: Follow) -> dict[str, Any]:
    """A follow as the form shows it."""
    names = ("scope", "kinds", "deviation_bps", "deviation_from", "mailbox", "hook", "feed")
    value = follow.least_value
    target_ = follow.target
    if follow.scope == Follow.Scope.EXPIRY:
        target_ = Expiry.objects.filter(id=target_).values_list("slug", flat=True).first() or target_
    shown = None if value is None else show.decimal(value, least=0).replace(",", "")
    if follow.scope == Follow.Scope.VOTES:
        target_ = ""
    return {name: getattr(follow, name) for name in names} | {"target": target_, "least_value": shown}


def _target(scope: str | None, text: str, own: str) -> str:
    """What a follow of this scope keeps for the name that was typed; ValueError where there is none."""
    if scope == Follow.Scope.EXPIRY:
        if (found := selectors.find_expiry(text)) is None:
            raise ValueError("There is no expiry of this name.")
        return found.id
    if scope == Follow.Scope.INDEX and not Index.objects.filter(slug=text).exists():
        raise ValueError("There is no index of this name.")
    if scope == Follow.Scope.ACCOUNT and not ADDRESS.fullmatch(text := text.lower()):
        raise ValueError("This is not 0x and 40 hex digits.")
    if scope == Follow.Scope.VOTES:
        return own
    return "" if scope == Follow.Scope.ALL else text


class MailboxForm(forms.Form):
    address = forms.EmailField(label="Mail address", max_length=254)

    def clean_address(self) -> str:
        return str(self.cleaned_data["address"]).lower()


class HookForm(forms.Form):
    url = forms.CharField(label="Target of the webhook", max_length=target.MAX_URL)

    def clean_url(self) -> str:
        url = str(self.cleaned_data["url"])
        try:
            target.parse(url, hooks.rules())
        except ValueError as error:
            raise forms.ValidationError(str(error)) from None
        return url


class TokenForm(forms.Form):
    name = forms.CharField(label="What the token is for", max_length=60)
