"""Where the desk's pages are."""

from __future__ import annotations

from urllib.parse import urlencode

from django.db.models import Model
from django.urls import reverse

from oracle.models import Expiry


def page(model: type[Model] | Model, pk: object = None) -> str:
    """A row's own page."""
    return _reverse(model, "change", model.pk if isinstance(model, Model) else pk)


def listing(model: type[Model], **filters: str) -> str:
    """All rows of a table, or those that a filter of its list leaves."""
    return _asking(_reverse(model, "changelist"), filters)


def new_proposal(kind: str = "", **details: object) -> str:
    """The form for a proposal of a kind, with these details filled in; without a kind, all kinds."""
    address = (
        reverse("admin:operators_propose", args=[kind]) if kind else reverse("admin:operators_proposal_add")
    )
    return _asking(address, {name: str(value) for name, value in details.items()})


def runbook(kind: str) -> str:
    """What to do about an alarm of this kind."""
    return f"{document('operating/alarms.md')}#{kind}"


def document(page: str) -> str:
    """A page of docs/."""
    return reverse("admin:settlement_alarm_document", args=[page])


def expiry(row: Expiry) -> str:
    """The public page of an expiry."""
    return reverse("expiry", args=[row.slug])


def _reverse(model: type[Model] | Model, view: str, *args: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{view}", args=args)


def _asking(address: str, words: dict[str, str]) -> str:
    return f"{address}?{urlencode(words)}" if words else address
