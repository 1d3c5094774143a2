"""GET /metrics, for who shows METRICS_TOKEN. To anybody else there is no such address."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from assize.metrics.collector import page
from oracle import clock


def metrics(request: HttpRequest) -> HttpResponse:
    """Every gauge of assize/metrics/table.py."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    known = settings.METRICS_TOKEN
    if not known or scheme.lower() != "bearer" or not constant_time_compare(token.strip(), known):
        raise Http404
    response = HttpResponse(page(now=clock.now()), content_type=CONTENT_TYPE_PLAIN_0_0_4)
    response["Cache-Control"] = "no-store"
    return response
