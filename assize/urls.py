"""Every address of the web process. What is not listed here does not exist."""

from django.contrib import admin
from django.urls import include, path

from assize import health
from assize.api_docs import api_docs, api_root, api_schema
from assize.metrics.views import metrics

urlpatterns = [
    path("api/v1/", api_root, name="api-root"),
    path("api/v1/", include("oracle.api.urls")),
    path("api/v1/", include("evidence.api")),
    path("api/v1/", include("disputes.api.urls")),
    path("api/v1/", include("settlement.urls")),
    path("api/v1/", include("pages.api")),
    path("api/v1/", include("alerts.api")),
    path("api/schema/", api_schema, name="schema"),
    path("api/docs/", api_docs, name="api-docs"),
    path("", include("pages.urls")),
    path("", include("alerts.urls")),
    path("admin/", admin.site.urls),
    path("healthz", health.live, name="healthz"),
    path("readyz", health.ready, name="readyz"),
    path("metrics", metrics, name="metrics"),
]

handler400 = "assize.errors.bad_request"
handler404 = "assize.errors.not_found"
handler500 = "assize.errors.server_error"
