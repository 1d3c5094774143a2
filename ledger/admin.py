"""The ledger to look at. Money is never edited here, by nobody."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from ledger.models import Account, Transfer
from ledger.names import Kind


class ReadOnlyAdmin(admin.ModelAdmin):
    """Shows, and does nothing else; superusers are no exception."""

    show_full_result_count = False  # no second COUNT over the whole table

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnlyInline(admin.TabularInline):
    """Rows shown below another row."""

    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class KindFilter(admin.SimpleListFilter):
    """Accounts by what their money is for."""

    title = "kind"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(kind, kind) for kind in Kind]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Account]) -> QuerySet[Account]:
        kind = self.value()
        return queryset.filter(name__startswith=kind) if kind else queryset


@admin.register(Account)
class AccountAdmin(ReadOnlyAdmin):
    list_display = ["name", "balance"]
    list_filter = [KindFilter]
    search_fields = ["name"]


@admin.register(Transfer)
class TransferAdmin(ReadOnlyAdmin):
    # debit_id, not debit: the name is in the row already, and the account would be one more query.
    list_display = ["id", "entry", "at", "reason", "debit_id", "credit_id", "amount"]
    list_filter = ["reason"]
    search_fields = ["debit__name__exact", "credit__name__exact", "key__exact"]  # by index
    ordering = ["-id"]
