"""Every address of the web process. What is not listed here does not exist."""

from django.contrib import admin
from django.urls import path
from drf_spectacular.views import SpectacularJSONAPIView

from assize import health

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/schema/", SpectacularJSONAPIView.as_view(), name="schema"),
    path("health/live", health.live, name="live"),
    path("health/ready", health.ready, name="ready"),
]
