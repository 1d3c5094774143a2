"""What of /api/v1/ is settlement's."""

from django.urls import path

from settlement.api.views import PublicationsView, SeriesView, SignaturesView

urlpatterns = [
    path("series", SeriesView.as_view(), name="api-series"),
    path("publications", PublicationsView.as_view(), name="api-publications"),
    path("publications/<int:publication_id>/signatures", SignaturesView.as_view(), name="api-signatures"),
]
