"""What of /api/v1/ is the oracle's. Whoever composes the site may put richer expiry views in the place of these."""

from django.urls import path

from oracle.api.accounts import AccountActsView, AccountView
from oracle.api.acts import ActsView, ActView
from oracle.api.book import BookView, ServiceView
from oracle.api.events import EventStreamView, EventsView
from oracle.api.expiries import ClaimsView, TranscriptView

urlpatterns = [
    path("acts", ActsView.as_view(), name="api-acts"),
    path("acts/<slug:digest>", ActView.as_view(), name="api-act"),
    path("book", BookView.as_view(), name="api-book"),
    path("events", EventsView.as_view(), name="api-events"),
    path("events/stream", EventStreamView.as_view(), name="api-event-stream"),
    path("service", ServiceView.as_view(), name="api-service"),
    path("expiries/<slug:name>/claims", ClaimsView.as_view(), name="api-claims"),
    path("expiries/<slug:name>/transcript", TranscriptView.as_view(), name="api-transcript"),
    path("accounts/<slug:address>", AccountView.as_view(), name="api-account"),
    path("accounts/<slug:address>/acts", AccountActsView.as_view(), name="api-account-acts"),
]
