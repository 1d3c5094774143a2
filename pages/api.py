"""The API's expiries with what every app knows of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.urls import path

from oracle.api.expiries import MOST_SERIES, ExpiriesView, ExpiryApi, ExpiryView
from oracle.models import Expiry
from settlement.api.present import first_series, of_expiries


class _WithSettlement(ExpiryApi):
    def extras(self, expiries: Sequence[Expiry]) -> dict[str, dict[str, Any]]:
        return of_expiries(expiries)


class WholeExpiriesView(_WithSettlement, ExpiriesView):
    """A page of expiries, with their publications and how many series they have."""


class WholeExpiryView(_WithSettlement, ExpiryView):
    """One expiry, with its publication and its first series."""

    def series(self, expiry: Expiry) -> list[dict[str, Any]]:
        return first_series(expiry, limit=MOST_SERIES)


urlpatterns = [
    path("expiries", WholeExpiriesView.as_view(), name="api-expiries"),
    path("expiries/<slug:name>", WholeExpiryView.as_view(), name="api-expiry"),
]
