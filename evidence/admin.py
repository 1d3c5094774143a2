"""Evidence to look at, once it is public: a sealed report's is nobody's to see here either."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from evidence.models import Document
from evidence.selectors import CARRIED
from operators.read_only import ReadOnlyAdmin
from oracle.sealing import SEALED_STAGES


@admin.register(Document)
class DocumentAdmin(ReadOnlyAdmin):
    list_display = ["hash", "expiry", "size", "kept_at"]
    list_select_related = ["expiry"]
    search_fields = ["hash__exact", "expiry__slug__exact"]
    fields = ["hash", "expiry", "size", "kept_at", "canonical"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Document]:
        found: QuerySet[Document] = super().get_queryset(request)
        return found.filter(CARRIED).exclude(expiry__stage__in=SEALED_STAGES)
