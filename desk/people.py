"""Members of staff, and what each of them may."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django_otp.plugins.otp_totp.models import TOTPDevice

from operators.models import StaffMember
from operators.read_only import ReadOnlyAdmin
from operators.roles import NONE, WORDS, role_of
from protocol.show import utc


class StaffMemberAdmin(ReadOnlyAdmin):
    """Accounts are made on the host; a role is changed by a proposal."""

    list_display = ["username", "role", "is_active", "second_factor", "logged_in"]
    fields = ["username", "role", "may", "is_active", "second_factor", "logged_in", "joined"]
    readonly_fields = ["role", "may", "second_factor", "logged_in", "joined"]
    search_fields = ["username"]
    change_form_template = "admin/operators/staffmember.html"

    @admin.display
    def role(self, user: StaffMember) -> str:
        return "superuser" if user.is_superuser else role_of(user) or NONE

    @admin.display
    def may(self, user: StaffMember) -> str:
        return "everything" if user.is_superuser else WORDS[role_of(user) or NONE]

    @admin.display(boolean=True)
    def second_factor(self, user: Any) -> bool:
        return bool(user.has_app)

    @admin.display(description="last login", ordering="last_login")
    def logged_in(self, user: StaffMember) -> str:
        return utc(int(user.last_login.timestamp())) if user.last_login else "–"

    @admin.display(description="account made")
    def joined(self, user: StaffMember) -> str:
        return utc(int(user.date_joined.timestamp()))

    def get_queryset(self, request: HttpRequest) -> QuerySet[StaffMember]:
        found: QuerySet[StaffMember] = super().get_queryset(request)
        app = TOTPDevice.objects.filter(user=OuterRef("pk"), confirmed=True)
        return found.filter(is_staff=True).prefetch_related("groups").annotate(has_app=Exists(app))
