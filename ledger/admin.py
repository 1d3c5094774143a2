"""The ledger to look at. Money is never edited here, by nobody. Accounts are in desk/admin.py."""

from django.contrib import admin

from ledger.models import Transfer
from operators.read_only import ReadOnlyAdmin


@admin.register(Transfer)
class TransferAdmin(ReadOnlyAdmin):
    # debit_id, not debit: the name is in the row already, and the account would be one more query.
    list_display = ["id", "entry", "at", "reason", "debit_id", "credit_id", "amount"]
    list_filter = ["reason"]
    search_fields = ["debit__name__exact", "credit__name__exact", "key__exact"]  # by index
    ordering = ["-id"]
