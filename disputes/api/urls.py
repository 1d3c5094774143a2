"""What of /api/v1/ is about disputes."""

from django.urls import path

from disputes.api.views import RulingsView, VoterView

urlpatterns = [
    path("expiries/<slug:name>/rulings", RulingsView.as_view(), name="api-rulings"),
    path("expiries/<slug:name>/voters/<slug:address>", VoterView.as_view(), name="api-voter"),
]
