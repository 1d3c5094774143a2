"""The ledger to look at. Money is never edited here, by nobody."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from ledger.models import Account, Transfer
from ledger.names import Kind
from operators.read_only import ReadOnlyAdmin


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
