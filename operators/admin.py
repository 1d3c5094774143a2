"""Sessions and set-up codes to look at. What operators do with the rest is in desk/."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from operators.models import SetUpCode, StaffSession
from operators.read_only import ReadOnlyAdmin
from operators.roles import APPROVE


class OfOthersAdmin(ReadOnlyAdmin):
    """Where others are, and from where: for those who answer for them."""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm(APPROVE)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(APPROVE)


@admin.register(StaffSession)
class StaffSessionAdmin(OfOthersAdmin):
    list_display = ["user", "address", "began_at", "seen_at", "ended_at", "ended_why"]
    list_select_related = ["user"]
    list_filter = [("ended_at", admin.EmptyFieldListFilter)]
    search_fields = ["user__username", "address__exact"]
    exclude = ["digest"]


@admin.register(SetUpCode)
class SetUpCodeAdmin(OfOthersAdmin):
    list_display = ["user", "made_at", "expires_at", "used_at"]
    list_select_related = ["user"]
    exclude = ["digest"]
