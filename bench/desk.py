"""The operators' pages: every list, a row of each, the queue, and every form of a proposal."""

from __future__ import annotations

from typing import Any

OPERATOR = "bench operator"
SEARCHED = "bench"


def addresses() -> list[str]:
    """Of everything that is registered: its list, what it finds, its last page, its first and its last row."""
    from django.contrib import admin
    from django.urls import reverse

    from desk.kinds import KINDS

    found = ["/admin/", reverse("admin:operators_proposal_add")]
    found += [reverse("admin:operators_propose", args=[name]) for name in KINDS]
    for model, shown in admin.site._registry.items():
        if model._meta.app_label not in APPS:
            continue
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        every = reverse(f"{name}_changelist")
        found += [every, f"{every}?p=2"]
        found += [f"{every}?q={SEARCHED}"] if shown.search_fields else []
        found += [reverse(f"{name}_change", args=[key]) for key in _keys(model)]
    return found


APPS = ("operators", "ledger", "oracle", "evidence", "disputes", "settlement", "alerts")


def _keys(model: Any) -> list[str]:
    """A row of each sort: an expiry of every stage, else the first and the last."""
    from django.contrib.admin.utils import quote

    from oracle.models import Expiry

    rows = model._default_manager.order_by("pk")
    if model is Expiry:
        by_stage = rows.order_by("stage", "-acts").distinct("stage")
        return [str(quote(key)) for key in by_stage.values_list("pk", flat=True)]
    ends = [rows.values_list("pk", flat=True).first(), rows.values_list("pk", flat=True).last()]
    return sorted({str(quote(key)) for key in ends if key is not None})


def client() -> Any:
    """Somebody who may look at everything, propose and approve; no superuser, whose rights cost no query."""
    from django.contrib.auth.models import User

    from operators.roles import Role
    from operators.services.accounts import give
    from tests.staff import logged_in

    made, _ = User.objects.get_or_create(username=OPERATOR, is_staff=True)
    give(made, Role.APPROVER)
    return logged_in(made)
