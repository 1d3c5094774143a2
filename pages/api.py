"""The API's expiries with what every app knows of them."""

from django.urls import path

from oracle.api.expiries import ExpiriesView, ExpiryView

urlpatterns = [
    path("expiries", ExpiriesView.as_view(), name="api-expiries"),
    path("expiries/<slug:name>", ExpiryView.as_view(), name="api-expiry"),
]
