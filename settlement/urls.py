"""What of /api/v1/ is settlement's."""

from django.urls import path

from settlement.api.attestors import AttestorsView
from settlement.api.deposits import DepositsView
from settlement.api.escrow import LeafView, ReservesView, RootFileView, RootSignaturesView, RootsView
from settlement.api.prices import FinalityView, SimulateView
from settlement.api.status import StatusView
from settlement.api.views import PublicationsView, SeriesView, SignaturesView

urlpatterns = [
    path("expiries/<slug:name>/finality", FinalityView.as_view(), name="api-finality"),
    path("expiries/<slug:name>/simulate", SimulateView.as_view(), name="api-simulate"),
    path("series", SeriesView.as_view(), name="api-series"),
    path("publications", PublicationsView.as_view(), name="api-publications"),
    path("publications/<int:publication_id>/signatures", SignaturesView.as_view(), name="api-signatures"),
    path("roots", RootsView.as_view(), name="api-roots"),
    path("roots/<int:epoch>/leaves", RootFileView.as_view(), name="api-root-file"),
    path("roots/<int:root_id>/signatures", RootSignaturesView.as_view(), name="api-root-signatures"),
    path("accounts/<slug:address>/deposits", DepositsView.as_view(), name="api-deposits"),
    path("accounts/<slug:address>/leaf", LeafView.as_view(), name="api-leaf"),
    path("status", StatusView.as_view(), name="api-status"),
    path("attestors", AttestorsView.as_view(), name="api-attestors"),
    path("reserves", ReservesView.as_view(), name="api-reserves"),
]
