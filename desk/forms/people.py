"""Who may do what."""

from __future__ import annotations

from django import forms

from desk.forms.base import KindForm

ROLES = (
    ("", "none: the account is disabled"),
    ("viewer", "viewer"),
    ("operator", "operator"),
    ("approver", "approver"),
)


class RoleForm(KindForm):
    """The role of one account of staff."""

    name = forms.CharField(help_text="of the account")
    role = forms.ChoiceField(choices=ROLES, required=False)
