"""What of /api/v1/ is about disputes."""

from django.urls import path

from disputes.api.views import QuoteView, RulingsView

urlpatterns = [
    path("expiries/<slug:name>/quote", QuoteView.as_view(), name="api-quote"),
    path("expiries/<slug:name>/rulings", RulingsView.as_view(), name="api-rulings"),
]
