"""A form for every kind of proposal, in the units that people think in. What a kind needs it checks itself."""

from __future__ import annotations

from collections.abc import Mapping

from desk.forms.base import KindForm
from desk.forms.chain import CancelForm, ChangeAttestorsForm, FundRewardForm, GridForm, RotatePublisherForm
from desk.forms.listing import ExpiryForm, IndexForm
from desk.forms.people import RoleForm

__all__ = ["FORMS", "KindForm"]

FORMS: Mapping[str, type[KindForm]] = {
    "list_index": IndexForm,
    "list_expiry": ExpiryForm,
    "list_grid": GridForm,
    "fund_reward": FundRewardForm,
    "cancel_transaction": CancelForm,
    "rotate_publisher": RotatePublisherForm,
    "change_attestors": ChangeAttestorsForm,
    "change_role": RoleForm,
    "pause_intake": KindForm,
    "resume_intake": KindForm,
}
"""By the name of the kind (desk/kinds.py)."""
