"""Disputes to look at; they are decided by signed acts, never here."""

from __future__ import annotations

from django.contrib import admin

from disputes.models import Commitment, Pledge, Ruling, RulingSignature, Vote
from operators.read_only import ReadOnlyAdmin
from oracle.admin import ActLikeAdmin


@admin.register(Pledge, Commitment, Vote, Ruling)
class DisputeActAdmin(ActLikeAdmin):
    """Acts of one kind."""

    list_filter = ["expiry__stage"]


@admin.register(RulingSignature)
class RulingSignatureAdmin(ReadOnlyAdmin):
    list_display = ["expiry", "guardian", "price", "reason", "at"]
    list_select_related = ["expiry"]
    search_fields = ["guardian__exact", "expiry__slug"]
