"""/expiries/<slug>/verify: the transcript run again here, by the same code that anybody can run at home."""

from __future__ import annotations

import json

from django.core.cache import caches
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from oracle import clock, selectors
from oracle.api.expiries import rendered_transcript, version
from oracle.models import BookHead, Expiry
from protocol.transcript import Verdict
from protocol.transcript import verify as run_again


@require_safe
def verify(request: HttpRequest, name: str) -> HttpResponse:
    """PASS, or the first act at which the transcript differs from the law."""
    moment = selectors.moment_of(name)
    if moment is None:
        raise Http404("no such expiry")
    expiry, head = moment
    if name != expiry.slug:
        return redirect("verify", expiry.slug, permanent=True)
    context = {"expiry": expiry, "verdict": verdict_on(expiry, head), "now": clock.now()}
    return render(request, "pages/verify.html", context)


def verdict_on(expiry: Expiry, head: BookHead) -> Verdict:
    """Kept for as long as the expiry does not move: recovering every signature is much work for one GET by anybody."""
    key = f"verdict.{version(expiry)}"
    kept: Verdict | None = caches["transcripts"].get(key)
    if kept is None:
        kept = run_again(json.loads(rendered_transcript(expiry, head)))
        caches["transcripts"].set(key, kept)
    return kept
